// SPDX-License-Identifier: Apache-2.0

/// The way every name goes: local names on the spot (rule 2), everything else by a shared look-up (rule 3).
public final class NameResolver: Resolver {
    private struct Desk: Sendable {
        var shared = SharedLookups()
        var receivers: [SharedLookups.Waiter: @Sendable (LookupEvent) -> Void] = [:]
        var underWay: [SharedLookups.Lookup: any LookupUnderWay] = [:]
        var nextWaiter: SharedLookups.Waiter = 1
    }

    private struct LocalLookup: LookupUnderWay {
        func withdraw() -> Bool { true }
    }

    private struct SharedLookup: LookupUnderWay {
        let resolver: NameResolver
        let waiter: SharedLookups.Waiter

        func withdraw() -> Bool {
            resolver.leave(waiter)
            return true
        }
    }

    private let localNames: LocalNames?
    private let resolver: any Resolver
    private let desk = OrderedOutbox<Desk, SharedLookups.Action>(Desk())

    /// - Parameters:
    ///   - resolver: who looks up what is not local.
    ///   - localNames: the hosts file and `localhost`; `nil` to ask the resolver for these too.
    public init(_ resolver: any Resolver, localNames: LocalNames? = .system) {
        self.resolver = resolver
        self.localNames = localNames
    }

    /// How many look-ups the resolver has been asked for in all; what was local or shared is not among them.
    public var startedCount: UInt64 {
        desk.withMachine { $0.shared.startedCount }
    }

    /// How many look-ups are under way, those included that nobody waits for and that cannot be taken back.
    public var underWayCount: Int {
        desk.withMachine { $0.shared.count }
    }

    /// Looks a name up. A local name, and one that the resolver's cache has, has been answered when this returns.
    public func lookUp(
        _ question: LookupQuestion,
        for asker: Asker,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupUnderWay {
        if let answer = knownAnswer(to: question) {
            receive(.answered(answer))
            receive(.ended(nil))
            return LocalLookup()
        }
        var waiter: SharedLookups.Waiter = 0
        update { desk in
            waiter = desk.nextWaiter
            desk.nextWaiter += 1
            desk.receivers[waiter] = receive
            return desk.shared.join(question, as: waiter, for: asker)
        }
        return SharedLookup(resolver: self, waiter: waiter)
    }

    /// What is local, or in the resolver's cache.
    public func knownAnswer(to question: LookupQuestion) -> LookupAnswer? {
        localNames?.answer(question) ?? resolver.knownAnswer(to: question)
    }

    private func leave(_ waiter: SharedLookups.Waiter) {
        update { desk in
            desk.receivers[waiter] = nil
            return desk.shared.leave(waiter)
        }
    }

    private func update(_ change: (inout Desk) -> [SharedLookups.Action]) {
        desk.update(carryingOut: carryOut, change)
    }

    private func carryOut(_ action: SharedLookups.Action) {
        switch action {
        case .start(let lookup, let question, let asker):
            let underWay = resolver.lookUp(question, for: asker) { event in
                self.update { desk in
                    if case .ended = event { desk.underWay[lookup] = nil }
                    return desk.shared.received(event, for: lookup)
                }
            }
            // It may have ended before it returned.
            desk.withMachine { desk in
                if desk.shared.contains(lookup) { desk.underWay[lookup] = underWay }
            }
        case .join(let lookup, let asker):
            desk.withMachine { $0.underWay[lookup] }?.join(asker)
        case .withdraw(let lookup):
            guard let underWay = desk.withMachine({ $0.underWay[lookup] }) else { return }
            let isGone = underWay.withdraw()
            update { desk in
                if isGone { desk.underWay[lookup] = nil }
                return desk.shared.withdrawn(lookup, isGone: isGone)
            }
        case .deliver(let waiter, let event):
            let receive = desk.withMachine { desk in
                if case .ended = event { desk.receivers.removeValue(forKey: waiter) } else { desk.receivers[waiter] }
            }
            receive?(event)
        }
    }
}
