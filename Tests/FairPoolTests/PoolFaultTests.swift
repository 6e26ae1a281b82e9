// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairPool
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

/// Servers, users and initializers that do not do what they should, on loopback.
@Suite(.timeLimit(.minutes(15))) struct `A connection pool in trouble` {
    struct NotToday: Error {}

    /// Accepts connections; closes the first ones at once.
    private final class Server: Sendable {
        let channel: any Channel
        private let accepted = NIOLockedValueBox<[any Channel]>([])

        var target: Target {
            get throws { try Target(host: "127.0.0.1", port: #require(channel.localAddress?.port)) }
        }

        var connections: [any Channel] { accepted.withLockedValue { $0 } }

        /// - Parameter count: how many of the first connections are closed as they come.
        init(closingFirst count: Int = 0) async throws {
            let accepted = accepted
            channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.backlog, value: 256)
                .childChannelInitializer { child in
                    let number = accepted.withLockedValue { connections in
                        connections.append(child)
                        return connections.count
                    }
                    return number > count ? child.eventLoop.makeSucceededVoidFuture() : child.close()
                }
                .bind(host: "127.0.0.1", port: 0).get()
        }

        /// Every connection has been closed, on this side too.
        func stop() async throws {
            for connection in connections { try await connection.closeFuture.get() }
            try await channel.close()
        }
    }

    /// An initializer whose futures end when the test says so.
    private final class Initializers: Sendable {
        private let promises = NIOLockedValueBox<[EventLoopPromise<any Channel>]>([])
        private let channels = NIOLockedValueBox<[any Channel]>([])
        let begun: AsyncStream<Void>
        private let begin: AsyncStream<Void>.Continuation

        init() {
            (begun, begin) = AsyncStream.makeStream(of: Void.self)
        }

        var all: [any Channel] { channels.withLockedValue { $0 } }

        func initialize(_ channel: any Channel) -> EventLoopFuture<any Channel> {
            let promise = channel.eventLoop.makePromise(of: (any Channel).self)
            promises.withLockedValue { $0.append(promise) }
            channels.withLockedValue { $0.append(channel) }
            begin.yield()
            return promise.futureResult
        }

        func finish() {
            let all = all
            for (promise, channel) in zip(promises.withLockedValue { $0 }, all) { promise.succeed(channel) }
        }
    }

    private static func configuration(_ change: (inout PoolConfiguration) -> Void = { _ in }) -> PoolConfiguration {
        var configuration = PoolConfiguration()
        configuration.waitTimeout = .seconds(600)
        change(&configuration)
        return configuration
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

    @Test func `whose initializer throws tells a caller, and works again when it does not`() async throws {
        let server = try await Server()
        let isBad = NIOLockedValueBox(true)
        let configuration = Self.configuration { $0.firstBackOff = .milliseconds(1) }
        let pool = ConnectionPool(to: try server.target, configuration: configuration) { channel in
            if isBad.withLockedValue({ $0 }) { throw NotToday() }
            return channel.eventLoop.makeSucceededFuture(channel)
        }
        let error = await Self.failure { _ = try await pool.withConnection { $0.id } }
        #expect(error?.code == .dialFailed)
        #expect(error?.dialError?.code == .initializerFailed)
        isBad.withLockedValue { $0 = false }
        #expect(try await pool.withConnection { $0.id } == 2)
        await pool.close()
        try await server.stop()
    }

    @Test func `whose initializer hangs gives the dial up, and drops what comes of it too late`() async throws {
        let server = try await Server()
        let initializers = Initializers()
        var dialing = DialerConfiguration()
        dialing.timeouts.handshake = .milliseconds(20)
        let pool = ConnectionPool(
            to: try server.target,
            dialer: Dialer(dialing),
            configuration: Self.configuration { $0.firstBackOff = .seconds(3_600) },
            initializer: initializers.initialize
        )
        let error = await Self.failure { _ = try await pool.withConnection { $0.id } }
        #expect(error?.dialError?.code == .handshakeTimeout)
        #expect(pool.counts == PoolCounts())
        initializers.finish()
        for channel in initializers.all { try await channel.closeFuture.get() }
        #expect(pool.counts == PoolCounts())
        await pool.close()
        try await server.stop()
    }

    @Test func `that is closed while it grows ends its callers, and closes what it was making`() async throws {
        let server = try await Server()
        let initializers = Initializers()
        let pool = ConnectionPool(
            to: try server.target,
            configuration: Self.configuration(),
            initializer: initializers.initialize
        )
        let callers = (0..<20).map { _ in Task { await Self.failure { _ = try await pool.withConnection { $0.id } } } }
        var begun = initializers.begun.makeAsyncIterator()
        // As many as may connect at a time.
        for _ in 0..<2 { await begun.next() }
        let closing = Task { await pool.close() }
        for caller in callers { #expect(await caller.value?.code == .closed) }
        initializers.finish()
        await closing.value
        #expect(pool.counts == PoolCounts())
        for channel in initializers.all { try await channel.closeFuture.get() }
        #expect(server.connections.count <= 2)
        try await server.stop()
    }

    @Test func `whose user gives nothing back lets others go in time, and is closed by force`() async throws {
        let server = try await Server()
        let configuration = Self.configuration {
            $0.maximumSize = 1
            $0.waitTimeout = .milliseconds(20)
        }
        let pool = ConnectionPool(to: try server.target, configuration: configuration) {
            $0.eventLoop.makeSucceededFuture($0)
        }
        let opening = await Self.lease(of: pool)
        let error = await Self.failure { _ = try await pool.withConnection { $0.id } }
        #expect(error?.code == .waitTimeout)
        #expect(error?.description.contains("1 in use") == true)
        await pool.close(within: .zero)
        try await opening?.closeFuture.get()
        try await server.stop()
    }

    /// The channel of a connection that is never given back.
    private static func lease(of pool: ConnectionPool<any Channel>) async -> (any Channel)? {
        let (channels, channel) = AsyncStream.makeStream(of: (any Channel).self)
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        // The use of it ends when the connection does. A busy machine may need longer than the wait.
        @Sendable func take(_ attempts: Int) {
            pool.withConnection(on: loop) { connection in
                channel.yield(connection.channel)
                return connection.channel.closeFuture
            }
            .whenFailure { error in
                guard (error as? PoolError)?.code == .waitTimeout, attempts > 0 else { return channel.finish() }
                take(attempts - 1)
            }
        }
        take(1_000)
        var iterator = channels.makeAsyncIterator()
        return await iterator.next()
    }

    @Test func `whose server accepts and closes a thousand times serves when the server does`() async throws {
        let server = try await Server(closingFirst: 1_000)
        let configuration = Self.configuration {
            $0.minimumSize = 2
            // The pauses are tested by numbers: here they are none, for there would be hours of them.
            $0.firstBackOff = .zero
            $0.longestBackOff = .zero
        }
        let pool = ConnectionPool(to: try server.target, configuration: configuration) {
            $0.eventLoop.makeSucceededFuture($0)
        }
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        // A caller may have a connection that is closed in the next moment; it asks again.
        while server.connections.count <= 1_000 {
            let used = pool.withConnection(on: loop) { connection in
                connection.channel.writeAndFlush(ByteBuffer(string: "hello"))
            }
            _ = try? await used.get()
        }
        // Those that the pool has not seen the end of yet are closed by its check-in, or by themselves.
        // A dial has its number before it connects, so two at a time may arrive the other way round.
        let id = try await pool.withConnection { $0.id }
        #expect(id >= 1_000)
        #expect(pool.counts.connecting <= 2)
        await pool.close()
        try await server.stop()
    }

    @Test func `whose connections are all reset at once makes new ones by itself`() async throws {
        let server = try await Server()
        let configuration = Self.configuration { $0.minimumSize = 8 }
        let pool = ConnectionPool(to: try server.target, configuration: configuration) {
            $0.eventLoop.makeSucceededFuture($0)
        }
        // Used once each, so that the pool knows the server for a good one.
        let before = try await Self.useAll(8, of: pool)
        let first = server.connections
        for connection in first {
            // Closed with a reset, as a server does that dies.
            let socket = try #require(connection as? any SocketOptionProvider)
            try await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        for connection in first { connection.close(promise: nil) }
        for connection in first { try await connection.closeFuture.get() }
        for connection in before { try await connection.channel.closeFuture.get() }
        let after = try await Self.useAll(8, of: pool)
        #expect(Set(after.map(\.id)).count == 8)
        #expect(Set(after.map(\.id)).isDisjoint(with: before.map(\.id)))
        #expect(after.allSatisfy { $0.channel.isActive })
        await pool.close()
        #expect(pool.counts == PoolCounts())
        try await server.stop()
    }

    /// Has so many connections at once, and says which.
    private static func useAll(
        _ count: Int,
        of pool: ConnectionPool<any Channel>
    ) async throws -> [PooledConnection<any Channel>] {
        try await withThrowingTaskGroup(of: PooledConnection<any Channel>.self) { group in
            let (held, isHeld) = AsyncStream.makeStream(of: Void.self)
            let gates = (0..<count).map { _ in AsyncStream.makeStream(of: Void.self) }
            for gate in gates {
                group.addTask {
                    try await pool.withConnection { connection in
                        isHeld.yield()
                        for await _ in gate.stream {}
                        return connection
                    }
                }
            }
            var iterator = held.makeAsyncIterator()
            for _ in 0..<count { await iterator.next() }
            for gate in gates { gate.continuation.finish() }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test func `whose server closes whatever it accepts leaves it alone for a while`() async throws {
        let server = try await Server(closingFirst: .max)
        let configuration = Self.configuration {
            $0.minimumSize = 8
            $0.waitTimeout = .milliseconds(20)
            $0.firstBackOff = .seconds(3_600)
            $0.longestBackOff = .seconds(3_600)
        }
        let pool = ConnectionPool(to: try server.target, configuration: configuration) {
            $0.eventLoop.makeSucceededFuture($0)
        }
        // Until every connection that was made has been seen to close.
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        var turns = 0
        while turns < 100_000, server.connections.isEmpty || pool.counts != PoolCounts() {
            try await loop.submit {}.get()
            turns += 1
        }
        let count = server.connections.count
        #expect(pool.counts == PoolCounts())
        // As many as are to be kept, and those that were on their way.
        #expect(count <= 10)
        for _ in 0..<2 {
            let error = await Self.failure { _ = try await pool.withConnection { $0.id } }
            #expect(error?.code == .waitTimeout)
        }
        #expect(server.connections.count == count)
        await pool.close()
        try await server.stop()
    }

    @Test func `whose loops are shut down is closed, whatever its connections were doing`() async throws {
        let server = try await Server()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        var dialing = DialerConfiguration()
        dialing.group = group
        let configuration = Self.configuration {
            $0.maximumSize = 3
            $0.checkAfter = .zero
            $0.checkTimeout = .seconds(3_600)
        }
        let (checks, check) = AsyncStream.makeStream(of: Void.self)
        let pool = ConnectionPool(
            to: try server.target,
            dialer: Dialer(dialing),
            configuration: configuration,
            check: { connection in
                check.yield()
                return connection.channel.closeFuture
            },
            initializer: { $0.eventLoop.makeSucceededFuture($0) }
        )
        let used = try await pool.checkOut()
        let idle = try await pool.checkOut()
        let checked = try await pool.checkOut()
        let channels = [used.channel, idle.channel, checked.channel]
        idle.giveBack()
        checked.giveBack()
        let caller = Task { await Self.failure { _ = try await pool.withConnection { $0.id } } }
        var begun = checks.makeAsyncIterator()
        await begun.next()
        #expect(pool.counts.idle == 2)
        #expect(pool.counts.inUse == 1)
        try await group.shutdownGracefully()
        let error = await caller.value
        #expect(
            error?.code == .closed || error?.dialError?.code == .eventLoopShutdown,
            "\(error.map { "\($0)" } ?? "")"
        )
        await pool.close()
        #expect(pool.counts == PoolCounts())
        for channel in channels { #expect(!channel.isActive) }
        used.giveBack()
        try await server.stop()
    }

    @Test func `forgets the connections of one service, as its owner names it`() async throws {
        let server = try await Server()
        let services = NIOLockedValueBox<UInt64>(0)
        let pool = ConnectionPool(
            to: try server.target,
            configuration: Self.configuration(),
            service: { _ in services.withLockedValue { $0 } },
            initializer: { (channel: any Channel) -> EventLoopFuture<any Channel> in
                services.withLockedValue { $0 += 1 }
                return channel.eventLoop.makeSucceededFuture(channel)
            }
        )
        #expect(try await pool.withConnection { $0.id } == 1)
        pool.clear(service: 2)
        #expect(try await pool.withConnection { $0.id } == 1)
        pool.clear(service: 1)
        #expect(try await pool.withConnection { $0.id } == 2)
        await pool.close()
        try await server.stop()
    }
}
