// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialTestKit
import FairPool
import IPAddresses
import NIOCore
import NIOPosix
import NameResolution
import Testing

/// Pools on real sockets, to names whose addresses change.
@Suite(.timeLimit(.minutes(15))) struct `A connection pool to a name` {
    /// Accepts connections at 127.0.0.1, 127.0.0.2 and 127.0.0.3, at one port.
    private final class Servers: Sendable {
        let channels: [any Channel]
        let port: Int

        init() async throws {
            let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            let first = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
            port = try #require(first.localAddress?.port)
            let second = try await bootstrap.bind(host: "127.0.0.2", port: port).get()
            channels = [first, second, try await bootstrap.bind(host: "127.0.0.3", port: port).get()]
        }

        func stop() async throws {
            for channel in channels { try await channel.close() }
        }
    }

    /// An answer that is over at once: the pool waits for a second then, and for little more.
    private static func answer(_ lookup: ScriptedLookup, _ addresses: String...) throws {
        lookup.answer(try addresses.map { try IPAddress($0) }, timeToLive: .zero)
        lookup.end()
    }

    private static func pool(to servers: Servers, _ resolver: ScriptedResolver) throws -> ConnectionPool<any Channel> {
        var dialing = DialerConfiguration()
        dialing.resolver = NameResolver(resolver)
        dialing.timeouts.lookup = .seconds(3_600)
        var configuration = PoolConfiguration()
        configuration.waitTimeout = .seconds(600)
        let target = try Target(host: "db.test", port: servers.port)
        return ConnectionPool(to: target, dialer: Dialer(dialing), configuration: configuration) {
            $0.eventLoop.makeSucceededFuture($0)
        }
    }

    private static func address(of lease: borrowing PoolLease<any Channel>) -> String? {
        lease.channel.remoteAddress?.ipAddress
    }

    @Test func `says that a name is still looked up where the wait ends`() async throws {
        let resolver = ScriptedResolver()
        var dialing = DialerConfiguration()
        dialing.resolver = NameResolver(resolver)
        dialing.timeouts.lookup = .seconds(3_600)
        var configuration = PoolConfiguration()
        configuration.waitTimeout = .milliseconds(10)
        let target = try Target(host: "db.test", port: 1)
        let pool = ConnectionPool(to: target, dialer: Dialer(dialing), configuration: configuration) {
            $0.eventLoop.makeSucceededFuture($0)
        }
        let error = await #expect(throws: PoolError.self) { try await pool.withConnection { $0.id } }
        #expect(error?.description.contains("0 connecting, 1 in lookup, 0 waiting") == true)
        await pool.close()
    }

    @Test func `spreads over its addresses, and leaves one that is gone`() async throws {
        let servers = try await Servers()
        let resolver = ScriptedResolver()
        let pool = try Self.pool(to: servers, resolver)
        let answering = Task { try await Self.answer(resolver.nextLookup(of: "db.test"), "127.0.0.1") }
        let first = try await pool.checkOut()
        try await answering.value
        #expect(Self.address(of: first) == "127.0.0.1")
        try await Self.answer(resolver.nextLookup(of: "db.test"), "127.0.0.1", "127.0.0.2")
        // The pool has that answer once it looks the name up again.
        let third = try await resolver.nextLookup(of: "db.test")
        let second = try await pool.checkOut()
        #expect(Self.address(of: second) == "127.0.0.2")
        let (used, unused) = (first.channel, second.channel)
        second.giveBack()
        try Self.answer(third, "127.0.0.3")
        try await unused.closeFuture.get()
        #expect(pool.counts == PoolCounts(inUse: 1))
        let last = try await pool.checkOut()
        #expect(Self.address(of: last) == "127.0.0.3")
        #expect(used.isActive)
        first.giveBack()
        try await used.closeFuture.get()
        last.giveBack()
        await pool.close()
        try await servers.stop()
    }
}
