// SPDX-License-Identifier: Apache-2.0

/// The way every name goes: local names on the spot (rule 2), everything else by a shared look-up (rule 3).
///
/// While a large hosts file that is new or has changed is being read, names wait for it; their callers' threads do not.
public final class NameResolver: Resolver {
    /// A look-up to be asked for.
    private struct Start: Sendable {
        let lookup: SharedLookups.Lookup
        let question: LookupQuestion
        let asker: Asker
    }

    private struct Desk: Sendable {
        var shared = SharedLookups()
        var receivers: [SharedLookups.Waiter: @Sendable (LookupEvent) -> Void] = [:]
        var underWay: [SharedLookups.Lookup: any LookupUnderWay] = [:]
        /// Those that are being asked for, and who has joined them meanwhile. Nobody can have left: the first asker has not got what
        /// it could leave with.
        var starting: [SharedLookups.Lookup: [Asker]] = [:]
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

        func catchUp(late: Duration) -> Bool { resolver.catchUp(waiter, late: late) }
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
        switch localNames?.find(question) ?? .notLocal {
        case .answer(let answer): return Self.tell(answer, receive)
        case .notLocal: return lookUpElsewhere(question, for: asker, receive)
        case .unread: return lookUpWhenRead(question, for: asker, receive)
        }
    }

    private static func tell(
        _ answer: LookupAnswer,
        _ receive: @Sendable (LookupEvent) -> Void
    ) -> any LookupUnderWay {
        receive(.answered(answer))
        receive(.ended(nil))
        return LocalLookup()
    }

    /// Looks a name up when a large hosts file has been read, off the caller's way.
    private func lookUpWhenRead(
        _ question: LookupQuestion,
        for asker: Asker,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupUnderWay {
        let delayed = DelayedLookup()
        localNames?.read { [localNames] file in
            delayed.begin {
                let receive: @Sendable (LookupEvent) -> Void = { if !delayed.isWithdrawn { receive($0) } }
                if let answer = localNames?.answer(question, in: file) { return Self.tell(answer, receive) }
                return self.lookUpElsewhere(question, for: asker, receive)
            }
        }
        return delayed
    }

    /// Looks a name up that is not local.
    private func lookUpElsewhere(
        _ question: LookupQuestion,
        for asker: Asker,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupUnderWay {
        if let answer = resolver.knownAnswer(to: question) { return Self.tell(answer, receive) }
        let generation = resolver.generation
        var waiter: SharedLookups.Waiter = 0
        var start: Start?
        update { desk in
            waiter = desk.nextWaiter
            desk.nextWaiter += 1
            desk.receivers[waiter] = receive
            let actions = desk.shared.join(question, as: waiter, for: asker, in: generation)
            guard case .start(let lookup, let question, let asker)? = actions.first else { return actions }
            desk.starting[lookup] = []
            start = Start(lookup: lookup, question: question, asker: asker)
            return Array(actions.dropFirst())
        }
        // Asked for here and now: behind the actions of others, a name would stand in a line that nobody keeps fair.
        if let start { begin(start) }
        return SharedLookup(resolver: self, waiter: waiter)
    }

    /// What is local, or in the resolver's cache; nothing while a large hosts file is still to be read.
    public func knownAnswer(to question: LookupQuestion) -> LookupAnswer? {
        switch localNames?.find(question) ?? .notLocal {
        case .answer(let answer): answer
        case .notLocal: resolver.knownAnswer(to: question)
        case .unread: nil
        }
    }

    /// The resolver's.
    public var generation: UInt64 { resolver.generation }

    private func leave(_ waiter: SharedLookups.Waiter) {
        update { desk in
            desk.receivers[waiter] = nil
            return desk.shared.leave(waiter)
        }
    }

    private func catchUp(_ waiter: SharedLookups.Waiter, late: Duration) -> Bool {
        let (isOver, underWay) = desk.withMachine { desk -> (Bool, (any LookupUnderWay)?) in
            guard let lookup = desk.shared.lookup(of: waiter) else { return (true, nil) }
            return (false, desk.underWay[lookup])
        }
        // Of one that is over, the end is on its way to whoever still asks.
        return isOver || underWay?.catchUp(late: late) ?? false
    }

    private func update(_ change: (inout Desk) -> [SharedLookups.Action]) {
        desk.update(carryingOut: carryOut, change)
    }

    private func begin(_ start: Start) {
        let lookup = start.lookup
        let underWay = resolver.lookUp(start.question, for: start.asker) { event in
            self.update { desk in
                if case .ended = event { desk.underWay[lookup] = nil }
                return desk.shared.received(event, for: lookup)
            }
        }
        let joined = desk.withMachine { desk in
            let joined = desk.starting.removeValue(forKey: lookup) ?? []
            // It may have ended before it returned.
            guard desk.shared.contains(lookup) else { return [Asker]() }
            desk.underWay[lookup] = underWay
            return joined
        }
        for asker in joined { underWay.join(asker) }
    }

    private func carryOut(_ action: SharedLookups.Action) {
        switch action {
        case .start(let lookup, let question, let asker):
            begin(Start(lookup: lookup, question: question, asker: asker))
        case .join(let lookup, let asker):
            let underWay = desk.withMachine { desk -> (any LookupUnderWay)? in
                desk.starting[lookup]?.append(asker)
                return desk.underWay[lookup]
            }
            underWay?.join(asker)
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
