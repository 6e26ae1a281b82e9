// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import NIOCore
import Testing

@testable import FairDial

/// Dials of one name again and again, with and without a memory.
@Suite(.timeLimit(.minutes(15))) struct `The outcome memory` {
    private static let one = Destinations.four1
    private static let two = Destinations.four2
    private static let here = IPAddress.v4(IPv4Address(bits: 0x0A00_0002))
    private static let elsewhere = IPAddress.v4(IPv4Address(bits: 0xC0A8_0102))

    private func at(_ milliseconds: Int) -> Duration { .milliseconds(milliseconds) }

    /// Dials `db.test`, which has both addresses, and moves the clock on until the dial ends.
    private func dial(_ world: ScriptedWorld, until end: Duration) async throws -> [Destination] {
        let before = world.network.opened.count
        async let dialed = world.dialer.takeSocket(to: "db.test", port: 80)
        let lookup = try await world.resolver.nextLookup()
        lookup.start()
        lookup.answer([Self.one, Self.two])
        lookup.end()
        // The dial has its timer once it is on its loop; a clock that was moved before would never wake it.
        await world.clock.sleepers()
        await world.clock.advance(to: end)
        _ = try await dialed
        return world.network.opened[before...].map(\.destination)
    }

    private func world(memory: OutcomeMemory?) -> ScriptedWorld {
        let world = ScriptedWorld(
            [
                Destinations.to(Self.one): .fails(111, after: .milliseconds(3)),
                Destinations.to(Self.two): .connects(after: .milliseconds(10)),
            ],
            memory: memory
        )
        world.network.send(from: [Self.one: Self.here, Self.two: Self.here])
        return world
    }

    @Test func `what connected is tried first the next time`() async throws {
        let memory = OutcomeMemory()
        let world = world(memory: memory)
        let (one, two) = (Destinations.to(Self.one), Destinations.to(Self.two))
        #expect(try await dial(world, until: at(100)) == [one, two])
        #expect(try await dial(world, until: at(200)) == [two])
        memory.clear()
        #expect(try await dial(world, until: at(300)) == [one, two])
    }

    @Test func `without a memory the order is the answer's`() async throws {
        let world = world(memory: nil)
        let (one, two) = (Destinations.to(Self.one), Destinations.to(Self.two))
        #expect(try await dial(world, until: at(100)) == [one, two])
        #expect(try await dial(world, until: at(200)) == [one, two])
    }

    @Test func `another network begins afresh`() async throws {
        let world = world(memory: OutcomeMemory())
        let (one, two) = (Destinations.to(Self.one), Destinations.to(Self.two))
        #expect(try await dial(world, until: at(100)) == [one, two])
        world.network.send(from: [Self.one: Self.elsewhere, Self.two: Self.elsewhere])
        #expect(try await dial(world, until: at(200)) == [one, two])
    }

    @Test func `a failure is forgiven sooner than a connection is forgotten`() async throws {
        let world = world(memory: OutcomeMemory(lifetime: at(1_000), failureLifetime: at(50)))
        let (one, two) = (Destinations.to(Self.one), Destinations.to(Self.two))
        #expect(try await dial(world, until: at(100)) == [one, two])
        #expect(try await dial(world, until: at(900)) == [two])
        await world.clock.advance(to: at(1_200))
        #expect(try await dial(world, until: at(1_300)) == [one, two])
    }

    @Test func `a known round trip times the next attempt`() async throws {
        let world = world(memory: OutcomeMemory())
        let (one, two) = (Destinations.to(Self.one), Destinations.to(Self.two))
        #expect(try await dial(world, until: at(100)) == [one, two])
        // What connected within 10 ms is silent now: its retransmission is due before the usual delay is over.
        world.network.change(two, to: .hangs)
        world.network.change(one, to: .connects(after: .milliseconds(1)))
        #expect(try await dial(world, until: at(201)) == [two, one])
        #expect(world.network.opened.suffix(2).map(\.at) == [at(100), at(200)])
    }

    @Test func `what is remembered can be seen`() async throws {
        let memory = OutcomeMemory()
        let server = try await LoopbackServer.start()
        var configuration = DialerConfiguration()
        configuration.memory = memory
        let connection = try await Dialer(configuration).connect(to: "localhost", port: server.port)
        try await connection.output.close()
        let four = ConnectOutcomes.Route(from: .v4(.loopback), to: .v4(.loopback))
        guard case .connected? = memory.known[four] else {
            Issue.record("\(memory.known)")
            return
        }
        memory.clear()
        #expect(memory.known == [:])
        try await server.stop()
    }
}
