// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairPool
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

/// Callers that are no tasks, and want a connection no longer.
@Suite(.timeLimit(.minutes(15))) struct `A caller with a cancellation` {
    private static func pool() async throws -> (any Channel, ConnectionPool<any Channel>) {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { $0.eventLoop.makeSucceededVoidFuture() }
            .bind(host: "127.0.0.1", port: 0).get()
        var configuration = PoolConfiguration()
        configuration.maximumSize = 1
        configuration.waitTimeout = .seconds(600)
        let target = try Target(host: "127.0.0.1", port: #require(server.localAddress?.port))
        return (
            server, ConnectionPool(to: target, configuration: configuration) { $0.eventLoop.makeSucceededFuture($0) }
        )
    }

    @Test func `leaves its wait, is told so once, and holds up nobody`() async throws {
        let (server, pool) = try await Self.pool()
        let lease = try await pool.checkOut()
        let told = NIOLockedValueBox<[String]>([])
        let cancellation = DialCancellation()
        for name in ["first", "second"] {
            pool.checkOut(cancellation: cancellation) { result in
                switch consume result {
                case .success(let lease):
                    told.withLockedValue { $0.append("\(name): \(lease.connection.id)") }
                    lease.giveBack()
                case .failure(let error): told.withLockedValue { $0.append("\(name): \(error.code)") }
                }
            }
        }
        #expect(pool.counts.waiting == 2)
        cancellation.cancel()
        cancellation.cancel()
        #expect(told.withLockedValue { $0.sorted() } == ["first: cancelled", "second: cancelled"])
        #expect(pool.counts.waiting == 0)
        lease.giveBack()
        #expect(pool.counts == PoolCounts(idle: 1))
        await pool.close()
        try await server.close()
    }

    @Test func `that was cancelled before has no connection, though one is idle`() async throws {
        let (server, pool) = try await Self.pool()
        try await pool.checkOut().giveBack()
        let cancellation = DialCancellation()
        cancellation.cancel()
        let told = NIOLockedValueBox<PoolError.Code?>(nil)
        pool.checkOut(cancellation: cancellation) { result in
            if case .failure(let error) = consume result { told.withLockedValue { $0 = error.code } }
        }
        #expect(told.withLockedValue { $0 } == .cancelled)
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let used = pool.withConnection(on: loop, cancellation: cancellation) {
            $0.channel.eventLoop.makeSucceededVoidFuture()
        }
        let error = await #expect(throws: PoolError.self) { try await used.get() }
        #expect(error?.code == .cancelled)
        #expect(pool.counts == PoolCounts(idle: 1))
        await pool.close()
        try await server.close()
    }

    @Test func `has its connection as anybody else where it does not leave, and cancels nothing afterwards`()
        async throws
    {
        let (server, pool) = try await Self.pool()
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let cancellation = DialCancellation()
        // One that has to wait for its dial, and one that has what is idle.
        for _ in 0..<2 {
            let id = pool.withConnection(on: loop, cancellation: cancellation) {
                $0.channel.eventLoop.makeSucceededFuture($0.id)
            }
            #expect(try await id.get() == 1)
        }
        let lease = try await pool.checkOut()
        let waiting = pool.withConnection(on: loop, cancellation: cancellation) {
            $0.channel.eventLoop.makeSucceededFuture($0.id)
        }
        lease.giveBack()
        #expect(try await waiting.get() == 1)
        cancellation.cancel()
        #expect(try await pool.withConnection { $0.id } == 1)
        await pool.close()
        try await server.close()
    }
}
