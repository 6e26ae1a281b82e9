// SPDX-License-Identifier: Apache-2.0

import FairDial
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import FairPool

/// What a pool tells those who observe it: on real sockets, on loopback.
@Suite(.timeLimit(.minutes(15))) struct `A pool's events` {
    typealias Pool = ConnectionPool<any Channel>

    /// Keeps what it is told.
    private final class Witness: PoolObserver {
        let told = NIOLockedValueBox<[(event: PoolEvent, counts: PoolCounts)]>([])
        let pools = NIOLockedValueBox<[ObservedPool]>([])
        let isInterested: Bool
        private let react: @Sendable (PoolEvent) -> Void

        var words: [String] { told.withLockedValue { $0.map(\.event.words) } }

        init(isInterested: Bool = true, _ react: @escaping @Sendable (PoolEvent) -> Void = { _ in }) {
            self.isInterested = isInterested
            self.react = react
        }

        func poolBegins(_ pool: ObservedPool) -> (@Sendable (PoolEvent, PoolCounts) -> Void)? {
            pools.withLockedValue { $0.append(pool) }
            guard isInterested else { return nil }
            return { event, counts in
                self.told.withLockedValue { $0.append((event, counts)) }
                self.react(event)
            }
        }
    }

    private static func server() async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { $0.eventLoop.makeSucceededVoidFuture() }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    private static func pool(to server: any Channel, _ observer: (any PoolObserver)? = nil) throws -> Pool {
        let port = try #require(server.localAddress?.port)
        var configuration = PoolConfiguration()
        configuration.waitTimeout = .seconds(600)
        configuration.observer = observer
        return try ConnectionPool(to: Target(host: "127.0.0.1", port: port), configuration: configuration) {
            $0.eventLoop.makeSucceededFuture($0)
        }
    }

    /// Of two uses of one connection, and the pool's close.
    private static let twoUses = [
        "check out", "created 1", "ready 1", "out 1", "in 1", "check out", "out 1", "in 1", "closed 1: poolClosed",
        "closed",
    ]

    @Test func `come in the specification's order, to the observer and to each who reads, and end with the pool`()
        async throws
    {
        let server = try await Self.server()
        let witness = Witness()
        let pool = try Self.pool(to: server, witness)
        let (first, second) = (pool.events(), pool.events())
        for _ in 0..<2 { _ = try await pool.withConnection { $0.id } }
        await pool.close()
        #expect(witness.words == Self.twoUses)
        for events in [first, second] {
            var words: [String] = []
            for await event in events { words.append(event.words) }
            #expect(words == Self.twoUses)
            #expect(events.droppedCount == 0)
            #expect([events.pool] == witness.pools.withLockedValue { $0 })
        }
        // One that begins after the end has nothing to say.
        for await event in pool.events() { Issue.record("\(event)") }
        try await server.close()
    }

    @Test func `are kept up to a limit for a slow reader: the newest, and the others are counted`() async throws {
        let server = try await Self.server()
        let pool = try Self.pool(to: server)
        let (slow, slowest) = (pool.events(limit: 4), pool.events(limit: .min))
        for _ in 0..<2 { _ = try await pool.withConnection { $0.id } }
        await pool.close()
        var words: [String] = []
        for await event in slow { words.append(event.words) }
        #expect(words == Array(Self.twoUses.suffix(4)))
        #expect(slow.droppedCount == 6)
        #expect(slowest.droppedCount == 9)
        try await server.close()
    }

    @Test func `that nobody reads any more cost nothing: idle connections go the short way again`() async throws {
        let server = try await Self.server()
        let pool = try Self.pool(to: server)
        #expect(!pool.isObserved)
        do {
            let dropped = pool.events()
            #expect(pool.isObserved)
            withExtendedLifetime(dropped) {}
        }
        #expect(!pool.isObserved)
        let (events, cancelled) = (pool.events(), pool.events())
        let reader = Task { for await _ in cancelled {} }
        reader.cancel()
        await reader.value
        #expect(pool.isObserved)
        withExtendedLifetime(events) {}
        _ = consume events
        #expect(!pool.isObserved)
        await pool.close()
        try await server.close()
    }

    @Test func `go to no more sequences than a limit`() async throws {
        let server = try await Self.server()
        let pool = try Self.pool(to: server)
        let all = (0..<PoolAudience.feedLimit).map { _ in pool.events() }
        for await event in pool.events() { Issue.record("\(event)") }
        await pool.close()
        for events in all { for await event in events { #expect(event == .closed) } }
        try await server.close()
    }

    @Test func `end where the pool is dropped and was not closed`() async throws {
        let server = try await Self.server()
        var pool: Pool? = try Self.pool(to: server)
        let events = try #require(pool?.events())
        pool = nil
        for await event in events { Issue.record("\(event)") }
        try await server.close()
    }

    @Test func `may be answered with calls to the pool`() async throws {
        let server = try await Self.server()
        let own = NIOLockedValueBox<Pool?>(nil)
        let witness = Witness { event in
            guard let pool = own.withLockedValue({ $0 }) else { return }
            _ = pool.counts
            if case .checkedIn = event { pool.clear() }
            if case .cleared = event { pool.ready() }
        }
        let pool = try Self.pool(to: server, witness)
        own.withLockedValue { $0 = pool }
        let events = pool.events()
        #expect(try await pool.withConnection { $0.id } == 1)
        for await event in events where event == .ready { break }
        #expect(try await pool.withConnection { $0.id } == 2)
        await pool.close()
        own.withLockedValue { $0 = nil }
        try await server.close()
    }

    @Test func `come with the pool's counts, which are those after them`() async throws {
        let server = try await Self.server()
        let witness = Witness()
        let pool = try Self.pool(to: server, witness)
        for _ in 0..<2 { _ = try await pool.withConnection { $0.id } }
        await pool.close()
        let told = witness.told.withLockedValue { $0 }
        #expect(told.last?.counts == PoolCounts())
        #expect(told.allSatisfy { $0.counts.idle + $0.counts.inUse + $0.counts.connecting <= 1 })
        try await server.close()
    }

    @Test func `of a pool of no interest are told to nobody`() async throws {
        let server = try await Self.server()
        let witness = Witness(isInterested: false)
        let pool = try Self.pool(to: server, witness)
        #expect(!pool.isObserved)
        _ = try await pool.withConnection { $0.id }
        await pool.close()
        #expect(witness.words.isEmpty)
        #expect(witness.pools.withLockedValue { $0.count } == 1)
        try await server.close()
    }

    @Test func `are of a pool with a name: its own, or its first target's`() throws {
        let targets = try [Target(host: "a.test", port: 1), Target(host: "b.test", port: 2)]
        var configuration = PoolConfiguration()
        configuration.maximumSize = .max
        configuration.minimumSize = -1
        let plain = ObservedPool(configuration, to: targets)
        #expect(plain.name == "a.test:1 and 1 more")
        #expect(plain.maximumSize == 1_000_000)
        #expect(plain.minimumSize == 0)
        #expect(ObservedPool(configuration, to: Array(targets.prefix(1))).name == "a.test:1")
        #expect(ObservedPool(configuration, to: []).name == "nothing")
        // A URL's words are taken for a host where somebody gives them for one.
        let secret = try Target(host: "app:secret@a.test", port: 1)
        #expect(ObservedPool(configuration, to: [secret]).name == "[…@a.test]:1")
        configuration.name = "orders"
        #expect(ObservedPool(configuration, to: targets).name == "orders")
        #expect(plain.id != ObservedPool(configuration, to: targets).id)
    }

    @Test func `say how long a caller waited who left, and how long a connection was in use`() {
        var pool = PoolMachine(PoolConfiguration(), isObserved: true, random: RandomSource { 0 })
        var actions: [PoolAction] = []
        let waiter = pool.checkOut(at: .zero, &actions)
        pool.asks(1, at: .zero, &actions)
        pool.connected(1, at: .milliseconds(5), &actions)
        let second = pool.checkOut(at: .milliseconds(6), &actions)
        pool.leave(second, at: .milliseconds(8), &actions)
        pool.checkIn(1, isBroken: false, at: .milliseconds(12), &actions)
        let events = actions.compactMap { if case .tell(let event) = $0 { event } else { nil } }
        #expect(waiter == 1)
        #expect(
            events == [
                .checkOutStarted, .connectionCreated(1), .connectionReady(1, after: .milliseconds(5)),
                .checkedOut(1, after: .milliseconds(5)), .checkOutStarted,
                .checkOutFailed(.cancelled, after: .milliseconds(2)), .checkedIn(1, after: .milliseconds(7)),
            ]
        )
    }
}

extension PoolEvent {
    /// The event without its times.
    fileprivate var words: String {
        switch self {
        case .ready: "ready"
        case .cleared: "cleared"
        case .closed: "closed"
        case .connectionCreated(let id): "created \(id)"
        case .connectionReady(let id, _): "ready \(id)"
        case .connectionClosed(let id, let reason): "closed \(id): \(reason)"
        case .checkOutStarted: "check out"
        case .checkOutFailed(let failure, _): "failed: \(failure)"
        case .checkedOut(let id, _): "out \(id)"
        case .checkedIn(let id, _): "in \(id)"
        case .eventsDropped(let count): "dropped \(count)"
        }
    }
}
