// SPDX-License-Identifier: Apache-2.0

/// Callers that ask the same question share one look-up (rule 3).
///
/// Pure: questions, leavings and the resolver's events go in, actions come out.
public struct SharedLookups: Sendable {
    /// Names one caller's wait.
    public typealias Waiter = UInt64

    /// Names one look-up that was started.
    public typealias Lookup = UInt64

    /// What the driver is to do, in order.
    public enum Action: Hashable, Sendable {
        /// Ask the resolver.
        case start(Lookup, LookupQuestion, Asker)
        /// Tell the resolver that another asker waits for this look-up.
        case join(Lookup, Asker)
        /// Nobody waits for this look-up any more; report with `withdrawn` whether the resolver could take it back.
        case withdraw(Lookup)
        /// Tell this waiter.
        case deliver(Waiter, LookupEvent)
    }

    private struct Shared: Sendable {
        let question: LookupQuestion
        var waiters: [Waiter] = []
        var askers: [Asker] = []
        /// Who started it, and is told where the answer really came from.
        let first: Waiter
        var hasStarted = false
        var answers: [LookupAnswer] = []
    }

    private var lookups: [Lookup: Shared] = [:]
    private var byQuestion: [LookupQuestion: Lookup] = [:]
    private var byWaiter: [Waiter: Lookup] = [:]
    private var nextLookup: Lookup = 1

    /// Nothing under way.
    public init() {}

    /// How many look-ups are under way, those included that nobody waits for and that could not be taken back.
    public var count: Int { lookups.count }

    /// Whether the look-up is under way.
    public func contains(_ lookup: Lookup) -> Bool { lookups[lookup] != nil }

    /// How many look-ups were started in all.
    public var startedCount: UInt64 { nextLookup - 1 }

    /// A caller asks. What has come already is told at once.
    public mutating func join(_ question: LookupQuestion, as waiter: Waiter, for asker: Asker) -> [Action] {
        guard let lookup = byQuestion[question], var shared = lookups[lookup] else {
            let lookup = nextLookup
            nextLookup += 1
            lookups[lookup] = Shared(question: question, waiters: [waiter], askers: [asker], first: waiter)
            byQuestion[question] = lookup
            byWaiter[waiter] = lookup
            return [.start(lookup, question, asker)]
        }
        var actions: [Action] = []
        // One that nobody waited for is wanted again, whoever asks.
        if shared.waiters.isEmpty || !shared.askers.contains(asker) { actions.append(.join(lookup, asker)) }
        if !shared.askers.contains(asker) { shared.askers.append(asker) }
        shared.waiters.append(waiter)
        byWaiter[waiter] = lookup
        lookups[lookup] = shared
        if shared.hasStarted { actions.append(.deliver(waiter, .started)) }
        return actions + shared.answers.map { .deliver(waiter, .answered($0.asShared)) }
    }

    /// A caller gives up. The others keep the look-up; when there are none, it is taken back.
    public mutating func leave(_ waiter: Waiter) -> [Action] {
        guard let lookup = byWaiter.removeValue(forKey: waiter) else { return [] }
        lookups[lookup]?.waiters.removeAll { $0 == waiter }
        return lookups[lookup]?.waiters.isEmpty == true ? [.withdraw(lookup)] : []
    }

    /// The resolver has been asked to take a look-up back.
    ///
    /// - Parameter isGone: whether it could. If not, the look-up stays, and whoever asks the same next joins it.
    public mutating func withdrawn(_ lookup: Lookup, isGone: Bool) -> [Action] {
        guard isGone, let shared = lookups[lookup] else { return [] }
        forget(lookup, shared.question)
        // Somebody may have joined between the question and this answer: for them it starts afresh.
        guard let first = shared.waiters.first, let asker = shared.askers.last else { return [] }
        var actions = join(shared.question, as: first, for: asker)
        for waiter in shared.waiters.dropFirst() { actions += join(shared.question, as: waiter, for: asker) }
        return actions
    }

    /// The resolver tells something about a look-up.
    public mutating func received(_ event: LookupEvent, for lookup: Lookup) -> [Action] {
        guard var shared = lookups[lookup] else { return [] }
        switch event {
        case .started:
            guard !shared.hasStarted else { return [] }
            shared.hasStarted = true
            lookups[lookup] = shared
        case .answered(let answer):
            shared.answers.append(answer)
            lookups[lookup] = shared
        case .ended:
            forget(lookup, shared.question)
            for waiter in shared.waiters { byWaiter[waiter] = nil }
        }
        return shared.waiters.map { .deliver($0, $0 == shared.first ? event : event.asShared) }
    }

    private mutating func forget(_ lookup: Lookup, _ question: LookupQuestion) {
        lookups[lookup] = nil
        if byQuestion[question] == lookup { byQuestion[question] = nil }
    }
}

extension LookupAnswer {
    /// The same answer for somebody who has not started the look-up.
    fileprivate var asShared: LookupAnswer {
        var answer = self
        answer.source = .shared
        return answer
    }
}

extension LookupEvent {
    fileprivate var asShared: LookupEvent {
        guard case .answered(let answer) = self else { return self }
        return .answered(answer.asShared)
    }
}
