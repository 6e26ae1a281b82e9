// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// The IANA special-purpose registries once more, as texts, with multicast, site-local and compatible addresses added.
enum Registry {
    static let rows: [(network: String, purpose: SpecialPurpose, isGloballyReachable: Bool)] = [
        ("0.0.0.0/32", .unspecified, false),
        ("0.0.0.0/8", .thisNetwork, false),
        ("10.0.0.0/8", .privateUse, false),
        ("100.64.0.0/10", .shared, false),
        ("127.0.0.0/8", .loopback, false),
        ("169.254.0.0/16", .linkLocal, false),
        ("172.16.0.0/12", .privateUse, false),
        ("192.0.0.0/24", .protocolAssignment, false),
        ("192.0.0.9/32", .protocolAssignment, true),
        ("192.0.0.10/32", .protocolAssignment, true),
        ("192.0.2.0/24", .documentation, false),
        ("192.31.196.0/24", .as112, true),
        ("192.52.193.0/24", .multicastTunneling, true),
        ("192.88.99.0/24", .relayAnycast, false),
        ("192.168.0.0/16", .privateUse, false),
        ("192.175.48.0/24", .as112, true),
        ("198.18.0.0/15", .benchmarking, false),
        ("198.51.100.0/24", .documentation, false),
        ("203.0.113.0/24", .documentation, false),
        ("224.0.0.0/4", .multicast, false),
        ("240.0.0.0/4", .reserved, false),
        ("255.255.255.255/32", .broadcast, false),
        ("::/128", .unspecified, false),
        ("::1/128", .loopback, false),
        ("::/96", .ipv4Compatible, false),
        ("::ffff:0.0.0.0/96", .ipv4Mapped, false),
        ("64:ff9b::/96", .nat64, true),
        ("64:ff9b:1::/48", .localNAT64, false),
        ("100::/64", .discardOnly, false),
        ("2001::/23", .protocolAssignment, false),
        ("2001::/32", .teredo, false),
        ("2001:1::1/128", .protocolAssignment, true),
        ("2001:1::2/128", .protocolAssignment, true),
        ("2001:1::3/128", .protocolAssignment, true),
        ("2001:2::/48", .benchmarking, false),
        ("2001:3::/32", .multicastTunneling, true),
        ("2001:4:112::/48", .as112, true),
        ("2001:10::/28", .orchid, false),
        ("2001:20::/28", .orchid, true),
        ("2001:30::/28", .droneIdentification, true),
        ("2001:db8::/32", .documentation, false),
        ("2002::/16", .sixToFour, false),
        ("2620:4f:8000::/48", .as112, true),
        ("3fff::/20", .documentation, false),
        ("5f00::/16", .segmentRouting, false),
        ("fc00::/7", .uniqueLocal, false),
        ("fe80::/10", .linkLocal, false),
        ("fec0::/10", .siteLocal, false),
        ("ff00::/8", .multicast, false),
    ]

    /// The narrowest row around an address, found by comparing numbers.
    static func narrowest(_ address: IPAddress) -> (purpose: SpecialPurpose, isGloballyReachable: Bool)? {
        let around = parsed.filter { row in
            row.network.address.family == address.family
                && row.network.address.number <= address.number && address.number <= row.last
        }
        return around.max { $0.network.prefixLength < $1.network.prefixLength }.map {
            ($0.purpose, $0.isGloballyReachable)
        }
    }

    private struct Row {
        let network: IPNetwork
        let last: UInt128
        let purpose: SpecialPurpose
        let isGloballyReachable: Bool
    }

    private static let parsed: [Row] = rows.compactMap { row in
        guard let network = try? IPNetwork(row.network), let last = network.lastAddress else { return nil }
        return Row(
            network: network,
            last: last.number,
            purpose: row.purpose,
            isGloballyReachable: row.isGloballyReachable
        )
    }
}
