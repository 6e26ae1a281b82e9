// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// Networks that are allowed and denied, looked up by address. The longest prefix decides; a network that is on both
/// lists is denied.
///
/// Two networks never overlap in part: one contains the other, or they have nothing in common. So take the last network
/// that begins at or before the address: any network that contains the address is this one, or contains this one.
@available(FairDial 0.1, *)
struct NetworkRules: Sendable {
    struct Rule: Sendable {
        let network: IPNetwork
        let isDenied: Bool
        /// The index of the narrowest other network that contains this one.
        var outer: Int?
    }

    /// In the order of their first addresses; of two with the same, the wider network first.
    private var rules: [Rule] = []

    init(allowed: [IPNetwork], denied: [IPNetwork]) {
        let denied = Set(denied)
        let sorted = denied.union(allowed).sorted()
        rules.reserveCapacity(sorted.count)
        for network in sorted {
            var outer = rules.indices.last
            while let index = outer, !rules[index].network.contains(network.address) { outer = rules[index].outer }
            rules.append(Rule(network: network, isDenied: denied.contains(network), outer: outer))
        }
    }

    /// The rule with the longest prefix that an address falls under. Its zone does not matter.
    func rule(for address: IPAddress) -> Rule? {
        // No network's address has a zone.
        let address: IPAddress = if case .v6(let bits, _?) = address { .v6(bits, zone: nil) } else { address }
        var (low, high) = (0, rules.count)
        while low < high {
            let middle = (low + high) / 2
            if rules[middle].network.address <= address { low = middle + 1 } else { high = middle }
        }
        var candidate = low > 0 ? low - 1 : nil
        // At most one turn for each prefix length, 33 or 129: each network is wider than the one before.
        while let index = candidate {
            if rules[index].network.contains(address) { return rules[index] }
            candidate = rules[index].outer
        }
        return nil
    }
}
