// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialTestKit
import FairPool
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

/// Callers, closures and processes that a pool cannot choose.
@Suite(.timeLimit(.minutes(15))) struct `A connection pool that is used wrongly` {
    private static func server(closing: Bool = false) async throws -> (any Channel, Target) {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .childChannelInitializer { closing ? $0.close() : $0.eventLoop.makeSucceededVoidFuture() }
            .bind(host: "127.0.0.1", port: 0).get()
        return (channel, try Target(host: "127.0.0.1", port: #require(channel.localAddress?.port)))
    }

    /// A connection that closes just when it is handed over must not take its caller's answer along.
    @Test func `tells every caller once, whose connections close as they are handed over`() async throws {
        let (server, target) = try await Self.server(closing: true)
        var configuration = PoolConfiguration()
        configuration.firstBackOff = .milliseconds(1)
        configuration.longestBackOff = .milliseconds(1)
        configuration.maximumSize = 4
        configuration.waitTimeout = .seconds(5)
        let pool = ConnectionPool(to: target, configuration: configuration) { $0.eventLoop.makeSucceededFuture($0) }
        let count = 2_000
        let told = NIOLockedValueBox(0)
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        for _ in 0..<count {
            pool.checkOut { result in
                if case .success(let lease) = consume result { lease.giveBack() }
                if told.withLockedValue({
                    $0 += 1; return $0
                }) == count {
                    end.finish()
                }
            }
        }
        for await _ in ends {}
        #expect(told.withLockedValue { $0 } == count)
        await pool.close()
        try await server.close()
    }

    /// The place of a connection whose check hangs goes to another one.
    @Test func `whose check never ends makes another connection for the caller`() async throws {
        let (server, target) = try await Self.server()
        var configuration = PoolConfiguration()
        configuration.maximumSize = 1
        configuration.checkAfter = .zero
        configuration.checkTimeout = .milliseconds(50)
        let hangs = NIOLockedValueBox<[EventLoopPromise<Void>]>([])
        let pool = ConnectionPool(
            to: target,
            configuration: configuration,
            check: { connection in
                let promise = connection.channel.eventLoop.makePromise(of: Void.self)
                hangs.withLockedValue { $0.append(promise) }
                return promise.futureResult
            },
            initializer: { $0.eventLoop.makeSucceededFuture($0) }
        )
        try await pool.checkOut().giveBack()
        // A new connection is made for it, and needs no check.
        #expect(try await pool.withConnection { $0.id } == 2)
        for promise in hangs.withLockedValue({ $0 }) { promise.succeed() }
        await pool.close()
        try await server.close()
    }

    @Test func `whose connect keeps its options to itself says so, and dials no storm`() async throws {
        let (server, target) = try await Self.server()
        let dials = NIOLockedValueBox(0)
        var configuration = PoolConfiguration()
        configuration.firstBackOff = .seconds(3_600)
        configuration.longestBackOff = .seconds(3_600)
        let pool = ConnectionPool<any Channel>(to: [target], configuration: configuration) { target, _, loop in
            dials.withLockedValue { $0 += 1 }
            return Dialer.shared.connect(to: target, on: loop) { $0.eventLoop.makeSucceededFuture($0) }
        }
        let error = try await #require(throws: PoolError.self) { try await pool.withConnection { $0.id } }
        #expect(error.code == .dialFailed)
        #expect(error.dialError?.code == .invalidOption)
        #expect(dials.withLockedValue { $0 } == 1)
        await pool.close()
        try await server.close()
    }

    @Test func `whose connect tries again with what it was given has its place still`() async throws {
        let (server, target) = try await Self.server()
        let refusing = try #require(RefusingPort())
        let wrong = try Target(host: "127.0.0.1", port: refusing.number)
        var configuration = PoolConfiguration()
        configuration.waitTimeout = .seconds(600)
        let pool = ConnectionPool<any Channel>(to: [target], configuration: configuration) { target, options, loop in
            @Sendable func dial(_ target: Target) -> EventLoopFuture<Connection<any Channel>> {
                Dialer.shared.connect(to: target, options: options, on: loop) { $0.eventLoop.makeSucceededFuture($0) }
            }
            return dial(wrong).flatMapError { _ in dial(target) }
        }
        #expect(try await pool.withConnection { $0.id } == 1)
        await pool.close()
        withExtendedLifetime(refusing) {}
        try await server.close()
    }

    @Test func `whose connect dials twice at a time has both admitted`() async throws {
        let (server, target) = try await Self.server()
        var configuration = PoolConfiguration()
        configuration.waitTimeout = .seconds(600)
        let pool = ConnectionPool<any Channel>(to: [target], configuration: configuration) { target, options, loop in
            let dials = (0..<2).map { _ in
                Dialer.shared.connect(to: target, options: options, on: loop) { $0.eventLoop.makeSucceededFuture($0) }
            }
            // The second one is of no use, and is closed when it has come.
            return dials[1].flatMap { $0.channel.close() }.flatMap { dials[0] }
        }
        #expect(try await pool.withConnection { $0.id } == 1)
        await pool.close()
        try await server.close()
    }

    /// The dial that is cancelled connects all the same.
    @Test func `whose connect ends too late has closed that channel too when its close returns`() async throws {
        let (server, target) = try await Self.server()
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let late = loop.makePromise(of: Void.self)
        let (made, channel) = AsyncStream.makeStream(of: (any Channel).self)
        let pool = ConnectionPool<any Channel>(to: [target]) { target, options, loop in
            var options = options
            options.cancellation = nil
            return Dialer.shared.connect(to: target, options: options, on: loop) { made in
                channel.yield(made)
                return late.futureResult.hop(to: made.eventLoop).map { made }
            }
        }
        let caller = Task { try await pool.withConnection { $0.id } }
        var channels = made.makeAsyncIterator()
        let connection = try #require(await channels.next())
        let closing = Task { await pool.close() }
        // The close has cancelled the dial by then.
        let error = await #expect(throws: PoolError.self) { try await caller.value }
        #expect(error?.code == .closed)
        late.succeed()
        await closing.value
        #expect(!connection.isActive)
        try await server.close()
    }

    @Test func `whose dials succeed again blames none of them for a wait`() async throws {
        let (server, target) = try await Self.server()
        let dials = NIOLockedValueBox(0)
        var configuration = PoolConfiguration()
        configuration.maximumSize = 1
        configuration.firstBackOff = .zero
        configuration.longestBackOff = .zero
        configuration.waitTimeout = .seconds(1)
        let pool = ConnectionPool<any Channel>(to: [target], configuration: configuration) { target, options, loop in
            let isFirst = dials.withLockedValue { dials in
                dials += 1
                return dials == 1
            }
            if isFirst { return loop.makeFailedFuture(DialError(.allAttemptsFailed, "refused", target: "db.test:1")) }
            return Dialer.shared.connect(to: target, options: options, on: loop) { channel in
                channel.eventLoop.makeSucceededFuture(channel)
            }
        }
        let failed = await #expect(throws: PoolError.self) { try await pool.withConnection { $0.id } }
        #expect(failed?.dialError?.message == "refused")
        let lease = try await pool.checkOut()
        let late = await #expect(throws: PoolError.self) { try await pool.withConnection { $0.id } }
        #expect(late?.code == .waitTimeout)
        #expect(late?.dialError == nil)
        lease.giveBack()
        await pool.close()
        try await server.close()
    }

    @Test func `that is observed gives what is idle at once too, and tells of it`() async throws {
        let (server, target) = try await Self.server()
        let pool = ConnectionPool(to: target) { $0.eventLoop.makeSucceededFuture($0) }
        try await pool.checkOut().giveBack()
        let events = pool.events()
        let lease = pool.checkOutIdle()
        let isThere = lease != nil
        lease?.giveBack()
        #expect(isThere)
        await pool.close()
        var told: [String] = []
        for await event in events {
            switch event {
            case .checkOutStarted: told.append("started")
            case .checkedOut: told.append("out")
            case .checkedIn: told.append("in")
            default: break
            }
        }
        #expect(told == ["started", "out", "in"])
        try await server.close()
    }

    @Test func `has closed every channel when its close returns`() async throws {
        let (server, target) = try await Self.server()
        for _ in 0..<50 {
            let pool = ConnectionPool(to: target) { $0.eventLoop.makeSucceededFuture($0) }
            let channel = try await pool.withConnection { $0.channel }
            await pool.close()
            #expect(!channel.isActive)
        }
        try await server.close()
    }

    #if os(Linux)
        /// What the child wrote would come between the parent's words.
        @Test func `lends nothing to a child that was forked, and says why`() async throws {
            let (server, target) = try await Self.server()
            let pool = ConnectionPool(to: target) { $0.eventLoop.makeSucceededFuture($0) }
            let lease = try await pool.checkOut()
            try await pool.checkOut().giveBack()
            // Swift hides the call, because little may be done in a child.
            typealias Fork = @convention(c) () -> pid_t
            let fork = unsafeBitCast(try #require(dlsym(nil, "fork")), to: Fork.self)
            let child = fork()
            if child == 0 {
                lease.giveBack()
                if pool.checkOutIdle() != nil || pool.counts != PoolCounts() { _exit(1) }
                pool.checkOut { result in
                    switch consume result {
                    case .success: _exit(2)
                    case .failure(let error): _exit(error.code == .forked ? 0 : 3)
                    }
                }
                _exit(4)
            }
            #expect(child > 0)
            var status: Int32 = -1
            #expect(waitpid(child, &status, 0) == child)
            #expect(status == 0)
            // The parent's is as it was.
            #expect(pool.counts == PoolCounts(idle: 1, inUse: 1))
            #expect(try await pool.withConnection { $0.id } == 2)
            lease.giveBack()
            await pool.close()
            try await server.close()
        }
    #endif
}
