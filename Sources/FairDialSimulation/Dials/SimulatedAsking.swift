// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import NameResolution

/// The resolver as one dial sees it, and the account of what the dial asks and is told.
final class SimulatedAsking: AddressResolver, @unchecked Sendable {
    private struct UnderWay: LookupHandle {
        let asking: SimulatedAsking
        let question: LookupQuestion
        let lookup: any LookupHandle

        func join(_ fairnessKey: FairnessKey) { lookup.join(fairnessKey) }

        func cancel() -> Bool {
            asking.dial.hasLeft(question)
            return lookup.cancel()
        }
    }

    private let resolver: any AddressResolver
    private unowned let dial: SimulatedDial

    init(_ resolver: any AddressResolver, for dial: SimulatedDial) {
        self.resolver = resolver
        self.dial = dial
    }

    func lookUp(
        _ question: LookupQuestion,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupHandle {
        dial.asks(question)
        let dial = dial
        let lookup = resolver.lookUp(question, for: fairnessKey) { event in
            dial.isTold(event, of: question)
            receive(event)
        }
        return UnderWay(asking: self, question: question, lookup: lookup)
    }

    /// A service's records are random, with any kind of resolver.
    func lookUpRecords(
        _ question: Question,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (RecordEvent) -> Void
    ) -> any LookupHandle {
        let lookup = SimulatedRecords(for: dial, receive)
        lookup.begin()
        return lookup
    }
}
