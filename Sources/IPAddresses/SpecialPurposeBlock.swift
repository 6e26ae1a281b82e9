// SPDX-License-Identifier: Apache-2.0

/// One row of the registries: a network, what it is for, and whether it is reachable from everywhere.
public struct SpecialPurposeBlock: Hashable, Sendable {
    /// The block.
    public let network: IPNetwork

    /// What it is set aside for.
    public let purpose: SpecialPurpose

    /// The registry's column "Globally Reachable"; where that says "N/A", whether dialing it leads into the internet.
    public let isGloballyReachable: Bool

    /// Every row, the most specific first, so that the first one that contains an address is the one that applies.
    public static let all: [SpecialPurposeBlock] = (ipv4 + ipv6).sorted {
        $0.network.prefixLength > $1.network.prefixLength
    }

    /// The most specific row that contains an address; `nil` for an ordinary one.
    public static func containing(_ address: IPAddress) -> SpecialPurposeBlock? {
        all.first { $0.network.contains(address) }
    }

    private static let ipv4: [SpecialPurposeBlock] = [
        block(0, 0, 0, 0, 32, .unspecified),
        block(0, 0, 0, 0, 8, .thisNetwork),
        block(10, 0, 0, 0, 8, .privateUse),
        block(100, 64, 0, 0, 10, .shared),
        block(127, 0, 0, 0, 8, .loopback),
        block(169, 254, 0, 0, 16, .linkLocal),
        block(172, 16, 0, 0, 12, .privateUse),
        block(192, 0, 0, 0, 24, .protocolAssignment),
        block(192, 0, 0, 9, 32, .protocolAssignment, isGloballyReachable: true),
        block(192, 0, 0, 10, 32, .protocolAssignment, isGloballyReachable: true),
        block(192, 0, 2, 0, 24, .documentation),
        block(192, 31, 196, 0, 24, .as112, isGloballyReachable: true),
        block(192, 52, 193, 0, 24, .multicastTunneling, isGloballyReachable: true),
        block(192, 88, 99, 0, 24, .relayAnycast),
        block(192, 168, 0, 0, 16, .privateUse),
        block(192, 175, 48, 0, 24, .as112, isGloballyReachable: true),
        block(198, 18, 0, 0, 15, .benchmarking),
        block(198, 51, 100, 0, 24, .documentation),
        block(203, 0, 113, 0, 24, .documentation),
        block(224, 0, 0, 0, 4, .multicast),
        block(240, 0, 0, 0, 4, .reserved),
        block(255, 255, 255, 255, 32, .broadcast),
    ]

    private static let ipv6: [SpecialPurposeBlock] = [
        block(0, 0, 128, .unspecified),
        block(0, 1, 128, .loopback),
        block(0, 0, 96, .ipv4Compatible),
        block(0, 0xFFFF_0000_0000, 96, .ipv4Mapped),
        block(0x0064_FF9B_0000_0000, 0, 96, .nat64, isGloballyReachable: true),
        block(0x0064_FF9B_0001_0000, 0, 48, .localNAT64),
        block(0x0100_0000_0000_0000, 0, 64, .discardOnly),
        block(0x2001_0000_0000_0000, 0, 23, .protocolAssignment),
        block(0x2001_0000_0000_0000, 0, 32, .teredo),
        block(0x2001_0001_0000_0000, 1, 128, .protocolAssignment, isGloballyReachable: true),
        block(0x2001_0001_0000_0000, 2, 128, .protocolAssignment, isGloballyReachable: true),
        block(0x2001_0001_0000_0000, 3, 128, .protocolAssignment, isGloballyReachable: true),
        block(0x2001_0002_0000_0000, 0, 48, .benchmarking),
        block(0x2001_0003_0000_0000, 0, 32, .multicastTunneling, isGloballyReachable: true),
        block(0x2001_0004_0112_0000, 0, 48, .as112, isGloballyReachable: true),
        block(0x2001_0010_0000_0000, 0, 28, .orchid),
        block(0x2001_0020_0000_0000, 0, 28, .orchid, isGloballyReachable: true),
        block(0x2001_0030_0000_0000, 0, 28, .droneIdentification, isGloballyReachable: true),
        block(0x2001_0DB8_0000_0000, 0, 32, .documentation),
        block(0x2002_0000_0000_0000, 0, 16, .sixToFour),
        block(0x2620_004F_8000_0000, 0, 48, .as112, isGloballyReachable: true),
        block(0x3FFF_0000_0000_0000, 0, 20, .documentation),
        block(0x5F00_0000_0000_0000, 0, 16, .segmentRouting),
        block(0xFC00_0000_0000_0000, 0, 7, .uniqueLocal),
        block(0xFE80_0000_0000_0000, 0, 10, .linkLocal),
        block(0xFEC0_0000_0000_0000, 0, 10, .siteLocal),
        block(0xFF00_0000_0000_0000, 0, 8, .multicast),
    ]

    private static func block(
        _ first: UInt32,
        _ second: UInt32,
        _ third: UInt32,
        _ fourth: UInt32,
        _ prefixLength: Int,
        _ purpose: SpecialPurpose,
        isGloballyReachable: Bool = false
    ) -> SpecialPurposeBlock {
        let address = IPv4Address(bits: first << 24 | second << 16 | third << 8 | fourth)
        return block(.v4(address), prefixLength, purpose, isGloballyReachable)
    }

    private static func block(
        _ high: UInt64,
        _ low: UInt64,
        _ prefixLength: Int,
        _ purpose: SpecialPurpose,
        isGloballyReachable: Bool = false
    ) -> SpecialPurposeBlock {
        block(.v6(IPv6Address(high: high, low: low), zone: nil), prefixLength, purpose, isGloballyReachable)
    }

    private static func block(
        _ address: IPAddress,
        _ prefixLength: Int,
        _ purpose: SpecialPurpose,
        _ isGloballyReachable: Bool
    ) -> SpecialPurposeBlock {
        guard let network = IPNetwork(containing: address, prefixLength: prefixLength) else {
            preconditionFailure("\(address)/\(prefixLength) is no network")
        }
        return SpecialPurposeBlock(network: network, purpose: purpose, isGloballyReachable: isGloballyReachable)
    }
}
