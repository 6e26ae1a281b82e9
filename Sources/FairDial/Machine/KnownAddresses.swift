// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NameResolution

/// The addresses that one dial's lookups have brought so far, in the order in which to prefer them.
@available(FairDial 0.1, *)
struct KnownAddresses: Sendable {
    /// Destination order (RFC 6724): the system's own where one answer brought all of them and nothing is remembered.
    private(set) var inDestinationOrder: [IPAddress]

    /// Where each would be sent from; empty where that was not asked.
    private(set) var candidates: [DestinationOrder.Candidate] = []

    /// The same by address, where there are several names: each address is asked about once.
    private var byAddress: [IPAddress: DestinationOrder.Candidate] = [:]

    init(_ addresses: [IPAddress] = []) {
        inDestinationOrder = addresses
    }

    /// Takes in an answer; addresses of families that are not wanted are left out.
    ///
    /// However many answers a resolver gives, 256 addresses of each family are kept.
    ///
    /// - Parameters:
    ///   - order: where each address would be sent from, what is remembered of it, and how equal ones are rotated.
    ///   - time: the loop's clock.
    /// - Returns: how many addresses were dropped.
    mutating func add(
        _ answer: LookupResult,
        wanting families: AddressFamilies,
        by order: AddressOrder,
        at time: Duration
    ) -> Int {
        let known = Known(inDestinationOrder)
        var wanted = answer.addresses.filter { families.contains($0.family) && !known.contains($0) }
        guard !wanted.isEmpty else { return 0 }
        let leftOut = inDestinationOrder.isEmpty ? 0 : dropSurplus(of: &wanted)
        guard !wanted.isEmpty else { return leftOut }
        // Where outcomes are remembered, no order but our own is good enough.
        let isOurs = order.memory != nil || order.spread != nil
        let isOrdered = answer.isInDestinationOrder && inDestinationOrder.isEmpty && !isOurs
        inDestinationOrder += wanted
        guard !isOrdered, isOurs || inDestinationOrder.count > 1 else { return leftOut }
        candidates = order.routes.candidates(for: inDestinationOrder)
        order.memory?.recall(&candidates, at: time)
        inDestinationOrder = DestinationOrder().sorted(candidates)
        if var spread = order.spread { turn(using: &spread) }
        return leftOut
    }

    /// Drops what is beyond the limit together with what is known; one answer alone has been cut before.
    private func dropSurplus(of addresses: inout [IPAddress]) -> Int {
        let limit = LookupResult.familyLimit
        guard inDestinationOrder.count + addresses.count > limit else { return 0 }
        var ipv4 = inDestinationOrder.count { $0.family == .ipv4 }
        var ipv6 = inDestinationOrder.count - ipv4
        let count = addresses.count
        addresses.removeAll { address in
            if address.family == .ipv4 { ipv4 += 1 } else { ipv6 += 1 }
            return (address.family == .ipv4 ? ipv4 : ipv6) > limit
        }
        return count - addresses.count
    }

    /// Rotates each run of addresses that RFC 6724 ranks equal, at random.
    private mutating func turn(using generator: inout RandomSource) {
        let byAddress = Dictionary(candidates.map { ($0.destination, $0) }) { first, _ in first }
        let ordered = inDestinationOrder.compactMap { byAddress[$0] }
        var turned: [IPAddress] = []
        var start = 0
        while start < ordered.count {
            var end = start + 1
            // Two are equal where sorting keeps either order of them; otherwise the better one is first already.
            while end < ordered.count,
                DestinationOrder().sorted([ordered[end], ordered[start]]).first == ordered[end].destination
            { end += 1 }
            let shift = Int.random(in: 0..<(end - start), using: &generator)
            for place in 0..<(end - start) {
                turned.append(ordered[start + (place + shift) % (end - start)].destination)
            }
            start = end
        }
        inDestinationOrder = turned
    }

    /// A few are searched faster than they are hashed; for hundreds it is the other way round.
    private struct Known {
        private let few: [IPAddress]
        private let many: Set<IPAddress>?

        init(_ addresses: [IPAddress]) {
            few = addresses
            many = addresses.count > 32 ? Set(addresses) : nil
        }

        func contains(_ address: IPAddress) -> Bool {
            many?.contains(address) ?? few.contains(address)
        }
    }

    /// Puts some of the addresses into destination order, where there are several names. Those of several names are
    /// asked about once.
    mutating func sorted(_ addresses: [IPAddress], by order: AddressOrder, at time: Duration) -> [IPAddress] {
        let new = addresses.filter { byAddress[$0] == nil }
        if !new.isEmpty {
            var asked = order.routes.candidates(for: new)
            order.memory?.recall(&asked, at: time)
            for candidate in asked { byAddress[candidate.destination] = candidate }
            candidates = Array(byAddress.values)
        }
        return DestinationOrder().sorted(addresses.compactMap { byAddress[$0] })
    }

    /// Asks about addresses that the caller has given, in an order of the caller's own: only what failed lately goes
    /// last.
    mutating func recall(_ endpoints: [Endpoint], by order: AddressOrder, at time: Duration) -> [Endpoint] {
        candidates = order.routes.candidates(for: endpoints.map(\.address))
        order.memory?.recall(&candidates, at: time)
        let failed = Set(candidates.filter { $0.experience == .failed }.map(\.destination))
        return endpoints.filter { !failed.contains($0.address) } + endpoints.filter { failed.contains($0.address) }
    }

    /// What a connection to an address took in the past; `nil` where nothing is known.
    func roundTrip(to address: IPAddress) -> Duration? {
        guard case .connected(let roundTrip)? = byAddress[address]?.experience else { return nil }
        return roundTrip
    }
}
