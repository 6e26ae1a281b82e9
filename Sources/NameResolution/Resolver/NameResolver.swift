// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import SystemSupport

/// What every name goes through: local names are answered at once (rule 2), all others by a shared lookup (rule 3).
///
/// While a large hosts file that is new or has changed is being read, names wait for it; their callers' threads do not.
@available(FairDial 0.1, *)
public final class NameResolver: AddressResolver {
    /// A lookup to be asked for.
    private struct Start: Sendable {
        let lookup: SharedLookups.Lookup
        let question: LookupQuestion
        let fairnessKey: FairnessKey
    }

    struct Machine: Sendable {
        var shared = SharedLookups()
        var receivers: [SharedLookups.Waiter: @Sendable (LookupEvent) -> Void] = [:]
        var inFlight: [SharedLookups.Lookup: any LookupHandle] = [:]
        /// Since when, for the list of lookups in flight.
        var began: [SharedLookups.Lookup: ContinuousClock.Instant] = [:]
        var records = RecordLookups()
        /// Those that are being asked for, and who has joined them meanwhile. None can have been cancelled: the first
        /// caller has no handle yet to cancel with.
        var starting: [SharedLookups.Lookup: [FairnessKey]] = [:]
        var nextWaiter: SharedLookups.Waiter = 1
    }

    private struct LocalLookup: LookupHandle {
        func cancel() -> Bool { true }
    }

    private struct SharedLookup: ListedLookup {
        let resolver: NameResolver
        let waiter: SharedLookups.Waiter

        func cancel() -> Bool {
            resolver.leave(waiter)
            return true
        }

        func catchUp(late: Duration) -> Bool { resolver.catchUp(waiter, late: late) }

        var silentServers: [Endpoint] { resolver.inFlight(waiter)?.silentServers ?? [] }

        var source: LookupSource? { resolver.inFlight(waiter)?.listed?.source }

        var id: UInt64? { resolver.id(of: waiter) }
    }

    private let localNames: LocalNames?
    let resolver: any AddressResolver
    /// The same, where it knows answers by itself.
    private let knowing: (any KnowingResolver)?
    let outbox = OrderedOutbox<Machine, SharedLookups.Action>(Machine())
    /// Ids are unique in the process: the resolver's number, and the lookup's.
    let idBase = LookupIDs.next()

    /// - Parameter resolver: looks up what is not local.
    public convenience init(_ resolver: any AddressResolver) {
        self.init(resolver, localNames: .system)
    }

    /// - Parameter localNames: the hosts file and `localhost`; `nil` to ask the resolver for these too.
    package init(_ resolver: any AddressResolver, localNames: LocalNames?) {
        self.resolver = resolver
        knowing = resolver as? any KnowingResolver
        self.localNames = localNames
    }

    /// How many lookups the resolver has been asked for in all; what was local or shared is not among them.
    package var startedCount: UInt64 {
        outbox.withMachine { $0.shared.startedCount }
    }

    /// How many lookups are in flight, those included that no caller waits for and that cannot be cancelled.
    package var inFlightCount: Int {
        outbox.withMachine { $0.shared.count }
    }

    /// Looks a name up. A local name, and one that the resolver's cache has, has been answered when this returns.
    public func lookUp(
        _ question: LookupQuestion,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupHandle {
        switch localNames?.find(question) ?? .notLocal {
        case .answer(let answer): return Self.tell(answer, receive)
        case .notLocal: return lookUpElsewhere(question, for: fairnessKey, receive)
        case .unread: return lookUpWhenRead(question, for: fairnessKey, receive)
        case .untold(let reason): return lookUpInFiles(question, for: fairnessKey, because: reason, receive)
        }
    }

    /// Looks a name up that may be in a hosts file which is too large for us: with the resolver that reads it. Not
    /// shared, because it is rare.
    private func lookUpInFiles(
        _ question: LookupQuestion,
        for fairnessKey: FairnessKey,
        because reason: String,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupHandle {
        if let reader = knowing?.filesResolver { return reader.lookUp(question, for: fairnessKey, receive) }
        receive(.ended(ResolutionError(.failed, reason)))
        return LocalLookup()
    }

    private static func tell(
        _ answer: LookupResult,
        _ receive: @Sendable (LookupEvent) -> Void
    ) -> any LookupHandle {
        receive(.answered(answer))
        receive(.ended(nil))
        return LocalLookup()
    }

    /// Looks a name up when a large hosts file has been read, on another thread than the caller's.
    private func lookUpWhenRead(
        _ question: LookupQuestion,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupHandle {
        let delayed = DelayedLookup()
        localNames?.read { [localNames] file in
            delayed.begin {
                let receive: @Sendable (LookupEvent) -> Void = { if !delayed.isCancelled { receive($0) } }
                if let answer = localNames?.answer(question, in: file) { return Self.tell(answer, receive) }
                if let reason = localNames?.tooLarge {
                    return self.lookUpInFiles(question, for: fairnessKey, because: reason, receive)
                }
                return self.lookUpElsewhere(question, for: fairnessKey, receive)
            }
        }
        return delayed
    }

    /// Looks a name up that is not local.
    private func lookUpElsewhere(
        _ question: LookupQuestion,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupHandle {
        let standing = knowing?.standing(on: question)
        if let known = standing?.known { return Self.tell(known, receive) }
        let generation = standing?.generation ?? 0
        var waiter: SharedLookups.Waiter = 0
        var start: Start?
        outbox.update(carryingOut: carryOut) { machine in
            waiter = machine.nextWaiter
            machine.nextWaiter += 1
            machine.receivers[waiter] = receive
            let actions = machine.shared.join(question, as: waiter, for: fairnessKey, in: generation)
            guard case .start(let lookup, let question, let fairnessKey)? = actions.first else { return actions }
            machine.starting[lookup] = []
            // From here it is in the list: the resolver may have asked a server before it brings the handle.
            machine.began[lookup] = .now
            start = Start(lookup: lookup, question: question, fairnessKey: fairnessKey)
            return Array(actions.dropFirst())
        }
        // Asked for here and now: behind the actions of others, a name would wait in a queue that is not fair.
        if let start { begin(start, with: standing?.resolver ?? resolver) }
        return SharedLookup(resolver: self, waiter: waiter)
    }

    private func leave(_ waiter: SharedLookups.Waiter) {
        outbox.update(carryingOut: carryOut) { machine in
            machine.receivers[waiter] = nil
            return machine.shared.leave(waiter)
        }
    }

    private func catchUp(_ waiter: SharedLookups.Waiter, late: Duration) -> Bool {
        let (isOver, inFlight) = outbox.withMachine { machine -> (Bool, (any LookupHandle)?) in
            guard let lookup = machine.shared.lookup(of: waiter) else { return (true, nil) }
            return (false, machine.inFlight[lookup])
        }
        // Where the lookup is over, its `ended` is on its way to the caller.
        return isOver || inFlight?.catchUp(late: late) ?? false
    }

    private func inFlight(_ waiter: SharedLookups.Waiter) -> (any LookupHandle)? {
        outbox.withMachine { machine in machine.shared.lookup(of: waiter).flatMap { machine.inFlight[$0] } }
    }

    private func begin(_ start: Start, with resolver: any AddressResolver) {
        let lookup = start.lookup
        let inFlight = resolver.lookUp(start.question, for: start.fairnessKey) { event in
            self.outbox.update(carryingOut: self.carryOut) { machine in
                if case .ended = event { machine.forget(lookup) }
                return machine.shared.received(event, for: lookup)
            }
        }
        let joined = outbox.withMachine { machine in
            let joined = machine.starting.removeValue(forKey: lookup) ?? []
            // It may have ended before it returned.
            guard machine.shared.contains(lookup) else { return [FairnessKey]() }
            machine.inFlight[lookup] = inFlight
            return joined
        }
        for fairnessKey in joined { inFlight.join(fairnessKey) }
    }

    private func carryOut(_ action: SharedLookups.Action) {
        switch action {
        case .start(let lookup, let question, let fairnessKey):
            outbox.withMachine { $0.began[lookup] = .now }
            begin(Start(lookup: lookup, question: question, fairnessKey: fairnessKey), with: resolver)
        case .join(let lookup, let fairnessKey):
            let inFlight = outbox.withMachine { machine -> (any LookupHandle)? in
                machine.starting[lookup]?.append(fairnessKey)
                return machine.inFlight[lookup]
            }
            inFlight?.join(fairnessKey)
        case .cancel(let lookup):
            guard let inFlight = outbox.withMachine({ $0.inFlight[lookup] }) else { return }
            let isGone = inFlight.cancel()
            outbox.update(carryingOut: carryOut) { machine in
                if isGone { machine.forget(lookup) }
                return machine.shared.cancelled(lookup, isGone: isGone)
            }
        case .deliver(let waiter, let event):
            let receive = outbox.withMachine { machine in
                if case .ended = event {
                    machine.receivers.removeValue(forKey: waiter)
                } else {
                    machine.receivers[waiter]
                }
            }
            receive?(event)
        }
    }
}
