// SPDX-License-Identifier: Apache-2.0

/// Who answered a lookup.
@available(FairDial 0.1, *)
public enum LookupSource: String, Hashable, Sendable, CaseIterable {
    /// The host was numeric: there was no lookup.
    case numeric
    /// The hosts file, or the rule that `localhost` is the loopback (RFC 6761 §6.3).
    case hosts
    /// An earlier answer, kept.
    case cache
    /// A lookup of another caller's that was in flight.
    case shared
    /// The system's `getaddrinfo`.
    case system
    /// A DNS server, asked by us.
    case dns
    /// The caller's own table.
    case override
}
