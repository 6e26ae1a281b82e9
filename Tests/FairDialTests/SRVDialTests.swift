// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import FairDialTestKit
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NameResolution
import Testing

@testable import FairDial

private let six1 = Destinations.six1
private let four1 = Destinations.four1
private let four2 = Destinations.four2

private func record(_ priority: UInt16, _ target: String, port: UInt16 = 443) throws -> SRVRecord {
    SRVRecord(priority: priority, weight: 1, port: port, target: try DomainName(target))
}

/// A service in a scripted network.
private struct ServiceWorld {
    static let name = "_db._tcp.example.org"

    let world: ScriptedWorld
    let service: ScriptedService
    let dialer: Dialer

    init(_ records: [SRVRecord]?, _ fates: [Destination: ScriptedNetwork.Fate] = [:]) {
        world = ScriptedWorld(fates)
        service = ScriptedService(records: records, names: world.resolver)
        var configuration = world.dialer.configuration
        configuration.resolver = service
        dialer = Dialer(configuration)
    }

    func dial(_ options: DialOptions = DialOptions()) async throws(DialError) -> TakenSocket {
        try await dialer.takeSocket(to: .service(Self.name), options: options)
    }

    func lookup(_ name: String) async throws -> ScriptedLookup {
        try await world.resolver.nextLookup(of: name)
    }

    var opened: [ScriptedNetwork.Opened] { world.network.opened }
}

private func to(_ address: IPAddress, _ port: UInt16 = 443) -> Destination { Destinations.to(address, port: port) }

@Suite(.timeLimit(.minutes(15))) struct `Targets of a service join one race` {
    @Test func `a silent target is followed by the next one after the attempt delay, and the winner is told`()
        async throws
    {
        let world = ServiceWorld(
            [try record(20, "second.test", port: 8_443), try record(10, "first.test")],
            [to(four2, 8_443): .connects(after: at(10))]
        )
        async let dialed = world.dial()
        let first = try await world.lookup("first.test.")
        let second = try await world.lookup("second.test.")
        await world.world.clock.sleepers()
        second.answer([four2])
        second.end()
        #expect(world.opened == [])
        first.answer([four1])
        first.end()
        await world.world.clock.advance(to: at(250))
        await world.world.clock.advance(to: at(260))
        let socket = try await dialed
        #expect(world.opened == [.init(to(four1), at: .zero), .init(to(four2, 8_443), at: at(250))])
        #expect(socket.winner.srvTarget == SRVTarget(name: "second.test", port: 8_443, priority: 20, weight: 1))
        #expect(socket.winner.serverName == "second.test")
        #expect(socket.report.service?.targets.map(\.outcome) == [.tried, .connected])
        #expect(socket.report.connect == at(260))
        #expect(world.world.isClean(open: [to(four2, 8_443)]))
    }

    @Test func `a silent name keeps the next target waiting for the attempt delay`() async throws {
        let world = ServiceWorld(
            [try record(10, "silent.test"), try record(20, "backup.test")],
            [to(four2): .connectsAtOnce]
        )
        async let dialed = world.dial()
        let silent = try await world.lookup("silent.test.")
        let backup = try await world.lookup("backup.test.")
        await world.world.clock.sleepers()
        backup.answer([four2])
        backup.end()
        await world.world.clock.advance(to: at(249))
        #expect(world.opened == [])
        await world.world.clock.advance(to: at(250))
        #expect(try await dialed.winner.serverName == "backup.test")
        #expect(world.opened == [.init(to(four2), at: at(250))])
        #expect(silent.cancellations == 1)
    }

    @Test func `a name that has nothing keeps nobody waiting, and the error names every target`() async throws {
        let world = ServiceWorld(
            [try record(10, "gone.test"), try record(20, "down.test"), try record(30, "none.test", port: 0)],
            [to(four1): .fails(111, after: .zero)]
        )
        let dialed = Task { () async throws(DialError) in try await world.dial() }
        let gone = try await world.lookup("gone.test.")
        let down = try await world.lookup("down.test.")
        await world.world.clock.sleepers()
        down.answer([four1])
        down.end()
        gone.end(ResolutionError(.temporaryFailure, "gone.test A: SERVFAIL"))
        let error = await #expect(throws: DialError.self) { try await dialed.value }
        #expect(error?.code == .allAttemptsFailed)
        #expect(error?.report.service?.targets.map(\.outcome) == [.unresolved, .tried, .skipped])
        #expect(error?.message.contains("gone.test:443: gone.test A: SERVFAIL") == true)
        #expect(error?.message.contains("none.test:0: its port is 0") == true)
        #expect(error?.target == ServiceWorld.name)
    }

    @Test func `a target without a port is no target`() async throws {
        let world = ServiceWorld([try record(10, "none.test", port: 0)])
        let error = await failure { try await world.dial() }
        #expect(error?.code == .noUsableAddress)
        #expect(error?.message == "every SRV target has port 0: none.test:0: its port is 0")
    }

    @Test func `no more than eight names are looked up at once, and one more for each that ends`() async throws {
        let world = ServiceWorld(
            try (0..<20).map { try record(UInt16($0), "t\($0).test") },
            [to(four1): .connectsAtOnce]
        )
        async let dialed = world.dial()
        let first = try await world.lookup("t0.test.")
        await world.world.clock.sleepers()
        #expect(world.world.resolver.lookups.count == 8)
        first.end(ResolutionError(.nameNotFound, "t0.test does not exist"))
        _ = try await world.lookup("t8.test.")
        #expect(world.world.resolver.lookups.count == 9)
        // Silent names hold no slot for longer than a second.
        await world.world.clock.advance(to: at(1_000))
        let late = try await world.lookup("t10.test.")
        #expect(world.world.resolver.lookups.count == 17)
        late.answer([four1])
        await world.world.clock.advance(to: at(1_400))
        #expect(try await dialed.winner.serverName == "t10.test")
        for lookup in world.world.resolver.lookups.dropFirst() { #expect(lookup.cancellations == 1) }
    }

    @Test func `one deadline bounds the lookup of the service and those of its targets`() async throws {
        var options = DialOptions()
        options.deadline = at(300)
        for records in [nil, [try record(10, "silent.test")]] {
            let world = ServiceWorld(records)
            let dialed = Task { [options] in await failure { try await world.dial(options) } }
            await world.world.clock.sleepers()
            await world.world.clock.advance(to: at(300))
            let error = await dialed.value
            #expect(error?.code == .deadlineExceeded)
            #expect(error?.report.total == at(300))
            #expect(world.service.cancellations == (records == nil ? 1 : 0))
        }
    }

    @Test func `a dial that is cancelled leaves the service's lookup, or every target's`() async throws {
        let world = ServiceWorld(nil)
        let dialed = Task { () async throws(DialError) in try await world.dial() }
        await world.world.clock.sleepers()
        world.service.tell(ScriptedService.ended([try record(1, "a.test"), try record(2, "b.test")]))
        let lookups = [try await world.lookup("a.test."), try await world.lookup("b.test.")]
        dialed.cancel()
        await world.world.clock.advance(to: at(1))
        let error = await #expect(throws: DialError.self) { try await dialed.value }
        #expect(error?.code == .cancelled)
        for lookup in lookups { #expect(lookup.cancellations == 1) }
    }

    @Test func `a timeout of a dialer that is not set is the default`() {
        #expect(Timeouts().filled() == FilledTimeouts())
        #expect(
            Timeouts(connect: at(30)).filled()
                == FilledTimeouts(
                    queue: .seconds(30),
                    lookup: .seconds(10),
                    connect: at(30),
                    handshake: .seconds(10)
                )
        )
        var configuration = DialerConfiguration()
        configuration.timeouts.queue = at(1)
        #expect(Dialer(configuration).configuration.timeouts == Timeouts(queue: at(1)))
        #expect(
            Dialer(configuration, timeouts: Timeouts(lookup: at(2))).configuration.timeouts
                == Timeouts(queue: at(1), lookup: at(2))
        )
    }

    @Test func `an option of a dial that is not set is the dialer's`() {
        let dialer = FilledTimeouts(queue: at(1), lookup: at(2), connect: at(3), handshake: at(4))
        #expect(
            Timeouts(connect: at(30)).filled(from: dialer)
                == FilledTimeouts(
                    queue: at(1),
                    lookup: at(2),
                    connect: at(30),
                    handshake: at(4)
                )
        )
        #expect(Timeouts().filled(from: dialer) == dialer)
        #expect(Timeouts(lookup: at(-1)).filled(from: dialer).lookup == .zero)
    }

    @Test func `a resolver that has no records says so`() async {
        let world = ScriptedWorld()
        let error = await failure { try await world.dialer.connectSocket(to: .service("_db._tcp.test")).take() }
        #expect(error?.message.contains("this resolver looks up addresses alone") == true)
    }
}

@Suite(.timeLimit(.minutes(15))) struct `Every face takes every target` {
    @Test func `endpoints, an answer and a service, in tasks and on loops, with the record that won`() async throws {
        let server = try await LoopbackServer.start()
        var configuration = DialerConfiguration()
        configuration.resolver = ScriptedService(
            records: [try record(1, "db.test", port: UInt16(server.port))],
            names: ScriptedResolver()
        )
        configuration.overrides = ["db.test.": [.v4(.loopback)]]
        let dialer = Dialer(configuration)
        let endpoint = Endpoint(address: .v4(.loopback), port: UInt16(server.port))
        let answer = try await dialer.resolve("127.0.0.1", port: server.port)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        for target in [
            try Target.endpoints([endpoint], name: "db"), .answer(answer), try .service("_db._tcp.test"),
            try Target(host: "127.0.0.1", port: server.port),
        ] {
            let plain = try await dialer.connect(to: target)
            let made = try await dialer.connect(to: target) { channel in "\(channel.isActive)" }
            let future = try await dialer.connect(to: target, on: loop).get()
            let output = try await dialer.connect(to: target, on: loop) { $0.eventLoop.makeSucceededFuture(7) }.get()
            let port = try await dialer.connectSocket(to: target, on: loop) { $0.winner.destination.endpoint?.port }
                .get()
            let socket = try await dialer.connectSocket(to: target)
            #expect(made.output == "false" && output.output == 7 && port == endpoint.port)
            #expect(socket.destination == .internet(endpoint))
            #expect(plain.winner.serverName == (plain.srvTarget == nil ? target.host : "db.test"))
            for channel in [plain.channel, made.channel, future.channel, output.channel] { try await channel.close() }
        }
        await server.closed(24)
        try await server.stop()
    }

    @Test func `the winner is told before the initializer runs`() async throws {
        let server = try await LoopbackServer.start()
        var configuration = DialerConfiguration()
        configuration.resolver = ScriptedService(
            records: [try record(1, "db.test", port: UInt16(server.port))],
            names: ScriptedResolver()
        )
        configuration.overrides = ["db.test.": [.v4(.loopback)]]
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        var options = DialOptions()
        options.onWinner = { continuation.yield("\($0.serverName ?? "")") }
        let connection = try await Dialer(configuration).connect(to: .service("_db._tcp.test"), options: options) { _ in
            continuation.yield("initialized")
        }
        continuation.finish()
        var told: [String] = []
        for await word in stream { told.append(word) }
        #expect(told == ["db.test", "initialized"])
        try await connection.channel.close()
        try await server.stop()
    }

    @Test func `a dial of a future is cancelled`() async throws {
        let world = ScriptedWorld()
        let cancellation = DialCancellation()
        var configuration = world.dialer.configuration
        configuration.connector = KernelConnector.shared
        var options = DialOptions()
        options.cancellation = cancellation
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let dialed = Dialer(configuration).connect(to: "db.test", port: 80, options: options, on: loop)
        let lookup = try await world.resolver.nextLookup()
        cancellation.cancel()
        let error = await failure { try await dialed.get() }
        #expect(error?.code == .cancelled)
        #expect(lookup.cancellations == 1)
        // What is given to a later dial calls that off before it begins.
        let again = Dialer(configuration).connect(to: "127.0.0.1", port: 9, options: options, on: loop)
        #expect(await failure { try await again.get() }?.code == .cancelled)
    }

    @Test func `a socket that nobody takes is closed`() async throws {
        let server = try await LoopbackServer.start()
        _ = try await Dialer.shared.connectSocket(to: Target(host: "127.0.0.1", port: server.port)).report
        await server.closed(1)
        try await server.stop()
    }

    @Test func `what failed lately goes last among endpoints that the caller gives`() async throws {
        let memory = OutcomeMemory()
        let world = ScriptedWorld([to(four1): .fails(111, after: .zero), to(four2): .connectsAtOnce], memory: memory)
        world.network.send(from: [four1: .v4(.loopback), four2: .v4(.loopback)])
        let endpoints = [Endpoint(address: four1, port: 443), Endpoint(address: four2, port: 443)]
        for _ in 0..<2 { _ = try await world.dialer.takeSocket(to: .endpoints(endpoints)) }
        #expect(world.opened == [to(four1), to(four2), to(four2)])
    }

    @Test func `a policy sees the host and the port`() async throws {
        let world = ScriptedWorld(
            [to(four1): .connectsAtOnce],
            policy: AddressPolicy { _, host, port in host == "db" && port == 443 }
        )
        let endpoint = Endpoint(address: four1, port: 443)
        _ = try await world.dialer.takeSocket(to: .endpoints([endpoint], name: "db"))
        let other = await failure { try await world.dialer.takeSocket(to: .endpoints([endpoint], name: "other")) }
        #expect(other?.code == .refusedByPolicy)
    }

    @Test func `addresses that are even share the load where that is wanted`() async throws {
        var options = DialOptions()
        options.spread = true
        var first: Set<Destination> = []
        for seed in 0..<20 as Range<UInt64> {
            let world = ScriptedWorld([to(four1, 80): .connectsAtOnce, to(four2, 80): .connectsAtOnce])
            world.network.send(from: [four1: four1, four2: four2])
            var configuration = world.dialer.configuration
            let generator = SharedGenerator(seed)
            configuration.random = RandomSource { generator.next() }
            async let dialed = Dialer(configuration).takeSocket(to: "db.test", port: 80, options: options)
            let lookup = try await world.resolver.nextLookup()
            lookup.answer([four1, four2])
            lookup.end()
            first.insert(try await dialed.destination)
        }
        #expect(first == [to(four1, 80), to(four2, 80)])
    }
}

extension ScriptedWorld {
    fileprivate var opened: [Destination] { network.opened.map(\.destination) }
}

/// A seeded generator that any thread may draw from.
private final class SharedGenerator: Sendable {
    private let generator: NIOLockedValueBox<SeededGenerator>

    init(_ seed: UInt64) { generator = NIOLockedValueBox(SeededGenerator(seed: seed)) }

    func next() -> UInt64 { generator.withLockedValue { $0.next() } }
}
