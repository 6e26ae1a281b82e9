// SPDX-License-Identifier: Apache-2.0

/// A network with a special purpose: which one, and whether it is reachable from everywhere.
@available(FairDial 0.1, *)
public struct SpecialPurposeBlock: Hashable, Sendable {
    /// The block.
    public let network: IPNetwork

    /// Its purpose.
    public let purpose: SpecialPurpose

    /// The registry's column "Globally Reachable"; `no` for a block that is in neither registry.
    public let globalReachability: GlobalReachability

    /// Whether it is a row of IANA's special-purpose registries; what is not is multicast, site-local, or an old way to
    /// write IPv4 addresses.
    public let isRegistered: Bool

    /// Whether the registry says that it is; what the registry does not say counts as "no".
    public var isGloballyReachable: Bool { globalReachability == .yes }

    /// Every block, the most specific first, so that the first one that contains an address is the one that applies.
    public static let all: [SpecialPurposeBlock] = mostSpecificFirst(ipv4 + ipv6)

    /// The most specific block that contains an address; `nil` for an ordinary one.
    public static func containing(_ address: IPAddress) -> SpecialPurposeBlock? {
        // A policy asks for every address of a name.
        switch address {
        case .v4: ipv4.first { $0.network.contains(address) }
        case .v6: ipv6.first { $0.network.contains(address) }
        }
    }

    private static let ipv4 = mostSpecificFirst(SpecialPurposeRegistry.ipv4 + SpecialPurposeRegistry.otherIPv4)
    private static let ipv6 = mostSpecificFirst(SpecialPurposeRegistry.ipv6 + SpecialPurposeRegistry.otherIPv6)

    private static func mostSpecificFirst(_ blocks: [SpecialPurposeBlock]) -> [SpecialPurposeBlock] {
        blocks.sorted { $0.network.prefixLength > $1.network.prefixLength }
    }
}
