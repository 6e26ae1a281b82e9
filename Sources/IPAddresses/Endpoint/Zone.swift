// SPDX-License-Identifier: Apache-2.0

/// Which link an address is meant on (RFC 4007 §11): an interface's index, or its name.
@available(FairDial 0.1, *)
public enum Zone: Hashable, Sendable {
    /// The interface's index, as in `sin6_scope_id`; never 0, which means "no zone".
    case index(UInt32)

    /// The interface's name, as in `%eth0`.
    case name(InterfaceName)
}
