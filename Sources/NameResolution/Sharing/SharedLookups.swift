// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// Callers that ask the same question of the same configuration share one lookup (rule 3).
///
/// Pure: questions, cancellations and the resolver's events go in, actions come out.
@available(FairDial 0.1, *)
package struct SharedLookups: Sendable {
    /// Identifies one caller's wait.
    package typealias Waiter = UInt64

    /// Identifies one lookup that was started.
    package typealias Lookup = UInt64

    /// What the driver is to do, in order.
    package enum Action: Hashable, Sendable {
        /// Ask the resolver.
        case start(Lookup, LookupQuestion, FairnessKey)
        /// Tell the resolver that another fairness key waits for this lookup.
        case join(Lookup, FairnessKey)
        /// No caller waits for this lookup any more: cancel it, and report with `cancelled` whether the resolver could.
        case cancel(Lookup)
        /// Tell this waiter.
        case deliver(Waiter, LookupEvent)
    }

    private struct Wait: Sendable {
        let lookup: Lookup
        let fairnessKey: FairnessKey
    }

    private var lookups: [Lookup: Shared] = [:]
    private var bySharing: [Sharing: Lookup] = [:]
    private var waits: [Waiter: Wait] = [:]
    private var nextLookup: Lookup = 1

    /// Without a lookup in flight.
    package init() {}

    /// How many lookups are in flight, those included that no caller waits for and that could not be cancelled.
    package var count: Int { lookups.count }

    /// The lookup that a caller waits for; `nil` when it has ended, or the caller has cancelled.
    package func lookup(of waiter: Waiter) -> Lookup? { waits[waiter]?.lookup }

    /// Whether the lookup is in flight.
    package func contains(_ lookup: Lookup) -> Bool { lookups[lookup] != nil }

    /// What a lookup was asked, whether its resolver has begun, and how many callers wait for it; `nil` when it has
    /// ended.
    package func state(of lookup: Lookup) -> (question: LookupQuestion, hasStarted: Bool, waiters: Int)? {
        lookups[lookup].map { ($0.sharing.question, $0.hasStarted, $0.waitingCount) }
    }

    /// How many lookups were started in all.
    package var startedCount: UInt64 { nextLookup - 1 }

    /// A caller asks. The answers that have come already are told at once.
    ///
    /// - Parameter generation: the resolver's, when the caller asks.
    package mutating func join(
        _ question: LookupQuestion,
        as waiter: Waiter,
        for fairnessKey: FairnessKey,
        in generation: UInt64 = 0
    ) -> [Action] {
        let sharing = Sharing(question: question, generation: generation)
        guard let lookup = bySharing[sharing], let isNews = lookups[lookup]?.join(waiter, for: fairnessKey) else {
            let lookup = nextLookup
            nextLookup += 1
            bySharing[sharing] = lookup
            lookups[lookup] = Shared(sharing, first: waiter, for: fairnessKey)
            waits[waiter] = Wait(lookup: lookup, fairnessKey: fairnessKey)
            return [.start(lookup, question, fairnessKey)]
        }
        waits[waiter] = Wait(lookup: lookup, fairnessKey: fairnessKey)
        let told = lookups[lookup].map { shared in
            (shared.hasStarted ? [.started] : []) + shared.answers.map { LookupEvent.answered($0.asShared) }
                + (shared.bound.map { [.bindings($0)] } ?? [])
        }
        return (isNews ? [.join(lookup, fairnessKey)] : []) + (told ?? []).map { .deliver(waiter, $0) }
    }

    /// A caller cancels. The others keep the lookup; when there are none, it is cancelled.
    package mutating func leave(_ waiter: Waiter) -> [Action] {
        guard let lookup = waits.removeValue(forKey: waiter)?.lookup else { return [] }
        let waits = waits
        lookups[lookup]?.leave { waits[$0] != nil }
        return lookups[lookup]?.waitingCount == 0 ? [.cancel(lookup)] : []
    }

    /// The resolver has been asked to cancel a lookup.
    ///
    /// - Parameter isGone: whether it could. If not, the lookup stays, and the next caller that asks the same joins it.
    package mutating func cancelled(_ lookup: Lookup, isGone: Bool) -> [Action] {
        guard isGone, let shared = lookups[lookup] else { return [] }
        forget(lookup, shared.sharing)
        // A caller may have joined between the cancellation and this answer: for it the lookup starts afresh.
        let (question, generation) = (shared.sharing.question, shared.sharing.generation)
        var actions: [Action] = []
        for waiter in shared.waiters {
            guard let fairnessKey = waits[waiter]?.fairnessKey else { continue }
            actions += join(question, as: waiter, for: fairnessKey, in: generation)
        }
        if let fresh = bySharing[shared.sharing] {
            // They have been told what had come by then, and nothing is told twice.
            lookups[fresh]?.hasStarted = shared.hasStarted
            lookups[fresh]?.answers = shared.answers
            lookups[fresh]?.bound = shared.bound
        }
        return actions
    }

    /// An event of the resolver's about a lookup: what is new in it is told to those who wait.
    package mutating func received(_ event: LookupEvent, for lookup: Lookup) -> [Action] {
        guard var shared = lookups[lookup] else { return [] }
        var told = event
        switch event {
        case .started:
            if shared.hasStarted { return [] }
            shared.hasStarted = true
        case .answered(var answer):
            let settled = shared.answers.reduce(into: AddressFamilies()) { $0.formUnion($1.families) }
            answer.families.subtract(settled)
            answer.addresses.removeAll { settled.contains($0.family) }
            guard !answer.families.isEmpty || !answer.addresses.isEmpty else { return [] }
            shared.answers.append(answer)
            told = .answered(answer)
        case .bindings(let answer):
            if shared.bound != nil { return [] }
            shared.bound = answer
        case .caughtUp, .ended: break
        }
        let waiters = shared.waiters.filter { waits[$0] != nil }
        if case .ended = event {
            forget(lookup, shared.sharing)
            for waiter in waiters { waits[waiter] = nil }
        } else {
            lookups[lookup] = shared
        }
        return waiters.map { .deliver($0, $0 == shared.first ? told : told.asShared) }
    }

    private mutating func forget(_ lookup: Lookup, _ sharing: Sharing) {
        lookups[lookup] = nil
        if bySharing[sharing] == lookup { bySharing[sharing] = nil }
    }
}

/// What two callers must have in common to share a lookup.
@available(FairDial 0.1, *)
private struct Sharing: Hashable, Sendable {
    let question: LookupQuestion
    /// The resolver's, when the lookup was asked for.
    let generation: UInt64
}

/// One lookup and those who wait for it.
@available(FairDial 0.1, *)
private struct Shared: Sendable {
    let sharing: Sharing
    /// Who started it, and is told where the answer really came from.
    let first: SharedLookups.Waiter
    /// In the order in which they came; those that have cancelled are still among them for a while.
    private(set) var waiters: [SharedLookups.Waiter]
    private(set) var waitingCount = 1
    private var fairnessKeys: Set<FairnessKey>
    var hasStarted = false
    var answers: [LookupResult] = []
    var bound: BindingAnswer?

    init(_ sharing: Sharing, first: SharedLookups.Waiter, for fairnessKey: FairnessKey) {
        self.sharing = sharing
        self.first = first
        waiters = [first]
        fairnessKeys = [fairnessKey]
    }

    /// - Returns: whether the resolver must know: the fairness key is a new one, or no caller waited any more.
    mutating func join(_ waiter: SharedLookups.Waiter, for fairnessKey: FairnessKey) -> Bool {
        let isWantedAgain = waitingCount == 0
        waiters.append(waiter)
        waitingCount += 1
        return fairnessKeys.insert(fairnessKey).inserted || isWantedAgain
    }

    /// One has cancelled.
    ///
    /// - Parameter isWaiting: whether a waiter is still there.
    mutating func leave(isWaiting: (SharedLookups.Waiter) -> Bool) {
        waitingCount -= 1
        // When many cancel at once, not each of them may cost a search of the list.
        if waiters.count > 2 * waitingCount + 32 { waiters.removeAll { !isWaiting($0) } }
    }
}

@available(FairDial 0.1, *)
extension LookupResult {
    /// The same answer for a caller that has not started the lookup.
    fileprivate var asShared: LookupResult {
        var answer = self
        answer.source = .shared
        return answer
    }
}

@available(FairDial 0.1, *)
extension LookupEvent {
    fileprivate var asShared: LookupEvent {
        guard case .answered(let answer) = self else { return self }
        return .answered(answer.asShared)
    }
}
