// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairPool
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

/// Handlers may hold a close back, as TLS does while its peer is silent; what is closed by force does not ask them.
@Suite(.timeLimit(.minutes(15))) struct `A pool whose handlers hold a close back` {
    /// Lets no close through.
    private final class Clinging: ChannelOutboundHandler, Sendable {
        typealias OutboundIn = ByteBuffer

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {}
    }

    private static func server() async throws -> (any Channel, Target) {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .childChannelInitializer { $0.eventLoop.makeSucceededVoidFuture() }
            .bind(host: "127.0.0.1", port: 0).get()
        return (channel, try Target(host: "127.0.0.1", port: #require(channel.localAddress?.port)))
    }

    private static func pool(
        to target: Target,
        check: (@Sendable (PooledConnection<any Channel>) -> EventLoopFuture<Void>)? = nil,
        _ change: (inout PoolConfiguration) -> Void = { _ in }
    ) -> ConnectionPool<any Channel> {
        var configuration = PoolConfiguration()
        change(&configuration)
        return ConnectionPool(to: target, configuration: configuration, check: check) { channel in
            try channel.pipeline.syncOperations.addHandler(Clinging())
            return channel.eventLoop.makeSucceededFuture(channel)
        }
    }

    @Test func `closes what is in use, and what is idle, when its time is over`() async throws {
        let (server, target) = try await Self.server()
        let pool = Self.pool(to: target)
        let used = try await pool.checkOut()
        let unused = try await pool.checkOut()
        let channels = [used.channel, unused.channel]
        unused.giveBack()
        await pool.close(within: .zero)
        for channel in channels { #expect(!channel.isActive) }
        used.giveBack()
        try await server.close()
    }

    @Test func `closes what was idle when its time is over, though nothing is in use`() async throws {
        let (server, target) = try await Self.server()
        let pool = Self.pool(to: target)
        let channel = try await pool.withConnection { $0.channel }
        await pool.close(within: .milliseconds(20))
        #expect(!channel.isActive)
        try await server.close()
    }

    @Test func `ends a use at once that a clear interrupts`() async throws {
        let (server, target) = try await Self.server()
        let pool = Self.pool(to: target)
        let lease = try await pool.checkOut()
        pool.clear(interruptsUse: true)
        try await lease.channel.closeFuture.get()
        lease.giveBack()
        await pool.close(within: .zero)
        try await server.close()
    }

    @Test func `drops a connection whose check hangs`() async throws {
        let (server, target) = try await Self.server()
        let checks = NIOLockedValueBox<[EventLoopPromise<Void>]>([])
        let pool = Self.pool(to: target) { connection in
            let promise = connection.channel.eventLoop.makePromise(of: Void.self)
            checks.withLockedValue { $0.append(promise) }
            return promise.futureResult
        } _: {
            $0.checkAfter = .zero
            $0.checkTimeout = .milliseconds(20)
        }
        let channel = try await pool.withConnection { $0.channel }
        #expect(try await pool.withConnection { $0.id } == 2)
        try await channel.closeFuture.get()
        for check in checks.withLockedValue({ $0 }) { check.succeed() }
        await pool.close(within: .zero)
        try await server.close()
    }
}
