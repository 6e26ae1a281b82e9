// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialTestKit
import InMemoryLogging
import Logging
import NIOConcurrencyHelpers
import NameResolution
import Testing

@testable import FairDialObservability

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Each lookup that is too old is told once, and the list on a signal.
@Suite struct `Stuck lookups` {
    private static func lookup(_ id: UInt64, age: Int) -> LookupInFlight {
        LookupInFlight(id: id, name: "host\(id).test", age: .seconds(age), waiters: 1)
    }

    @Test func `are told once each, and again only under another id`() {
        var told = ToldLookups()
        #expect(
            told.news(in: [Self.lookup(1, age: 4), Self.lookup(2, age: 6)], olderThan: .seconds(5)).map(\.id) == [2]
        )
        #expect(
            told.news(in: [Self.lookup(1, age: 5), Self.lookup(2, age: 7)], olderThan: .seconds(5)).map(\.id) == [1]
        )
        #expect(
            told.news(in: [Self.lookup(1, age: 6), Self.lookup(3, age: 9)], olderThan: .seconds(5)).map(\.id) == [3]
        )
        // What has ended is forgotten, so this does not grow.
        #expect(told.news(in: [], olderThan: .seconds(5)) == [])
        #expect(told.news(in: [Self.lookup(1, age: 9)], olderThan: .seconds(5)).map(\.id) == [1])
    }

    @Test func `of many at a time are told the first hundred, and how many more there are`() {
        let handler = InMemoryLogHandler()
        let logger = Logger(label: "test") { _ in handler }
        StuckLookups.log((1...250).map { Self.lookup($0, age: 9) }, as: "lookup is stuck", to: logger)
        #expect(handler.entries.count == 101)
        #expect(handler.entries.first?.metadata["lookup.name"] == "host1.test")
        #expect(handler.entries.last?.message == "lookup is stuck, and more")
        #expect(handler.entries.last?.metadata["lookup.count"] == "150")
    }

    @Test func `show no password that was given with a name`() {
        let lookup = LookupInFlight(id: 1, name: "https://app:secret@db.test", age: .zero, waiters: 1)
        #expect(!"\(lookup) \(lookup.logMetadata)".contains("secret"))
    }

    @Test(arguments: [-1, 0, 9, 19, 32, 33, 65, .max] as [CInt])
    func `are told on no signal that there is not`(number: CInt) async {
        await #expect(throws: ConfigurationFault.self) { try await StuckLookups(dumpsOn: number).run() }
    }

    /// Sends the signal until all these have been called: a source takes a moment to be there.
    private static func signal(until calls: [NIOLockedValueBox<Int>]) async throws {
        while calls.contains(where: { $0.withLockedValue { $0 == 0 } }) {
            kill(getpid(), SIGWINCH)
            try await Task.sleep(for: .milliseconds(1))
        }
        for call in calls { call.withLockedValue { $0 = 0 } }
    }

    @Test(.timeLimit(.minutes(15)))
    func `are dumped on a signal by each who watches, and again after one has left`() async throws {
        let (first, second) = (NIOLockedValueBox(0), NIOLockedValueBox(0))
        let one = SignalCall(SIGWINCH) { first.withLockedValue { $0 += 1 } }
        let other = SignalCall(SIGWINCH) { second.withLockedValue { $0 += 1 } }
        try await Self.signal(until: [first, second])
        one.cancel()
        let again = SignalCall(SIGWINCH) { first.withLockedValue { $0 += 1 } }
        try await Self.signal(until: [first, second])
        again.cancel()
        other.cancel()
    }

    @Test(.timeLimit(.minutes(15)))
    func `are all logged on a signal, and no more once the watch has ended`() async throws {
        let resolver = ScriptedResolver()
        var configuration = DialerConfiguration()
        configuration.resolver = NameResolver(resolver)
        configuration.timeouts = Timeouts(queue: .seconds(3_600), lookup: .seconds(3_600))
        let dialer = Dialer(configuration)
        let handler = InMemoryLogHandler()
        let logger = Logger(label: "test") { _ in handler }
        let dials = ["one.test", "two.test"].map { name in
            Task { try await dialer.connect(to: name, port: 80) }
        }
        for name in ["one.test", "two.test"] { _ = try await resolver.nextLookup(of: name) }
        let watch = Task {
            try await StuckLookups(of: dialer, olderThan: .seconds(3_600), dumpsOn: SIGURG, logger: logger).run()
        }
        // A source takes a moment to be there.
        while handler.entries.count < 3 {
            kill(getpid(), SIGURG)
            try await Task.sleep(for: .milliseconds(1))
        }
        let entries = handler.entries.prefix(3)
        #expect(entries.map(\.message) == ["lookups in flight", "lookup in flight", "lookup in flight"])
        #expect(entries.first?.metadata["lookup.count"] == "2")
        #expect(Set(entries.compactMap { $0.metadata["lookup.name"].map { "\($0)" } }) == ["one.test", "two.test"])
        watch.cancel()
        _ = await watch.result
        // Those who see one signal are called one after the other, in any order: what was on its way is over with the
        // first call, and a watch that goes on has had its turn before the third.
        let calls = NIOLockedValueBox(0)
        let probe = SignalCall(SIGURG) { calls.withLockedValue { $0 += 1 } }
        func signal(until count: Int) async throws {
            while calls.withLockedValue({ $0 }) < count {
                kill(getpid(), SIGURG)
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        try await signal(until: 1)
        let told = handler.entries.count
        try await signal(until: calls.withLockedValue { $0 } + 2)
        probe.cancel()
        #expect(handler.entries.count == told)
        for dial in dials {
            dial.cancel()
            _ = await dial.result
        }
    }

    @Test func `are logged while a task watches, and the watch ends with it`() async throws {
        let resolver = ScriptedResolver()
        var configuration = DialerConfiguration()
        configuration.resolver = NameResolver(resolver)
        // However busy the machine is, the lookup does not end before the watch has looked.
        configuration.timeouts = Timeouts(queue: .seconds(3_600), lookup: .seconds(3_600))
        let dialer = Dialer(configuration)
        let handler = InMemoryLogHandler()
        let logger = Logger(label: "test") { _ in handler }
        let dial = Task { try await dialer.connect(to: "stuck.test", port: 80) }
        _ = try await resolver.nextLookup(of: "stuck.test")
        let clock = TestClock()
        let watch = Task {
            try await StuckLookups(of: dialer, olderThan: .zero, logger: logger).run(on: clock)
        }
        await clock.tick()
        await clock.tick()
        watch.cancel()
        _ = await watch.result
        #expect(handler.entries.map(\.message) == ["lookup is stuck"])
        #expect(handler.entries.first?.metadata["lookup.name"] == "stuck.test")
        dial.cancel()
        _ = await dial.result
    }
}

/// A clock whose every sleep ends when the test says so.
private final class TestClock: Clock, Sendable {
    private struct State: Sendable {
        var sleeper: CheckedContinuation<Void, Never>?
        var waiting: CheckedContinuation<Void, Never>?
        var isCancelled = false
    }

    private let state = NIOLockedValueBox(State())

    var now: ContinuousClock.Instant { .now }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (waiting, isCancelled) = state.withLockedValue { state in
                    if !state.isCancelled { state.sleeper = continuation }
                    defer { state.waiting = nil }
                    return (state.waiting, state.isCancelled)
                }
                waiting?.resume()
                if isCancelled { continuation.resume() }
            }
        } onCancel: {
            let sleeper = state.withLockedValue { state in
                state.isCancelled = true
                defer { state.sleeper = nil }
                return state.sleeper
            }
            sleeper?.resume()
        }
        try Task.checkCancellation()
    }

    /// Waits until the watcher sleeps, and wakes it; returns when it sleeps again.
    func tick() async {
        await asleep()
        let sleeper = state.withLockedValue { state in
            defer { state.sleeper = nil }
            return state.sleeper
        }
        sleeper?.resume()
        await asleep()
    }

    private func asleep() async {
        await withCheckedContinuation { continuation in
            let isAsleep = state.withLockedValue { state in
                if state.sleeper == nil { state.waiting = continuation }
                return state.sleeper != nil
            }
            if isAsleep { continuation.resume() }
        }
    }
}
