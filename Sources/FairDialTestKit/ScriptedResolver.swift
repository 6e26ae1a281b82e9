// SPDX-License-Identifier: Apache-2.0

public import DNSMessages
public import IPAddresses
import NIOConcurrencyHelpers
public import NameResolution

/// A resolver whose look-ups the test answers, one event at a time; nothing happens by itself, and nothing by the clock.
///
/// ```swift
/// let resolver = ScriptedResolver()
/// async let connection = dial("db.example.org", resolver)
/// let lookup = try await resolver.nextLookup(of: "db.example.org")   // returns once somebody has asked
/// lookup.start()
/// lookup.answer([.v4(.loopback)])
/// lookup.end()
/// ```
public final class ScriptedResolver: Resolver {
    fileprivate struct Entry: Sendable {
        let question: LookupQuestion
        let asker: Asker
        let receive: @Sendable (LookupEvent) -> Void
        var joins: [Asker] = []
        var withdrawals = 0
        var catchUps = 0
        var isUnderWay = true
        var isHandedOut = false
    }

    private struct State: Sendable {
        var entries: [Entry] = []
        var canWithdraw: Bool
        var catchesUp = false
        var changes: UInt64 = 0
        var nextWait: UInt64 = 0
        var waits: [UInt64: CheckedContinuation<Void, Never>] = [:]
    }

    private let state: NIOLockedValueBox<State>

    /// - Parameter canWithdraw: whether a look-up can be called back, as a DNS query can and a thread in `getaddrinfo`
    ///   cannot.
    public init(canWithdraw: Bool = true) {
        state = NIOLockedValueBox(State(canWithdraw: canWithdraw))
    }

    /// Whether a look-up can be called back from now on.
    public var canWithdraw: Bool {
        get { state.withLockedValue { $0.canWithdraw } }
        set { state.withLockedValue { $0.canWithdraw = newValue } }
    }

    /// Whether look-ups have something to read before their time is called: then the test says `caughtUp`. Not so at
    /// first.
    public var catchesUp: Bool {
        get { state.withLockedValue { $0.catchesUp } }
        set { state.withLockedValue { $0.catchesUp = newValue } }
    }

    /// Every look-up that was asked for, in order.
    public var lookups: [ScriptedLookup] {
        state.withLockedValue { state in
            state.entries.indices.map { ScriptedLookup(self, $0, state.entries[$0]) }
        }
    }

    /// The oldest look-up that this has not returned yet; waits for one where there is none.
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
        for asker: Asker,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupUnderWay {
        change { state in
            let entry = Entry(question: question, asker: asker, receive: receive)
            state.entries.append(entry)
            return ScriptedLookup(self, state.entries.count - 1, entry)
        }
    }
}

// MARK: - For the look-ups

extension ScriptedResolver {
    fileprivate func entry(_ index: Int) -> Entry {
        state.withLockedValue { $0.entries[index] }
    }

    fileprivate func wait(for index: Int, until condition: @escaping @Sendable (Entry) -> Bool) async throws {
        try await wait { state in condition(state.entries[index]) ? () : nil }
    }

    fileprivate func join(_ asker: Asker, _ index: Int) {
        change { $0.entries[index].joins.append(asker) }
    }

    fileprivate func catchUp(_ index: Int) -> Bool {
        change { state in
            state.entries[index].catchUps += 1
            return state.catchesUp
        }
    }

    fileprivate func withdraw(_ index: Int) -> Bool {
        change { state in
            state.entries[index].withdrawals += 1
            if state.canWithdraw { state.entries[index].isUnderWay = false }
            return !state.entries[index].isUnderWay
        }
    }

    /// - Returns: `false` when the look-up is over, and nobody was told.
    fileprivate func deliver(_ event: LookupEvent, _ index: Int) -> Bool {
        let receive: (@Sendable (LookupEvent) -> Void)? = change { state in
            guard state.entries[index].isUnderWay else { return nil }
            if case .ended = event { state.entries[index].isUnderWay = false }
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

    /// Returns when there have been more changes than so many, or the task is cancelled.
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

/// One look-up of a `ScriptedResolver`.
public struct ScriptedLookup: LookupUnderWay {
    /// What was asked.
    public let question: LookupQuestion

    /// On whose behalf it was asked first.
    public let asker: Asker

    private let resolver: ScriptedResolver
    private let index: Int

    fileprivate init(_ resolver: ScriptedResolver, _ index: Int, _ entry: ScriptedResolver.Entry) {
        self.resolver = resolver
        self.index = index
        question = entry.question
        asker = entry.asker
    }

    /// Who has joined since, in order.
    public var joins: [Asker] { resolver.entry(index).joins }

    /// How often it was to be withdrawn.
    public var withdrawals: Int { resolver.entry(index).withdrawals }

    /// Whether it has neither ended nor been called back.
    public var isUnderWay: Bool { resolver.entry(index).isUnderWay }

    /// Returns once the look-up has been withdrawn, successfully or not.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    public func withdrawn() async throws {
        try await resolver.wait(for: index) { $0.withdrawals > 0 }
    }

    /// Returns once somebody has been about to call its time.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    public func askedToCatchUp() async throws {
        try await resolver.wait(for: index) { $0.catchUps > 0 }
    }

    /// Returns once the asker has joined.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    public func joined(by asker: Asker) async throws {
        try await resolver.wait(for: index) { $0.joins.contains(asker) }
    }

    /// Says that the look-up has its place and runs.
    ///
    /// - Returns: `false` when the look-up is over already, and nobody was told; so do `answer` and `end`.
    @discardableResult
    public func start() -> Bool { deliver(.started) }

    /// Answers, as a DNS server would.
    ///
    /// - Parameters:
    ///   - addresses: what there is.
    ///   - families: what the answer settles; `nil` for all that was asked for.
    @discardableResult
    public func answer(_ addresses: [IPAddress], settling families: AddressFamilies? = nil) -> Bool {
        let families = families ?? question.families
        return deliver(
            .answered(
                LookupAnswer(families: families, addresses: addresses, isInDestinationOrder: false, source: .dns)
            )
        )
    }

    /// Tells of service bindings, as a DNS server would: all that there are.
    ///
    /// - Parameters:
    ///   - records: those in ServiceMode; none for a service that has none.
    ///   - alias: where records in AliasMode have led to.
    @discardableResult
    public func bind(_ records: [SVCBRecord], alias: DomainName? = nil) -> Bool {
        let name = (try? DomainName(question.name)) ?? .root
        return deliver(.bound(ServiceAnswer(records: records, name: name, alias: alias)))
    }

    /// Ends the look-up.
    @discardableResult
    public func end(_ error: ResolutionError? = nil) -> Bool { deliver(.ended(error)) }

    /// Delivers any event.
    @discardableResult
    public func deliver(_ event: LookupEvent) -> Bool { resolver.deliver(event, index) }

    /// Records that another asker waits.
    public func join(_ asker: Asker) { resolver.join(asker, index) }

    /// Records that its time is about to be called.
    public func catchUp(late: Duration) -> Bool { resolver.catchUp(index) }

    /// Records that nobody waits any more.
    public func withdraw() -> Bool { resolver.withdraw(index) }
}
