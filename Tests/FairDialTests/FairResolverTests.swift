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
@Suite(.timeLimit(.minutes(15))) struct `The resolver of a bootstrap that stays` {
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

    /// Passes everything on, and keeps what NIO was given.
    private final class Witness: NIOPosix.Resolver, Sendable {
        private let resolver: FairResolver
        private let parts = NIOLockedValueBox<[EventLoopFuture<[SocketAddress]>]>([])

        init(_ resolver: FairResolver) {
            self.resolver = resolver
        }

        /// The first part and the second, once NIO has asked for both.
        var given: [EventLoopFuture<[SocketAddress]>] { parts.withLockedValue { $0 } }

        func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
            let part = resolver.initiateAAAAQuery(host: host, port: port)
            parts.withLockedValue { $0.insert(part, at: 0) }
            return part
        }

        func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
            let part = resolver.initiateAQuery(host: host, port: port)
            parts.withLockedValue { $0.append(part) }
            return part
        }

        func cancelQueries() { resolver.cancelQueries() }
    }

    @Test func `what comes after the delay is dialed as well`() async throws {
        let world = World()
        let server = try await LoopbackServer.start(host: "::1")
        let witness = Witness(world.resolver)
        let dial = ClientBootstrap(group: world.group).connectTimeout(.hours(1)).resolver(witness)
            .connect(host: "db.test", port: server.port)
        let lookup = try await world.scripted.nextLookup()
        // NIO has asked for both parts by then.
        try await world.group.next().submit {}.get()
        try #require(witness.given.count == 2)
        lookup.start()
        // Nothing listens there.
        let closed = IPAddress.v4(IPv4Address(bits: 0x7F09_0807))
        lookup.answer([closed], settling: .ipv4)
        #expect(try await witness.given[0].get() == [SocketAddress(ipAddress: "\(closed)", port: server.port)])
        lookup.answer([.v6(.loopback, zone: nil)], settling: .ipv6)
        lookup.end()
        #expect(try await witness.given[1].get() == [SocketAddress(ipAddress: "::1", port: server.port)])
        let channel = try await dial.get()
        #expect(channel.remoteAddress?.ipAddress == "::1")
        try await channel.close()
        try await server.stop()
        try await world.group.shutdownGracefully()
    }

    @Test func `what the resolver said is in the error, and who was asked`() async throws {
        let world = World(policy: AddressPolicy(denied: [try IPNetwork("127.0.0.0/8")], elsewhere: .allowed))
        let answer = world.resolver.initiateAAAAQuery(host: "db.test", port: 80)
        let lookup = try await world.scripted.nextLookup()
        lookup.start()
        lookup.end(ResolutionError(.temporaryFailure, "SERVFAIL"))
        let error = await failure { try await answer.get() }
        #expect(error?.code == .temporaryNameFailure)
        #expect(error?.resolutionError == ResolutionError(.temporaryFailure, "SERVFAIL"))
        let literal = await failure {
            try await world.resolver.initiateAAAAQuery(host: "127.0.0.1", port: 80).get()
        }
        #expect(literal?.report.source == .numeric)
        #expect(literal?.report.attempts.map(\.outcome) == [.vetoed])
        #expect(literal?.message == "the policy forbids every address: 127.0.0.1:80 forbidden: in 127.0.0.0/8")
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
