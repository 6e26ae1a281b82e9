// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import DNSResolution
import FairDialTestKit
import GetAddrInfo
import IPAddresses
import NIOCore
import NameResolution
import SystemResolution
import Testing

@testable import FairDial

/// Every duration that a caller can set, and the largest, smallest and oddest that there are: a dial ends as it does
/// with others, and nothing traps. Callers write "for ever" and "long ago" in many ways.
@Suite(.timeLimit(.minutes(15))) struct `Durations beyond reason` {
    static let extremes: [Duration] = [
        .zero, .nanoseconds(-1), .nanoseconds(1), Duration(secondsComponent: 0, attosecondsComponent: 1),
        .seconds(Int64.max), .seconds(Int64.min),
        Duration(secondsComponent: .max, attosecondsComponent: 999_999_999_999_999_999),
        Duration(secondsComponent: .min, attosecondsComponent: -999_999_999_999_999_999),
        Duration(attoseconds: .max), Duration(attoseconds: .min),
        .nanoseconds(Int64.max), .nanoseconds(Int64.min), .milliseconds(Int64.max),
        // Foundation's distant past and distant future, from about now.
        .seconds(-63_900_000_000), .seconds(62_300_000_000),
    ]

    /// What a caller sets.
    struct Settings: Sendable {
        var configuration = DialerConfiguration()
        var options = DialOptions()
        var memory: (Duration, Duration)?
    }

    struct Knob: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let turn: @Sendable (inout Settings, Duration) -> Void

        init(_ name: String, _ turn: @escaping @Sendable (inout Settings, Duration) -> Void) {
            testDescription = name
            self.turn = turn
        }
    }

    static let knobs: [Knob] = [
        Knob("queue timeout") { $0.configuration.timeouts.queue = $1 },
        Knob("lookup timeout") { $0.configuration.timeouts.lookup = $1 },
        Knob("connect timeout") { $0.configuration.timeouts.connect = $1 },
        Knob("handshake timeout") { $0.configuration.timeouts.handshake = $1 },
        Knob("a dial's own timeouts") {
            $0.options.timeouts = Timeouts(queue: $1, lookup: $1, connect: $1, handshake: $1)
        },
        Knob("deadline") { $0.options.deadline = $1 },
        Knob("deadline and timeouts") {
            $0.configuration.timeouts = Timeouts(queue: $1, lookup: $1, connect: $1, handshake: $1)
            $0.options.deadline = $1
        },
        Knob("attempt delay") { $0.configuration.race.attemptDelay = $1 },
        Knob("minimum attempt delay") { $0.configuration.race.minimumAttemptDelay = $1 },
        Knob("resolution delay") { $0.configuration.race.resolutionDelay = $1 },
        Knob("an attempt's timeout") { $0.configuration.race.attemptTimeout = $1 },
        Knob("the race's timeout") { $0.configuration.race.timeout = $1 },
        Knob("a dial's own race") {
            var race = RaceConfiguration(rules: .version3, attemptTimeout: $1)
            race.timeout = $1
            race.resolutionDelay = $1
            $0.options.race = race
        },
        Knob("the memory's lifetime") { $0.memory = ($1, .seconds(60)) },
        Knob("a failure's lifetime") { $0.memory = (.seconds(600), $1) },
    ]

    /// Looks a name up, IPv4 first; one address is silent, the other connects after a while. Moves the clock on by an
    /// hour and calls the dial off: whatever the settings, it has ended then.
    @Test(arguments: knobs) func `a dial ends, and in time`(knob: Knob) async throws {
        for extreme in Self.extremes {
            var settings = Settings()
            knob.turn(&settings, extreme)
            if let (lifetime, failureLifetime) = settings.memory {
                settings.configuration.memory = OutcomeMemory(lifetime: lifetime, failureLifetime: failureLifetime)
            }
            let clock = ManualClock()
            let network = ScriptedNetwork(
                on: clock,
                [Destinations.to(Destinations.four1): .connects(after: .seconds(1))]
            )
            network.send(from: [Destinations.four1: .v4(.loopback), Destinations.six1: .v6(.loopback, zone: nil)])
            let resolver = ScriptedResolver()
            settings.configuration.connector = network
            settings.configuration.resolver = NameResolver(resolver, localNames: nil)
            settings.configuration.group = clock.loop
            let dialer = Dialer(settings.configuration)
            for _ in 0..<2 {
                let dial = Task { [options = settings.options] in
                    try await dialer.takeSocket(to: "db.test", port: 80, options: options)
                }
                let lookup = try await resolver.nextLookup()
                await clock.sleepers()
                lookup.start()
                lookup.answer([Destinations.four1], settling: .ipv4)
                await clock.advance(to: clock.now + .milliseconds(10))
                lookup.answer([Destinations.six1], settling: .ipv6)
                lookup.end()
                await clock.advance(to: clock.now + .seconds(3_600))
                dial.cancel()
                // The printing of what ran out is part of it.
                if case .failure(let error) = await dial.result { #expect("\(error)".isEmpty == false) }
                #expect(network.watchCount == 0 && network.wrongs == [])
            }
        }
    }

    /// The faces that time their own stages beside a dial's.
    @Test(arguments: knobs) func `services, answers, literals and listeners`(knob: Knob) async throws {
        let server = try await LoopbackServer.start()
        for extreme in Self.extremes {
            var settings = Settings()
            knob.turn(&settings, extreme)
            settings.configuration.resolver = OneService(port: UInt16(server.port))
            settings.configuration.overrides = ["good.test.": [.v4(.loopback)]]
            let (dialer, options) = (Dialer(settings.configuration), settings.options)
            // Whether a timeout of nothing is enough is the machine's affair; that it ends is ours.
            let channels = [
                try? await dialer.connect(to: .service("_db._tcp.example.org"), options: options).output,
                try? await dialer.connect(to: "127.0.0.1", port: server.port, options: options).output,
                try? await dialer.connect(
                    to: "127.0.0.1",
                    port: server.port,
                    options: options,
                    on: dialer.configuration.group.any()
                ).get().output,
            ]
            for channel in channels { try? await channel?.close() }
            _ = try? await dialer.targets(ofService: "_db._tcp.example.org", options: options)
            _ = try? await dialer.resolve("127.0.0.1", port: 80, options: options)
            await (try? Listener.bind(host: "127.0.0.1", port: 0, dialer: dialer) { $0 })?.close()
        }
        try await server.stop()
    }

    private struct OneService: RecordsAlone {
        let port: UInt16

        func records(
            of name: DomainName,
            _ type: RecordType,
            for fairnessKey: FairnessKey?
        ) async throws(ResolutionError) -> RecordAnswer {
            let target = (try? DomainName("good.test")) ?? .root
            let record = SRVRecord(priority: 1, weight: 1, port: port, target: target)
            let records = [Record(name: name, timeToLive: 60, data: record)]
            return RecordAnswer(records: records, name: name, timeToLive: 60)
        }
    }

    @Test(arguments: extremes) func `what is reported is added up and printed`(extreme: Duration) {
        for other in Self.extremes {
            let report = DialReport(queue: extreme, lookup: other, connect: extreme, handshake: other)
            #expect("\(report)".isEmpty == false)
            #expect(extreme < .zero || other < .zero || report.total >= max(extreme, other))
        }
        #expect(extreme.readable.hasSuffix("s"))
    }

    @Test(arguments: extremes) func `a race is timed by whatever clock`(extreme: Duration) {
        for other in Self.extremes {
            var configuration = RaceConfiguration(attemptTimeout: other)
            configuration.timeout = other
            var race = ConnectionRace(awaiting: .both, configuration)
            let (four, six) = (Destinations.to(Destinations.four1), Destinations.to(Destinations.six1))
            race.expect(other, to: four)
            _ = race.answered([four], awaiting: .ipv6, services: false, at: extreme)
            _ = (race.wakeTime, race.advance(to: other), race.wakeTime)
            _ = race.answered([six, four], awaiting: [], services: false, at: extreme)
            _ = (race.wakeTime, race.failed(six, at: other), race.postponed(four), race.socketMayBeHad(at: other))
            _ = (race.advance(to: extreme), race.advance(to: other), race.wakeTime)
            var outcomes = ConnectOutcomes(capacity: 1, lifetime: other, failureLifetime: extreme)
            let route = ConnectOutcomes.Route(from: .v4(.loopback), to: .v4(.loopback))
            for now in [extreme, other] {
                outcomes.note(.connected(after: extreme), on: route, at: now)
                outcomes.note(.connected(after: other), on: route, at: now)
                outcomes.note(.outrun(after: extreme), on: route, at: now)
                outcomes.note(.connected(after: other), on: route, at: now)
                outcomes.note(.failed, on: route, at: now)
                _ = outcomes.outcomes(at: other)
            }
        }
    }

    @Test(arguments: extremes) func `a DNS resolver keeps, waits and retires`(extreme: Duration) async throws {
        let server = try await DNSServer.start { _ in DNSServer.Response(.addresses([.v4(.loopback)])) }
        let turns: [(inout DNSResolverConfiguration) -> Void] = [
            { $0.lookupTimeout = extreme }, { $0.ports.lifetime = extreme }, { $0.cache.lifetimes = extreme...extreme },
            { $0.cache.lifetimes = .zero...max(.zero, extreme) }, { $0.cache.negativeLifetimeLimit = extreme },
            { $0.cache.staleness = extreme },
        ]
        for turn in turns {
            var configuration = DNSResolverConfiguration()
            configuration.configurationPath = ""
            configuration.servers = [NameServer(Endpoint(address: .v4(.loopback), port: UInt16(server.port)))]
            turn(&configuration)
            let resolver = DNSResolver(configuration)
            var dialing = DialerConfiguration()
            dialing.resolver = NameResolver(resolver, localNames: nil)
            dialing.timeouts.lookup = .seconds(2)
            for _ in 0..<2 {
                let error = await Result { try await Dialer(dialing).resolve("db.test", port: 80) }.failure
                #expect(error == nil || configuration.lookupTimeout != nil, "\(String(describing: error))")
            }
        }
        await server.stop()
    }

    @Test(arguments: extremes) func `a system resolver's threads and second calls`(extreme: Duration) async throws {
        for turn in [true, false] {
            let configuration =
                turn
                ? SystemResolverConfiguration(secondCallDelay: extreme)
                : SystemResolverConfiguration(idleTime: extreme)
            let resolver = SystemResolver(configuration) { _, _ in .failure(.noName) }
            var dialing = DialerConfiguration()
            dialing.resolver = NameResolver(resolver, localNames: nil)
            let error = await Result { try await Dialer(dialing).resolve("db.test", port: 80) }.failure
            #expect((error as? DialError)?.code == .nameNotFound)
        }
    }

    @Test(arguments: extremes) func `the test kit's clock and servers`(extreme: Duration) async throws {
        let clock = ManualClock()
        await clock.advance(to: extreme)
        #expect(clock.now >= .zero)
        let server = try await DNSServer.start { _ in DNSServer.Response(.addresses([.v4(.loopback)]), after: extreme) }
        var configuration = DNSResolverConfiguration()
        configuration.configurationPath = ""
        configuration.servers = [NameServer(Endpoint(address: .v4(.loopback), port: UInt16(server.port)))]
        configuration.lookupTimeout = .milliseconds(50)
        var dialing = DialerConfiguration()
        dialing.resolver = NameResolver(DNSResolver(configuration), localNames: nil)
        _ = try? await Dialer(dialing).resolve("db.test", port: 80)
        await server.stop()
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }

    fileprivate var failure: (any Error)? {
        if case .failure(let error) = self { error } else { nil }
    }
}
