// SPDX-License-Identifier: Apache-2.0

import NameResolution

/// The resolver as one dial sees it, and the account of what the dial asks and is told.
final class SimulatedAsking: Resolver, @unchecked Sendable {
    private struct UnderWay: LookupUnderWay {
        let asking: SimulatedAsking
        let question: LookupQuestion
        let lookup: any LookupUnderWay

        func join(_ asker: Asker) { lookup.join(asker) }

        func withdraw() -> Bool {
            asking.dial.hasLeft(question)
            return lookup.withdraw()
        }
    }

    private let resolver: any Resolver
    private unowned let dial: SimulatedDial

    init(_ resolver: any Resolver, for dial: SimulatedDial) {
        self.resolver = resolver
        self.dial = dial
    }

    func lookUp(
        _ question: LookupQuestion,
        for asker: Asker,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupUnderWay {
        dial.asks(question)
        let dial = dial
        let lookup = resolver.lookUp(question, for: asker) { event in
            dial.isTold(event, of: question)
            receive(event)
        }
        return UnderWay(asking: self, question: question, lookup: lookup)
    }
}
