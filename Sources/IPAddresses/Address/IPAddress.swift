// SPDX-License-Identifier: Apache-2.0

/// An address of either family; an IPv6 one with its zone, where it has one.
@available(FairDial 0.1, *)
public enum IPAddress: Hashable, Sendable {
    /// An IPv4 address.
    case v4(IPv4Address)

    /// An IPv6 address and its zone (RFC 4007).
    case v6(IPv6Address, zone: Zone?)

    /// The address's family.
    public var family: AddressFamily {
        switch self {
        case .v4: .ipv4
        case .v6: .ipv6
        }
    }
}
