// SPDX-License-Identifier: Apache-2.0

import ConnectionRacing
import IPAddresses
import NIOCore
import NameResolution

/// The addresses that one dial's look-up has brought so far, in the order in which to prefer them.
struct KnownAddresses {
    /// Destination order (RFC 6724): the system's own where one answer brought all of them and nothing is remembered.
    private(set) var inDestinationOrder: [IPAddress]

    /// Where each would be sent from; empty where nobody had to ask.
    private(set) var candidates: [DestinationOrder.Candidate] = []

    init(_ addresses: [IPAddress] = []) {
        inDestinationOrder = addresses
    }

    /// Takes in an answer; addresses of families that are not wanted are left out.
    ///
    /// - Parameters:
    ///   - connector: knows where each address would be sent from.
    ///   - memory: what is remembered of them.
    ///   - now: when.
    mutating func add(
        _ answer: LookupAnswer,
        wanting families: AddressFamilies,
        from connector: any Connector,
        _ memory: OutcomeMemory?,
        at now: NIODeadline
    ) {
        let wanted = answer.addresses.filter { families.contains($0.family) && !inDestinationOrder.contains($0) }
        guard !wanted.isEmpty else { return }
        let isOrdered = answer.isInDestinationOrder && inDestinationOrder.isEmpty && memory == nil
        inDestinationOrder += wanted
        guard !isOrdered, memory != nil || inDestinationOrder.count > 1 else { return }
        candidates = connector.candidates(for: inDestinationOrder)
        if let memory { candidates = memory.recall(candidates, at: now) }
        inDestinationOrder = DestinationOrder().sorted(candidates)
    }

    /// Puts the addresses of each binding into destination order; they are what is known from now on.
    mutating func order(
        _ services: ServiceLookups,
        from connector: any Connector,
        _ memory: OutcomeMemory?,
        at now: NIODeadline
    ) -> Candidates {
        // Several bindings may have the same addresses: each is asked about once.
        var all: [IPAddress: DestinationOrder.Candidate] = [:]
        let ordered = services.candidates { addresses in
            let new = addresses.filter { all[$0] == nil }
            if !new.isEmpty {
                var candidates = connector.candidates(for: new)
                if let memory { candidates = memory.recall(candidates, at: now) }
                for candidate in candidates { all[candidate.destination] = candidate }
            }
            return DestinationOrder().sorted(addresses.compactMap { all[$0] })
        }
        candidates = Array(all.values)
        return ordered
    }
}
