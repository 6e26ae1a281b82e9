// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialTestKit
import FairPool
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NameResolution
import Testing

/// Pools on real sockets, on loopback.
@Suite(.timeLimit(.minutes(15))) struct `A connection pool` {
    /// Accepts connections, and knows those that are open.
    private final class Server: Sendable {
        let channel: any Channel
        private let accepted: NIOLockedValueBox<[any Channel]>
        /// The connections, as they are accepted.
        let arrivals: AsyncStream<any Channel>

        var target: Target {
            get throws { try Target(host: "127.0.0.1", port: #require(channel.localAddress?.port)) }
        }

        var connections: [any Channel] { accepted.withLockedValue { $0 } }

        init() async throws {
            let accepted = NIOLockedValueBox<[any Channel]>([])
            self.accepted = accepted
            let (arrivals, arrival) = AsyncStream.makeStream(of: (any Channel).self)
            self.arrivals = arrivals
            channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.backlog, value: 256)
                .childChannelInitializer { child in
                    accepted.withLockedValue { $0.append(child) }
                    arrival.yield(child)
                    return child.eventLoop.makeSucceededVoidFuture()
                }
                .bind(host: "127.0.0.1", port: 0).get()
        }

        func stop() async throws {
            try await channel.close()
        }
    }

    private static func pool(
        to targets: [Target],
        dialer: Dialer = .shared,
        _ change: (inout PoolConfiguration) -> Void = { _ in }
    ) -> ConnectionPool<any Channel> {
        var configuration = PoolConfiguration()
        // However busy the machine is, a wait that is to succeed does not end first.
        configuration.waitTimeout = .seconds(600)
        change(&configuration)
        return ConnectionPool(to: targets, dialer: dialer, configuration: configuration) {
            $0.eventLoop.makeSucceededFuture($0)
        }
    }

    private static func failure(_ body: () async throws -> Void) async -> PoolError? {
        do {
            try await body()
            Issue.record("it succeeded")
            return nil
        } catch {
            return error as? PoolError
        }
    }

    @Test func `lends a connection again and again, and makes no second one`() async throws {
        let server = try await Server()
        let pool = Self.pool(to: [try server.target])
        var ids: [PooledConnectionID] = []
        for _ in 0..<10 { ids.append(try await pool.withConnection { $0.id }) }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        for _ in 0..<10 {
            let id = pool.withConnection(on: loop) { $0.channel.eventLoop.makeSucceededFuture($0.id) }
            ids.append(try await id.get())
        }
        #expect(Set(ids) == [1])
        #expect(pool.counts == PoolCounts(idle: 1))
        await pool.close()
        #expect(pool.counts == PoolCounts())
        try await server.stop()
    }

    @Test func `gives an idle connection at once, and none where there is none`() async throws {
        let server = try await Server()
        let pool = Self.pool(to: [try server.target]) { $0.maximumSize = 1 }
        /// The number of the connection that is idle, taken and given back; `nil` where there is none.
        func idleID() -> PooledConnectionID? {
            guard let lease = pool.checkOutIdle() else { return nil }
            let id = lease.connection.id
            lease.giveBack()
            return id
        }
        #expect(idleID() == nil)
        try await pool.checkOut().giveBack()
        #expect(idleID() == 1)
        // The short way back counts as well as the long one.
        #expect(pool.counts == PoolCounts(idle: 1))
        let lease = try await pool.checkOut()
        #expect(idleID() == nil)
        lease.giveBack()
        #expect(idleID() == 1)
        await pool.close()
        try await server.stop()
    }

    @Test func `calls a closure with a lease at once, or when another is given back, or with an error`() async throws {
        let server = try await Server()
        let pool = Self.pool(to: [try server.target]) { $0.maximumSize = 1 }
        let told = NIOLockedValueBox<[String]>([])
        let ask: @Sendable (String) -> Void = { name in
            pool.checkOut { result in
                switch consume result {
                case .success(let lease):
                    told.withLockedValue { $0.append("\(name): \(lease.connection.id)") }
                    lease.giveBack()
                case .failure(let error): told.withLockedValue { $0.append("\(name): \(error.code)") }
                }
            }
        }
        let lease = try await pool.checkOut()
        ask("first")
        #expect(told.withLockedValue { $0 } == [])
        lease.giveBack()
        #expect(told.withLockedValue { $0 } == ["first: 1"])
        ask("second")
        #expect(told.withLockedValue { $0 } == ["first: 1", "second: 1"])
        await pool.close()
        ask("third")
        #expect(told.withLockedValue { $0 }.last == "third: closed")
        try await server.stop()
    }

    @Test func `dials as its maker says`() async throws {
        let server = try await Server()
        let target = try server.target
        let dialed = NIOLockedValueBox<[Target]>([])
        let pool = ConnectionPool(to: [target]) { target, options, loop in
            dialed.withLockedValue { $0.append(target) }
            return Dialer.shared.connect(to: target, options: options, on: loop) {
                $0.eventLoop.makeSucceededFuture($0.eventLoop.inEventLoop)
            }
        }
        #expect(try await pool.withConnection { $0.output })
        #expect(dialed.withLockedValue { $0 } == [target])
        await pool.close()
        try await server.stop()
    }

    @Test func `grows to its size, and a caller has what another gives back`() async throws {
        let server = try await Server()
        let pool = Self.pool(to: [try server.target]) { $0.maximumSize = 5 }
        let used = NIOLockedValueBox<Set<PooledConnectionID>>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    try await pool.withConnection { connection in
                        // No two have the same at a time.
                        #expect(used.withLockedValue { $0.insert(connection.id).inserted })
                        try await connection.channel.eventLoop.submit {}.get()
                        _ = used.withLockedValue { $0.remove(connection.id) }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(server.connections.count <= 5)
        await pool.close()
        try await server.stop()
    }

    @Test func `grows to a good target while the name of another one hangs`() async throws {
        let server = try await Server()
        let resolver = ScriptedResolver()
        var configuration = DialerConfiguration()
        configuration.resolver = NameResolver(resolver)
        configuration.timeouts.lookup = .seconds(3_600)
        let pool = Self.pool(
            to: [try Target(host: "hangs.test", port: 80), try server.target],
            dialer: Dialer(configuration)
        )
        // Held by tasks, for a lease cannot be kept in an array.
        let (held, isHeld) = AsyncStream.makeStream(of: Void.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let holders = (0..<5).map { _ in
            Task {
                let lease = try await pool.checkOut()
                isHeld.yield()
                for await _ in gate {}
                lease.giveBack()
            }
        }
        var iterator = held.makeAsyncIterator()
        for _ in 0..<5 { _ = await iterator.next() }
        #expect(pool.counts.inUse == 5)
        // One dial waits for the name, and holds no place.
        #expect(pool.counts.connecting == 0)
        open.finish()
        for holder in holders { try await holder.value }
        await pool.close()
        try await server.stop()
    }

    @Test func `whose name hangs lets a caller go after the wait timeout, with the pool's state in words`() async throws
    {
        var configuration = DialerConfiguration()
        configuration.resolver = NameResolver(ScriptedResolver())
        let target = try Target(host: "hangs.test", port: 80)
        let pool = Self.pool(to: [target], dialer: Dialer(configuration)) { $0.waitTimeout = .milliseconds(20) }
        let error = await Self.failure { _ = try await pool.withConnection { $0.id } }
        #expect(error?.code == .waitTimeout)
        #expect(
            error?.description.hasPrefix("waitTimeout: no connection within 20 ms (0 in use, 0 connecting") == true,
            "\(error?.description ?? "")"
        )
        await pool.close()
    }

    @Test func `tells why it has no connection: a refused one, none left, a closed pool`() async throws {
        let refusing = try #require(RefusingPort())
        let pool = Self.pool(to: [try Target(host: "127.0.0.1", port: refusing.number)])
        let refused = await Self.failure { _ = try await pool.withConnection { $0.id } }
        #expect(refused?.code == .dialFailed)
        #expect(refused?.dialError?.code == .allAttemptsFailed)
        let words = "dialFailed: the connection could not be made (0 in use, 0 connecting, 0 waiting): 127.0.0.1:"
        #expect(refused?.description.hasPrefix(words) == true, "\(refused?.description ?? "")")
        await pool.close()
        let closed = await Self.failure { _ = try await pool.withConnection { $0.id } }
        #expect(closed?.description == "closed: the pool is closed")
        #expect(closed?.message == "the pool is closed")
        let none = Self.pool(to: [])
        let empty = await Self.failure { _ = try await none.withConnection { $0.id } }
        #expect(empty?.dialError?.code == .noUsableAddress)
        await none.close()
        withExtendedLifetime(refusing) {}
    }

    @Test func `closes a connection whose use failed, or whose lease was dropped`() async throws {
        struct NotToday: Error {}
        let server = try await Server()
        let pool = Self.pool(to: [try server.target])
        await #expect(throws: NotToday.self) { try await pool.withConnection { _ in throw NotToday() } }
        do { _ = try await pool.checkOut() }
        let third = try await pool.withConnection { $0.id }
        #expect(third == 3)
        await pool.close()
        try await server.stop()
    }

    @Test func `hands out no connection that its server has closed`() async throws {
        let server = try await Server()
        let pool = Self.pool(to: [try server.target])
        let channel = try await pool.withConnection { $0.channel }
        // The client may be connected before the server has accepted it.
        for await connection in server.arrivals {
            try await connection.close()
            break
        }
        try await channel.closeFuture.get()
        let second = try await pool.withConnection { $0.id }
        #expect(second == 2)
        await pool.close()
        try await server.stop()
    }

    @Test func `forgets a caller that is cancelled, and whoever comes next is served`() async throws {
        let server = try await Server()
        let pool = Self.pool(to: [try server.target]) { $0.maximumSize = 1 }
        let lease = try await pool.checkOut()
        let waiting = (0..<10_000).map { _ in Task { try await pool.withConnection { $0.id } } }
        for task in waiting { task.cancel() }
        for task in waiting {
            let error = await Self.failure { _ = try await task.value }
            #expect(error?.code == .cancelled)
        }
        #expect(pool.counts.waiting == 0)
        lease.giveBack()
        let next = try await pool.withConnection { $0.id }
        #expect(next == 1)
        await pool.close()
        try await server.stop()
    }

    @Test func `waits at its close for what is in use, and then no longer`() async throws {
        let server = try await Server()
        let pool = Self.pool(to: [try server.target])
        let lease = try await pool.checkOut()
        let channel = lease.channel
        await pool.close(within: .milliseconds(20))
        try await channel.closeFuture.get()
        lease.giveBack()
        #expect(pool.counts == PoolCounts())
        // A second close has nothing to wait for.
        await pool.close()
        try await server.stop()
    }

    @Test func `ends its waits, and is closed, where its loops are shut down`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var configuration = DialerConfiguration()
        let resolver = ScriptedResolver()
        configuration.resolver = NameResolver(resolver)
        configuration.group = group
        let target = try Target(host: "hangs.test", port: 80)
        let pool = Self.pool(to: [target], dialer: Dialer(configuration))
        let caller = Task { await Self.failure { _ = try await pool.withConnection { $0.id } } }
        _ = try await resolver.nextLookup(of: "hangs.test")
        try await group.shutdownGracefully()
        let error = await caller.value
        #expect(error?.code == .closed || error?.dialError?.code == .eventLoopShutdown)
        let late = await Self.failure { _ = try await pool.withConnection { $0.id } }
        #expect(late?.code == .closed)
        await pool.close()
    }

    @Test func `that was cleared makes new connections when it is ready`() async throws {
        let server = try await Server()
        let pool = Self.pool(to: [try server.target])
        _ = try await pool.withConnection { $0.id }
        pool.clear()
        let error = await Self.failure { _ = try await pool.withConnection { $0.id } }
        #expect(error?.code == .paused)
        pool.ready()
        let second = try await pool.withConnection { $0.id }
        #expect(second == 2)
        await pool.close()
        try await server.stop()
    }

    @Test func `that starts paused dials nothing before it is ready, however many it is to keep`() async throws {
        let server = try await Server()
        let dials = NIOLockedValueBox(0)
        var configuration = PoolConfiguration()
        configuration.minimumSize = 2
        configuration.startsPaused = true
        let pool = ConnectionPool<any Channel>(to: [try server.target], configuration: configuration) {
            target,
            options,
            loop in
            dials.withLockedValue { $0 += 1 }
            return Dialer.shared.connect(to: target, options: options, on: loop) {
                $0.eventLoop.makeSucceededFuture($0)
            }
        }
        // A pool that is ready from the start has begun its dials by now.
        #expect(dials.withLockedValue { $0 } == 0)
        let error = await Self.failure { _ = try await pool.withConnection { $0.id } }
        #expect(error?.code == .paused)
        #expect(dials.withLockedValue { $0 } == 0)
        pool.ready()
        #expect(dials.withLockedValue { $0 } > 0)
        #expect(try await pool.withConnection { $0.id } > 0)
        await pool.close()
        try await server.stop()
    }

    @Test func `checks what was idle, and makes another one where that is dead`() async throws {
        struct Dead: Error {}
        let server = try await Server()
        var configuration = PoolConfiguration()
        configuration.checkAfter = .zero
        let isAlive = NIOLockedValueBox(true)
        let pool = ConnectionPool(
            to: try server.target,
            configuration: configuration,
            check: { connection in
                isAlive.withLockedValue { $0 }
                    ? connection.channel.eventLoop.makeSucceededVoidFuture()
                    : connection.channel.eventLoop.makeFailedFuture(Dead())
            },
            initializer: { $0.eventLoop.makeSucceededFuture($0) }
        )
        #expect(try await pool.withConnection { $0.id } == 1)
        #expect(try await pool.withConnection { $0.id } == 1)
        isAlive.withLockedValue { $0 = false }
        #expect(try await pool.withConnection { $0.id } == 2)
        await pool.close()
        try await server.stop()
    }
}
