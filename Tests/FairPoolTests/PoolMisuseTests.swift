// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairPool
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

/// Callers, closures and processes that a pool cannot choose.
@Suite(.timeLimit(.minutes(2))) struct `A connection pool that is used wrongly` {
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
    @Test func `whose check never ends makes another connection for the next caller`() async throws {
        let (server, target) = try await Self.server()
        var configuration = PoolConfiguration()
        configuration.maximumSize = 1
        configuration.checkAfter = .zero
        configuration.waitTimeout = .milliseconds(50)
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
        let error = try await #require(throws: PoolError.self) { try await pool.withConnection { $0.id } }
        #expect(error.code == .waitTimeout)
        // A new connection is made for it, and needs no check.
        var id: PooledConnectionID?
        for _ in 0..<1_000 where id == nil { id = try? await pool.withConnection { $0.id } }
        #expect(id == 2)
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
            try await pool.checkOut().giveBack()
            // Swift hides the call, because little may be done in a child.
            typealias Fork = @convention(c) () -> pid_t
            let fork = unsafeBitCast(try #require(dlsym(nil, "fork")), to: Fork.self)
            let child = fork()
            if child == 0 {
                if pool.checkOutIdle() != nil { _exit(1) }
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
            #expect(try await pool.withConnection { $0.id } == 1)
            await pool.close()
            try await server.close()
        }
    #endif
}
