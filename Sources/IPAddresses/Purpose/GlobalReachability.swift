// SPDX-License-Identifier: Apache-2.0

/// The column "Globally Reachable" of the special-purpose registries: whether a datagram for the block can be forwarded
/// beyond the network that it starts in (RFC 8190 §2.1).
@available(FairDial 0.1, *)
public enum GlobalReachability: Hashable, Sendable {
    /// "True".
    case yes
    /// "False".
    case no
    /// "N/A", or nothing, as deprecated blocks have it: the registry vouches for nothing.
    case notApplicable
}
