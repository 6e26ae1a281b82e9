// SPDX-License-Identifier: Apache-2.0

/// Who answered a lookup.
public enum LookupSource: String, Hashable, Sendable, CaseIterable {
    /// The host was numeric: nobody was asked.
    case numeric
    /// The hosts file, or the rule that `localhost` is the loopback (RFC 6761 §6.3).
    case hosts
    /// An earlier answer, kept.
    case cache
    /// A lookup that another caller had under way.
    case shared
    /// The system's `getaddrinfo`.
    case system
    /// A DNS server, asked by us.
    case dns
    /// The caller's own table.
    case override
}
