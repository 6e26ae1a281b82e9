// SPDX-License-Identifier: Apache-2.0

/// IANA's special-purpose address registries as data, row by row, and a few blocks of other registries beside them.
///
/// When IANA changes a registry, change the rows here and in the tests, and the date.
/// - Source: iana-ipv4-special-registry and iana-ipv6-special-registry at www.iana.org (RFC 6890, RFC 8190).
@available(FairDial 0.1, *)
public enum SpecialPurposeRegistry {
    /// The day on which IANA had last changed the two registries when they were copied, as they write it.
    public static let updated = "2025-10-09"

    /// The IPv4 registry, in its own order.
    static let ipv4: [SpecialPurposeBlock] = [
        block(0, 0, 0, 0, 8, .thisNetwork, .no),
        block(0, 0, 0, 0, 32, .unspecified, .no),
        block(10, 0, 0, 0, 8, .privateUse, .no),
        block(100, 64, 0, 0, 10, .shared, .no),
        block(127, 0, 0, 0, 8, .loopback, .no),
        block(169, 254, 0, 0, 16, .linkLocal, .no),
        block(172, 16, 0, 0, 12, .privateUse, .no),
        block(192, 0, 0, 0, 24, .protocolAssignment, .no),
        block(192, 0, 0, 0, 29, .protocolAssignment, .no),
        block(192, 0, 0, 8, 32, .protocolAssignment, .no),
        block(192, 0, 0, 9, 32, .protocolAssignment, .yes),
        block(192, 0, 0, 10, 32, .protocolAssignment, .yes),
        block(192, 0, 0, 170, 32, .protocolAssignment, .no),
        block(192, 0, 0, 171, 32, .protocolAssignment, .no),
        block(192, 0, 2, 0, 24, .documentation, .no),
        block(192, 31, 196, 0, 24, .as112, .yes),
        block(192, 52, 193, 0, 24, .multicastTunneling, .yes),
        block(192, 88, 99, 0, 24, .relayAnycast, .notApplicable),
        block(192, 88, 99, 2, 32, .relayAnycast, .no),
        block(192, 168, 0, 0, 16, .privateUse, .no),
        block(192, 175, 48, 0, 24, .as112, .yes),
        block(198, 18, 0, 0, 15, .benchmarking, .no),
        block(198, 51, 100, 0, 24, .documentation, .no),
        block(203, 0, 113, 0, 24, .documentation, .no),
        block(240, 0, 0, 0, 4, .reserved, .no),
        block(255, 255, 255, 255, 32, .broadcast, .no),
    ]

    /// IPv4 blocks that are in other registries: multicast-addresses.
    static let otherIPv4: [SpecialPurposeBlock] = [
        block(224, 0, 0, 0, 4, .multicast, .no, isRegistered: false)
    ]

    /// The IPv6 registry, in its own order.
    static let ipv6: [SpecialPurposeBlock] = [
        block(0, 1, 128, .loopback, .no),
        block(0, 0, 128, .unspecified, .no),
        block(0, 0xFFFF_0000_0000, 96, .ipv4Mapped, .no),
        block(0x0064_FF9B_0000_0000, 0, 96, .nat64, .yes),
        block(0x0064_FF9B_0001_0000, 0, 48, .localNAT64, .no),
        block(0x0100_0000_0000_0000, 0, 64, .discardOnly, .no),
        block(0x0100_0000_0000_0001, 0, 64, .dummyPrefix, .no),
        block(0x2001_0000_0000_0000, 0, 23, .protocolAssignment, .no),
        block(0x2001_0000_0000_0000, 0, 32, .teredo, .notApplicable),
        block(0x2001_0001_0000_0000, 1, 128, .protocolAssignment, .yes),
        block(0x2001_0001_0000_0000, 2, 128, .protocolAssignment, .yes),
        block(0x2001_0001_0000_0000, 3, 128, .protocolAssignment, .yes),
        block(0x2001_0002_0000_0000, 0, 48, .benchmarking, .no),
        block(0x2001_0003_0000_0000, 0, 32, .multicastTunneling, .yes),
        block(0x2001_0004_0112_0000, 0, 48, .as112, .yes),
        block(0x2001_0010_0000_0000, 0, 28, .orchid, .notApplicable),
        block(0x2001_0020_0000_0000, 0, 28, .orchid, .yes),
        block(0x2001_0030_0000_0000, 0, 28, .droneIdentification, .yes),
        block(0x2001_0DB8_0000_0000, 0, 32, .documentation, .no),
        block(0x2002_0000_0000_0000, 0, 16, .sixToFour, .notApplicable),
        block(0x2620_004F_8000_0000, 0, 48, .as112, .yes),
        block(0x3FFF_0000_0000_0000, 0, 20, .documentation, .no),
        block(0x5F00_0000_0000_0000, 0, 16, .segmentRouting, .no),
        block(0xFC00_0000_0000_0000, 0, 7, .uniqueLocal, .no),
        block(0xFE80_0000_0000_0000, 0, 10, .linkLocal, .no),
    ]

    /// IPv6 blocks that are in other registries, or in RFCs alone: ipv6-address-space, and RFC 2765.
    static let otherIPv6: [SpecialPurposeBlock] = [
        block(0, 0, 96, .ipv4Compatible, .no, isRegistered: false),
        block(0, 0xFFFF_0000_0000_0000, 96, .ipv4Translated, .no, isRegistered: false),
        block(0xFEC0_0000_0000_0000, 0, 10, .siteLocal, .no, isRegistered: false),
        block(0xFF00_0000_0000_0000, 0, 8, .multicast, .no, isRegistered: false),
    ]

    private static func block(
        _ first: UInt32,
        _ second: UInt32,
        _ third: UInt32,
        _ fourth: UInt32,
        _ prefixLength: Int,
        _ purpose: SpecialPurpose,
        _ globalReachability: GlobalReachability,
        isRegistered: Bool = true
    ) -> SpecialPurposeBlock {
        let address = IPv4Address(bits: first << 24 | second << 16 | third << 8 | fourth)
        return block(.v4(address), prefixLength, purpose, globalReachability, isRegistered)
    }

    private static func block(
        _ high: UInt64,
        _ low: UInt64,
        _ prefixLength: Int,
        _ purpose: SpecialPurpose,
        _ globalReachability: GlobalReachability,
        isRegistered: Bool = true
    ) -> SpecialPurposeBlock {
        let address = IPAddress.v6(IPv6Address(high: high, low: low), zone: nil)
        return block(address, prefixLength, purpose, globalReachability, isRegistered)
    }

    private static func block(
        _ address: IPAddress,
        _ prefixLength: Int,
        _ purpose: SpecialPurpose,
        _ globalReachability: GlobalReachability,
        _ isRegistered: Bool
    ) -> SpecialPurposeBlock {
        guard let network = IPNetwork(containing: address, prefixLength: prefixLength), network.address == address
        else {
            preconditionFailure("\(address)/\(prefixLength) is no network")
        }
        return SpecialPurposeBlock(
            network: network,
            purpose: purpose,
            globalReachability: globalReachability,
            isRegistered: isRegistered
        )
    }
}
