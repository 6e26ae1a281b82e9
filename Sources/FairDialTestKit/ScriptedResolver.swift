// SPDX-License-Identifier: Apache-2.0

public import DNSMessages
public import IPAddresses
import NIOConcurrencyHelpers
public import NameResolution

/// A resolver whose lookups the test answers, one event at a time; nothing happens by itself, and nothing by the
/// clock.
///
/// ```swift
/// let resolver = ScriptedResolver()
/// async let connection = dial("db.example.org", resolver)
/// let lookup = try await resolver.nextLookup(of: "db.example.org")   // returns once the dial has asked
/// lookup.start()
/// lookup.answer([.v4(.loopback)])
/// lookup.end()
/// ```
@available(FairDial 0.1, *)
public final class ScriptedResolver: AddressResolver {
    fileprivate struct Entry: Sendable {
        let question: LookupQuestion
        let fairnessKey: FairnessKey
        let receive: @Sendable (LookupEvent) -> Void
        var joins: [FairnessKey] = []
        var cancellations = 0
        var catchUps = 0
        var isInFlight = true
        var isHandedOut = false
    }

    private struct State: Sendable {
        var entries: [Entry] = []
        var canCancel: Bool
        var catchesUp = false
        var changes: UInt64 = 0
        var nextWait: UInt64 = 0
        var waits: [UInt64: CheckedContinuation<Void, Never>] = [:]
    }

    private let state: NIOLockedValueBox<State>

    /// - Parameter canCancel: whether a lookup can be cancelled, as a DNS query can and a thread in `getaddrinfo`
    ///   cannot.
    public init(canCancel: Bool = true) {
        state = NIOLockedValueBox(State(canCancel: canCancel))
    }

    /// Whether a lookup can be cancelled from now on.
    public var canCancel: Bool {
        get { state.withLockedValue { $0.canCancel } }
        set { state.withLockedValue { $0.canCancel = newValue } }
    }

    /// Whether lookups have something to read before a timeout ends them: then the test says `caughtUp`. Default no.
    public var catchesUp: Bool {
        get { state.withLockedValue { $0.catchesUp } }
        set { state.withLockedValue { $0.catchesUp = newValue } }
    }

    /// Every lookup that was asked for, in order.
    public var lookups: [ScriptedLookup] {
        state.withLockedValue { state in
            state.entries.indices.map { ScriptedLookup(self, $0, state.entries[$0]) }
        }
    }

    /// The oldest lookup that this has not returned yet; waits for one where there is none.
    ///
    /// - Parameter name: the name looked up, case aside; `nil` for any.
    /// - Throws: `CancellationError` when the task is cancelled.
    public func nextLookup(of name: String? = nil) async throws -> ScriptedLookup {
        try await wait { state in
            let wanted = state.entries.firstIndex { entry in
                guard !entry.isHandedOut else { return false }
                guard let name else { return true }
                let (families, service) = (entry.question.families, entry.question.service)
                return entry.question == LookupQuestion(name: name, families: families, service: service)
            }
            guard let index = wanted else { return nil }
            state.entries[index].isHandedOut = true
            return ScriptedLookup(self, index, state.entries[index])
        }
    }

    /// Records the question; the test does the rest.
    public func lookUp(
        _ question: LookupQuestion,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupHandle {
        begin(question, for: fairnessKey, receive)
    }

    /// The same, by its own type.
    func begin(
        _ question: LookupQuestion,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> ScriptedLookup {
        change { state in
            let entry = Entry(question: question, fairnessKey: fairnessKey, receive: receive)
            state.entries.append(entry)
            return ScriptedLookup(self, state.entries.count - 1, entry)
        }
    }
}

// MARK: - For the lookups

@available(FairDial 0.1, *)
extension ScriptedResolver {
    fileprivate func entry(_ index: Int) -> Entry {
        state.withLockedValue { $0.entries[index] }
    }

    fileprivate func wait(for index: Int, until condition: @escaping @Sendable (Entry) -> Bool) async throws {
        try await wait { state in condition(state.entries[index]) ? () : nil }
    }

    fileprivate func join(_ fairnessKey: FairnessKey, _ index: Int) {
        change { $0.entries[index].joins.append(fairnessKey) }
    }

    fileprivate func catchUp(_ index: Int) -> Bool {
        change { state in
            state.entries[index].catchUps += 1
            return state.catchesUp
        }
    }

    fileprivate func cancel(_ index: Int) -> Bool {
        change { state in
            state.entries[index].cancellations += 1
            if state.canCancel { state.entries[index].isInFlight = false }
            return !state.entries[index].isInFlight
        }
    }

    /// - Returns: `false` when the lookup is over, and no event was delivered.
    fileprivate func deliver(_ event: LookupEvent, _ index: Int) -> Bool {
        let receive: (@Sendable (LookupEvent) -> Void)? = change { state in
            guard state.entries[index].isInFlight else { return nil }
            if case .ended = event { state.entries[index].isInFlight = false }
            return state.entries[index].receive
        }
        receive?(event)
        return receive != nil
    }

    private func change<Result>(_ body: (inout State) -> Result) -> Result {
        let (result, waits) = state.withLockedValue { state in
            let result = body(&state)
            state.changes += 1
            defer { state.waits = [:] }
            return (result, state.waits)
        }
        for wait in waits.values { wait.resume() }
        return result
    }

    private func wait<Found: Sendable>(for find: @Sendable (inout State) -> Found?) async throws -> Found {
        while true {
            try Task.checkCancellation()
            let (found, changes) = state.withLockedValue { (find(&$0), $0.changes) }
            if let found { return found }
            await change(after: changes)
        }
    }

    /// Returns when there have been more changes than this count, or the task is cancelled.
    private func change(after changes: UInt64) async {
        let wait = state.withLockedValue { state in
            state.nextWait += 1
            return state.nextWait
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLockedValue { state in
                    guard state.changes == changes, !Task.isCancelled else { return false }
                    state.waits[wait] = continuation
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            state.withLockedValue { $0.waits.removeValue(forKey: wait) }?.resume()
        }
    }
}

/// One lookup of a `ScriptedResolver`.
@available(FairDial 0.1, *)
public struct ScriptedLookup: LookupHandle {
    /// What was asked.
    public let question: LookupQuestion

    /// On whose behalf it was asked first.
    public let fairnessKey: FairnessKey

    private let resolver: ScriptedResolver
    private let index: Int

    fileprivate init(_ resolver: ScriptedResolver, _ index: Int, _ entry: ScriptedResolver.Entry) {
        self.resolver = resolver
        self.index = index
        question = entry.question
        fairnessKey = entry.fairnessKey
    }

    /// Who has joined since, in order.
    public var joins: [FairnessKey] { resolver.entry(index).joins }

    /// How often it was to be cancelled.
    public var cancellations: Int { resolver.entry(index).cancellations }

    /// Whether it has neither ended nor been cancelled.
    public var isInFlight: Bool { resolver.entry(index).isInFlight }

    /// Returns once the lookup has been cancelled, successfully or not.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    public func cancelled() async throws {
        try await resolver.wait(for: index) { $0.cancellations > 0 }
    }

    /// Returns once a waiter has asked it to catch up before a timeout.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    public func askedToCatchUp() async throws {
        try await resolver.wait(for: index) { $0.catchUps > 0 }
    }

    /// Returns once the fairness key has joined.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    public func joined(by fairnessKey: FairnessKey) async throws {
        try await resolver.wait(for: index) { $0.joins.contains(fairnessKey) }
    }

    /// Says that the lookup has its slot and runs.
    ///
    /// - Returns: `false` when the lookup is over already, and no event was delivered; so do `answer` and `end`.
    @discardableResult
    public func start() -> Bool { deliver(.started) }

    /// Answers, as a DNS server would.
    ///
    /// - Parameters:
    ///   - addresses: what there is.
    ///   - families: what the answer settles; `nil` for all that was asked for.
    ///   - timeToLive: for how much longer the addresses may be used; `nil` for a server that does not say.
    @discardableResult
    public func answer(
        _ addresses: [IPAddress],
        settling families: AddressFamilies? = nil,
        timeToLive: Duration? = nil
    ) -> Bool {
        let result = LookupResult(
            families: families ?? question.families,
            addresses: addresses,
            isInDestinationOrder: false,
            source: .dns,
            timeToLive: timeToLive
        )
        return deliver(.answered(result))
    }

    /// Tells of service bindings, as a DNS server would: all that there are.
    ///
    /// - Parameters:
    ///   - records: those in ServiceMode; none for a service that has none.
    ///   - alias: where records in AliasMode have led to.
    @discardableResult
    public func bind(_ records: [SVCBRecord], alias: DomainName? = nil) -> Bool {
        let name = (try? DomainName(question.name)) ?? .root
        return deliver(.bindings(BindingAnswer(records: records, name: name, alias: alias)))
    }

    /// Ends the lookup.
    @discardableResult
    public func end(_ error: ResolutionError? = nil) -> Bool { deliver(.ended(error)) }

    /// Delivers any event.
    @discardableResult
    public func deliver(_ event: LookupEvent) -> Bool { resolver.deliver(event, index) }

    /// Records that another fairness key waits.
    public func join(_ fairnessKey: FairnessKey) { resolver.join(fairnessKey, index) }

    /// Records that a timeout is about to be reported.
    public func catchUp(late: Duration) -> Bool { resolver.catchUp(index) }

    /// Records that the last waiter has left.
    public func cancel() -> Bool { resolver.cancel(index) }
}
