// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NameResolution
import Testing

@testable import FairDial

/// NIO's own bootstrap with our resolver in it.
@Suite(.timeLimit(.minutes(1))) struct `The resolver of a bootstrap that stays` {
    private struct World {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let scripted = ScriptedResolver()
        let resolver: FairResolver

        init(policy: AddressPolicy? = nil) {
            var configuration = DialerConfiguration()
            configuration.resolver = NameResolver(scripted, localNames: nil)
            configuration.policy = policy
            configuration.group = group
            resolver = FairResolver(Dialer(configuration))
        }

        func connect(_ host: String, _ port: Int) -> EventLoopFuture<any Channel> {
            ClientBootstrap(group: group).connectTimeout(.hours(1)).resolver(resolver).connect(host: host, port: port)
        }
    }

    @Test func `an address connects at once while names hang on the same loop`() async throws {
        let world = World()
        let server = try await LoopbackServer.start()
        let hanging = (0..<20).map { world.connect("slow\($0).test", server.port) }
        var lookups: [ScriptedLookup] = []
        for _ in hanging { lookups.append(try await world.scripted.nextLookup()) }
        let channel = try await world.connect("127.0.0.1", server.port).get()
        #expect(lookups.allSatisfy { $0.isInFlight })
        try await channel.close()
        for lookup in lookups { lookup.end(ResolutionError(.nameNotFound, "over")) }
        for dial in hanging { await #expect(throws: (any Error).self) { _ = try await dial.get() } }
        try await server.stop()
        try await world.group.shutdownGracefully()
    }

    @Test func `an answer for a loop that has been shut down traps nothing`() async throws {
        let world = World()
        try await world.group.shutdownGracefully()
        _ = world.resolver.initiateAAAAQuery(host: "db.test", port: 80)
        let lookup = try await world.scripted.nextLookup()
        lookup.start()
        lookup.answer([.v4(.loopback)])
        lookup.end()
    }

    @Test func `connects end where their loop is shut down in the middle`() async throws {
        let world = World()
        let dials = (0..<20).map { _ in world.connect("db.test", 80) }
        let lookup = try await world.scripted.nextLookup()
        try await world.group.next().submit {}.get()
        lookup.start()
        let ended = NIOLockedValueBox(0)
        for dial in dials { dial.whenComplete { _ in ended.withLockedValue { $0 += 1 } } }
        try await world.group.next().submit {}.get()
        try await world.group.shutdownGracefully()
        #expect(ended.withLockedValue { $0 } == 20)
    }

    @Test func `twenty connects to one slow name are one lookup`() async throws {
        let world = World()
        let server = try await LoopbackServer.start()
        let dials = (0..<20).map { _ in world.connect("db.test", server.port) }
        let lookup = try await world.scripted.nextLookup()
        // Each has asked by then: they are asked for on the one loop, in order.
        try await world.group.next().submit {}.get()
        lookup.start()
        lookup.answer([.v4(.loopback)])
        lookup.end()
        for dial in dials { try await dial.get().close() }
        #expect(world.scripted.lookups.count == 1)
        try await server.stop()
        try await world.group.shutdownGracefully()
    }

    @Test func `a silent AAAA is waited for no longer than the resolution delay`() async throws {
        let world = World()
        let server = try await LoopbackServer.start()
        let dial = world.connect("db.test", server.port)
        let lookup = try await world.scripted.nextLookup()
        lookup.start()
        lookup.answer([.v4(.loopback)], settling: .ipv4)
        let channel = try await dial.get()
        #expect(lookup.isInFlight)
        try await channel.close()
        lookup.end()
        try await server.stop()
        try await world.group.shutdownGracefully()
    }

    @Test func `what comes after the delay is dialed as well`() async throws {
        let world = World()
        let server = try await LoopbackServer.start(host: "::1")
        let dial = world.connect("db.test", server.port)
        let lookup = try await world.scripted.nextLookup()
        lookup.start()
        // The port is closed.
        lookup.answer([.v4(.loopback)], settling: .ipv4)
        lookup.answer([.v6(.loopback, zone: nil)], settling: .ipv6)
        lookup.end()
        try await dial.get().close()
        try await server.stop()
        try await world.group.shutdownGracefully()
    }

    @Test func `the policy is asked, of literals too`() async throws {
        let world = World(policy: .publicInternetOnly)
        let server = try await LoopbackServer.start()
        await #expect(throws: (any Error).self) { _ = try await world.connect("127.0.0.1", server.port).get() }
        let dial = world.connect("db.test", server.port)
        let lookup = try await world.scripted.nextLookup()
        lookup.answer([.v4(.loopback)])
        lookup.end()
        await #expect(throws: (any Error).self) { _ = try await dial.get() }
        #expect(server.accepted == 0)
        try await server.stop()
        try await world.group.shutdownGracefully()
    }

    @Test func `asked for A alone it gives the IPv4 part`() async throws {
        let world = World()
        let answer = world.resolver.initiateAQuery(host: "db.test", port: 80)
        let lookup = try await world.scripted.nextLookup()
        lookup.answer([.v4(.loopback), .v6(.loopback, zone: nil)])
        lookup.end()
        #expect(try await answer.get() == [SocketAddress(ipAddress: "127.0.0.1", port: 80)])
        world.resolver.cancelQueries()
        try await world.group.shutdownGracefully()
    }

    @Test(arguments: ["", "fe80::1%nope"])
    func `a host that cannot be read fails both parts`(host: String) async throws {
        let world = World()
        let first = world.resolver.initiateAAAAQuery(host: host, port: 80)
        let second = world.resolver.initiateAQuery(host: host, port: 80)
        for part in [first, second] {
            #expect(await failure { try await part.get() }?.code == .invalidTarget)
        }
        try await world.group.shutdownGracefully()
    }
}
