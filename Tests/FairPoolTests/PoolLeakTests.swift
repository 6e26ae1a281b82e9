// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairPool
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

/// Pools are made, used and closed many times, and what the process holds is what it was.
///
/// Other suites run in this process meanwhile, so descriptors are counted by the server that they lead to, and
/// pools by what their initializers hold.
@Suite(.timeLimit(.minutes(15))) struct `Pools that come and go` {
    private struct NotToday: Error {}

    /// Accepts connections, and counts those that are open.
    private final class Server: Sendable {
        let channel: any Channel
        let port: Int
        private let counts: NIOLockedValueBox<(accepted: Int, closed: Int)>

        var accepted: Int { counts.withLockedValue { $0.accepted } }
        var open: Int { counts.withLockedValue { $0.accepted - $0.closed } }
        var target: Target { get throws { try Target(host: "127.0.0.1", port: port) } }

        init() async throws {
            let counts = NIOLockedValueBox((accepted: 0, closed: 0))
            self.counts = counts
            channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.backlog, value: 256)
                .childChannelInitializer { child in
                    counts.withLockedValue { $0.accepted += 1 }
                    child.closeFuture.whenComplete { _ in counts.withLockedValue { $0.closed += 1 } }
                    return child.eventLoop.makeSucceededVoidFuture()
                }
                .bind(host: "127.0.0.1", port: 0).get()
            port = try #require(channel.localAddress?.port)
        }
    }

    /// Held by a pool's initializer: it lives as long as the pool.
    private final class Witness: Sendable {
        private let living: NIOLockedValueBox<Int>

        init(_ living: NIOLockedValueBox<Int>) {
            self.living = living
            living.withLockedValue { $0 += 1 }
        }

        deinit { living.withLockedValue { $0 -= 1 } }
    }

    /// Says whether a channel is still held by anything. Unchecked, for nobody writes it.
    private struct WeakChannel: @unchecked Sendable {
        weak var channel: (any Channel)?
    }

    /// How often a cycle is repeated: a leak of one for each cycle is far more than what other suites hold for a while.
    private static let cycles = 300

    /// Descriptors of this process that lead to a port of this machine: those that a pool has opened.
    private static func descriptors(to port: Int) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count { name in
            guard let descriptor = Int32(name) else { return false }
            var peer = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let status = withUnsafeMutablePointer(to: &peer) { peer in
                peer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &size) }
            }
            guard status == 0, Int32(peer.sin_family) == AF_INET else { return false }
            return Int(UInt16(bigEndian: peer.sin_port)) == port
        }
    }

    private static func threads() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
    }

    /// Lets the loops do what they have been given, until something has become so.
    private static func settles(_ group: MultiThreadedEventLoopGroup, _ isSo: () throws -> Bool) async throws -> Bool {
        for _ in 0..<10_000 {
            if try isSo() { return true }
            for group in [group, .singleton] {
                for loop in group.makeIterator() { try await loop.submit {}.get() }
            }
        }
        return try isSo()
    }

    /// Runs a body again and again with a new pool, which it closes; then nothing of the pools is left.
    ///
    /// - Parameter initializer: of each pool.
    private static func cycle(
        initializer: @escaping @Sendable (any Channel) throws -> EventLoopFuture<any Channel> = {
            $0.eventLoop.makeSucceededFuture($0)
        },
        _ body: (ConnectionPool<any Channel>) async throws -> Void
    ) async throws {
        let server = try await Server()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        var dialing = DialerConfiguration()
        dialing.group = group
        let dialer = Dialer(dialing)
        var configuration = PoolConfiguration()
        configuration.waitTimeout = .seconds(600)
        // A use that fails on a new connection would hold the next dial back.
        configuration.firstBackOff = .zero
        configuration.longestBackOff = .zero
        // Timers that are set when a pool is closed, and would hold it.
        configuration.idleLimit = .seconds(3_600)
        configuration.lifetimeLimit = .seconds(3_600)
        let living = NIOLockedValueBox(0)
        let channels = NIOLockedValueBox<[WeakChannel]>([])
        let threadsBefore = try threads()
        for _ in 0..<cycles {
            let witness = Witness(living)
            let pool = ConnectionPool(to: try server.target, dialer: dialer, configuration: configuration) { channel in
                channels.withLockedValue { $0.append(WeakChannel(channel: channel)) }
                return try withExtendedLifetime(witness) { try initializer(channel) }
            }
            try await body(pool)
            #expect(pool.counts == PoolCounts())
        }
        #expect(try await settles(group) { try descriptors(to: server.port) == 0 }, "descriptors are left")
        #expect(try await settles(group) { server.open == 0 }, "the server has open connections")
        #expect(try await settles(group) { living.withLockedValue { $0 } == 0 }, "pools are left")
        #expect(
            try await settles(group) { channels.withLockedValue { $0.allSatisfy { $0.channel == nil } } },
            "channels are left"
        )
        // Those of other suites end some time.
        #expect(try await settles(group) { try threads() < threadsBefore + cycles / 2 }, "threads are left")
        #expect(server.accepted > 0)
        try await server.channel.close()
        try await group.shutdownGracefully()
    }

    @Test func `leave nothing behind when they were used`() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        try await Self.cycle { pool in
            try await pool.withConnection { _ in }
            try await pool.withConnection(on: loop) { $0.channel.eventLoop.makeSucceededVoidFuture() }.get()
            let (told, tell) = AsyncStream.makeStream(of: Void.self)
            pool.checkOut { result in
                if case .success(let lease) = consume result { lease.giveBack() }
                tell.finish()
            }
            for await _ in told {}
            await pool.close()
        }
    }

    @Test func `leave nothing behind when their users fail, drop what they have, or keep it`() async throws {
        try await Self.cycle { pool in
            await #expect(throws: NotToday.self) { try await pool.withConnection { _ in throw NotToday() } }
            do { _ = try await pool.checkOut() }
            let kept = try await pool.checkOut()
            await pool.close(within: .zero)
            kept.giveBack()
        }
    }

    @Test func `leave nothing behind when they are closed while they grow`() async throws {
        let promises = NIOLockedValueBox<[EventLoopPromise<any Channel>]>([])
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        var initializers = begun.makeAsyncIterator()
        try await Self.cycle { channel in
            // It ends when the test says so, which is after its pool has been closed.
            let promise = channel.eventLoop.makePromise(of: (any Channel).self)
            promises.withLockedValue { $0.append(promise) }
            begin.yield()
            return promise.futureResult
        } _: { pool in
            let callers = (0..<4).map { _ in Task { _ = try await pool.checkOut() } }
            await initializers.next()
            await pool.close()
            for caller in callers { await #expect(throws: PoolError.self) { try await caller.value } }
            for promise in promises.withLockedValue({ all in
                defer { all = [] }; return all
            }) {
                promise.fail(NotToday())
            }
        }
        for promise in promises.withLockedValue({ $0 }) { promise.fail(NotToday()) }
    }

    @Test func `leave nothing behind when their callers leave`() async throws {
        try await Self.cycle { pool in
            let callers = (0..<4).map { _ in Task { try await pool.withConnection { $0.id } } }
            for caller in callers { caller.cancel() }
            for caller in callers { _ = await caller.result }
            await pool.close()
        }
    }
}
