// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// The IANA special-purpose registries once more, as texts, with multicast, site-local, compatible and translated
/// addresses added.
enum Registry {
    typealias Row = (network: String, purpose: SpecialPurpose, globalReachability: GlobalReachability)

    /// Their "Last Updated".
    static let updated = "2025-10-09"

    /// iana-ipv4-special-registry, 25 rows (two addresses share one), and iana-ipv6-special-registry, 25 rows.
    static let registered: [Row] = [
        ("0.0.0.0/8", .thisNetwork, .no),
        ("0.0.0.0/32", .unspecified, .no),
        ("10.0.0.0/8", .privateUse, .no),
        ("100.64.0.0/10", .shared, .no),
        ("127.0.0.0/8", .loopback, .no),
        ("169.254.0.0/16", .linkLocal, .no),
        ("172.16.0.0/12", .privateUse, .no),
        ("192.0.0.0/24", .protocolAssignment, .no),
        ("192.0.0.0/29", .protocolAssignment, .no),
        ("192.0.0.8/32", .protocolAssignment, .no),
        ("192.0.0.9/32", .protocolAssignment, .yes),
        ("192.0.0.10/32", .protocolAssignment, .yes),
        ("192.0.0.170/32", .protocolAssignment, .no),
        ("192.0.0.171/32", .protocolAssignment, .no),
        ("192.0.2.0/24", .documentation, .no),
        ("192.31.196.0/24", .as112, .yes),
        ("192.52.193.0/24", .multicastTunneling, .yes),
        ("192.88.99.0/24", .relayAnycast, .notApplicable),
        ("192.88.99.2/32", .relayAnycast, .no),
        ("192.168.0.0/16", .privateUse, .no),
        ("192.175.48.0/24", .as112, .yes),
        ("198.18.0.0/15", .benchmarking, .no),
        ("198.51.100.0/24", .documentation, .no),
        ("203.0.113.0/24", .documentation, .no),
        ("240.0.0.0/4", .reserved, .no),
        ("255.255.255.255/32", .broadcast, .no),
        ("::1/128", .loopback, .no),
        ("::/128", .unspecified, .no),
        ("::ffff:0.0.0.0/96", .ipv4Mapped, .no),
        ("64:ff9b::/96", .nat64, .yes),
        ("64:ff9b:1::/48", .localNAT64, .no),
        ("100::/64", .discardOnly, .no),
        ("100:0:0:1::/64", .dummyPrefix, .no),
        ("2001::/23", .protocolAssignment, .no),
        ("2001::/32", .teredo, .notApplicable),
        ("2001:1::1/128", .protocolAssignment, .yes),
        ("2001:1::2/128", .protocolAssignment, .yes),
        ("2001:1::3/128", .protocolAssignment, .yes),
        ("2001:2::/48", .benchmarking, .no),
        ("2001:3::/32", .multicastTunneling, .yes),
        ("2001:4:112::/48", .as112, .yes),
        ("2001:10::/28", .orchid, .notApplicable),
        ("2001:20::/28", .orchid, .yes),
        ("2001:30::/28", .droneIdentification, .yes),
        ("2001:db8::/32", .documentation, .no),
        ("2002::/16", .sixToFour, .notApplicable),
        ("2620:4f:8000::/48", .as112, .yes),
        ("3fff::/20", .documentation, .no),
        ("5f00::/16", .segmentRouting, .no),
        ("fc00::/7", .uniqueLocal, .no),
        ("fe80::/10", .linkLocal, .no),
    ]

    /// What is in other registries, or in RFCs alone.
    static let others: [Row] = [
        ("224.0.0.0/4", .multicast, .no),
        ("::/96", .ipv4Compatible, .no),
        ("::ffff:0:0:0/96", .ipv4Translated, .no),
        ("fec0::/10", .siteLocal, .no),
        ("ff00::/8", .multicast, .no),
    ]

    static let rows = registered + others

    /// The narrowest row around an address, found by comparing numbers.
    static func narrowest(_ address: IPAddress) -> (purpose: SpecialPurpose, isGloballyReachable: Bool)? {
        let around = parsed.filter { row in
            row.network.address.family == address.family
                && row.network.address.number <= address.number && address.number <= row.last
        }
        return around.max { $0.network.prefixLength < $1.network.prefixLength }.map {
            ($0.purpose, $0.globalReachability == .yes)
        }
    }

    /// Whether an address is reachable from everywhere: its narrowest row says so, or there is none and it is given
    /// out.
    static func isGloballyReachable(_ address: IPAddress) -> Bool {
        if let row = narrowest(address) { return row.isGloballyReachable }
        return address.family == .ipv4 || (UInt128(0x2000) << 112)..<(UInt128(0x4000) << 112) ~= address.number
    }

    private struct ParsedRow {
        let network: IPNetwork
        let last: UInt128
        let purpose: SpecialPurpose
        let globalReachability: GlobalReachability
    }

    private static let parsed: [ParsedRow] = rows.compactMap { row in
        guard let network = try? IPNetwork(row.network), let last = network.lastAddress else { return nil }
        return ParsedRow(
            network: network,
            last: last.number,
            purpose: row.purpose,
            globalReachability: row.globalReachability
        )
    }
}
