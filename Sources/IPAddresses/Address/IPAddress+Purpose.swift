// SPDX-License-Identifier: Apache-2.0

@available(FairDial 0.1, *)
extension IPAddress {
    /// The special purpose of the address's block; `nil` for an ordinary address.
    ///
    /// Nothing is unwrapped: `::ffff:127.0.0.1` is `ipv4Mapped`; see `embeddedIPv4`.
    public var specialPurpose: SpecialPurpose? { SpecialPurposeBlock.containing(self)?.purpose }

    /// Whether the registries call the address reachable from everywhere.
    ///
    /// The most specific row decides. An address in none of them is reachable where addresses are given out at all:
    /// IPv4's, and IPv6's in `2000::/3` (the registry ipv6-address-space).
    public var isGloballyReachable: Bool {
        if let block = SpecialPurposeBlock.containing(self) { return block.isGloballyReachable }
        guard case .v6(let address, _) = self else { return true }
        return address.high >> 61 == 1
    }

    /// `0.0.0.0` or `::` (RFC 1122 §3.2.1.3, RFC 4291 §2.5.2).
    public var isUnspecified: Bool { specialPurpose == .unspecified }

    /// `127.0.0.0/8` or `::1` (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).
    public var isLoopback: Bool {
        // Asked on every dial, so without the table.
        switch self {
        case .v4(let address): address.bits >> 24 == 127
        case .v6(let address, _): address == .loopback
        }
    }

    /// `10.0.0.0/8`, `172.16.0.0/12` or `192.168.0.0/16` (RFC 1918 §3).
    public var isPrivate: Bool { specialPurpose == .privateUse }

    /// `100.64.0.0/10` (RFC 6598 §7).
    public var isShared: Bool { specialPurpose == .shared }

    /// `169.254.0.0/16` or `fe80::/10` (RFC 3927 §2.1, RFC 4291 §2.5.6).
    public var isLinkLocal: Bool { specialPurpose == .linkLocal }

    /// `fc00::/7` (RFC 4193 §3.1).
    public var isUniqueLocal: Bool { specialPurpose == .uniqueLocal }

    /// `224.0.0.0/4` or `ff00::/8` (RFC 5771, RFC 4291 §2.7).
    public var isMulticast: Bool { specialPurpose == .multicast }

    /// Reserved for examples (RFC 5737 §3, RFC 3849 §2, RFC 9637 §2).
    public var isDocumentation: Bool { specialPurpose == .documentation }

    /// The IPv4 address that an IPv6 one carries; `nil` for none. A policy checks all of `embeddedIPv4Addresses`.
    public var embeddedIPv4: IPv4Address? {
        guard case .v6(let address, _) = self else { return nil }
        return address.embeddedIPv4
    }
}
