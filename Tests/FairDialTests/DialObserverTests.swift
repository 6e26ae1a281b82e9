// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NIOPosix
import NameResolution
import TestHelpers
import Testing

@testable import FairDial

/// `DialerConfiguration.observer` sees every dial once, whichever way it ends.
@Suite(.timeLimit(.minutes(15))) struct `An observer` {
    /// Keeps what it is told.
    private final class Keeper: DialObserver {
        let begun = NIOLockedValueBox<[String]>([])
        let ended = NIOLockedValueBox<[ObservedDial]>([])

        func dialBegins(to target: Target) -> (@Sendable (ObservedDial) -> Void)? {
            begun.withLockedValue { $0.append("\(target)") }
            if target.host == "boring.test" { return nil }
            return { dial in self.ended.withLockedValue { $0.append(dial) } }
        }

        var outcomes: [String] {
            ended.withLockedValue { dials in
                dials.map { dial in
                    switch dial.outcome {
                    case .connected(let winner): "connected \(winner.destination)"
                    case .resolved(let addresses): "resolved \(addresses.count)"
                    case .failed(let error): "\(error.code)"
                    }
                }
            }
        }
    }

    private let keeper = Keeper()

    private func script() throws -> ScriptedDialer {
        var configuration = DialerConfiguration()
        configuration.observer = keeper
        configuration.overrides = ["known.test": [try IPAddress("192.0.2.7")]]
        return try ScriptedDialer(
            names: [
                "db.test": .addresses("192.0.2.1", after: .milliseconds(20)), "none.test": .fails(.notThere),
                "boring.test": .addresses("192.0.2.1"),
            ],
            network: ["192.0.2.1:80": .connects(after: .milliseconds(10)), "192.0.2.2:80": .hangs],
            configuration: configuration
        )
    }

    @Test func `sees a dial that connects, with its clocks and its start`() async throws {
        let script = try script()
        async let dialed = script.dialer.connect(to: "db.test", port: 80)
        await script.clock.sleepers()
        await script.clock.advance(to: .seconds(1))
        _ = try await dialed
        #expect(keeper.begun.withLockedValue { $0 } == ["db.test:80"])
        #expect(keeper.outcomes == ["connected 192.0.2.1:80"])
        let dial = try #require(keeper.ended.withLockedValue { $0.first })
        #expect(dial.duration == .milliseconds(30))
        #expect(dial.report.total == dial.duration)
        #expect(dial.start > .seconds(1_700_000_000))
        #expect(dial.lookups.count == 1)
    }

    @Test func `sees which dials shared a lookup`() async throws {
        let server = try await LoopbackServer.start()
        let resolver = ScriptedResolver()
        var configuration = DialerConfiguration()
        configuration.observer = keeper
        configuration.resolver = NameResolver(resolver, localNames: nil)
        let dialer = Dialer(configuration)
        let port = server.port
        async let first = dialer.connect(to: "db.test", port: port)
        async let second = dialer.connect(to: "db.test", port: port)
        #expect(await Patience.untilTrue { dialer.lookupsInFlight.first?.waiters == 2 })
        let lookup = try await resolver.nextLookup(of: "db.test")
        lookup.answer([.v4(.loopback)])
        lookup.end()
        let connections = try await (first, second)
        let dials = keeper.ended.withLockedValue { $0 }
        #expect(dials.count == 2)
        #expect(dials.first?.lookups.count == 1)
        #expect(dials.first?.lookups == dials.last?.lookups)
        try await connections.0.channel.close()
        try await connections.1.channel.close()
        try await server.stop()
    }

    @Test func `sees each failure once: of a name, a literal, a group, an option, a cancelled task`() async throws {
        let script = try script()
        let dialer = script.dialer
        _ = await failure { try await dialer.connect(to: "none.test", port: 80) }
        var options = DialOptions()
        options.families = []
        _ = await failure { [options] in try await dialer.connect(to: "db.test", port: 80, options: options) }
        _ = await failure { try await dialer.connect(to: "fe80::1%nowhere", port: 80) }
        let cancelled = Task { try await dialer.connect(to: "192.0.2.2", port: 80) }
        await script.clock.sleepers()
        cancelled.cancel()
        _ = await failure { try await cancelled.value }
        #expect(keeper.outcomes == ["nameNotFound", "invalidOption", "invalidTarget", "cancelled"])

        var configuration = DialerConfiguration()
        configuration.observer = keeper
        configuration.group = EmbeddedEventLoop()
        let embedded = Dialer(configuration)
        _ = await failure { try await embedded.connect(to: "192.0.2.1", port: 80) }
        #expect(keeper.outcomes.last == "unsupportedEventLoop")
        #expect(keeper.begun.withLockedValue { $0.count } == 5)
        #expect(keeper.outcomes.count == 5)
    }

    @Test func `sees answers, known and looked up, and not what it has no interest in`() async throws {
        let script = try script()
        _ = try await script.dialer.resolve("known.test", port: 80)
        async let answer = script.dialer.resolve("db.test", port: 80)
        await script.clock.sleepers()
        await script.clock.advance(to: .milliseconds(20))
        _ = try await answer
        _ = try await script.dialer.resolve("boring.test", port: 80)
        #expect(keeper.outcomes == ["resolved 1", "resolved 1"])
        #expect(keeper.begun.withLockedValue { $0.last } == "boring.test:80")
    }

    @Test func `sees dials of futures, and what they say of a loop that is none of NIO's`() async throws {
        let server = try await LoopbackServer.start()
        var configuration = DialerConfiguration()
        configuration.observer = keeper
        let dialer = Dialer(configuration)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let connection = try await dialer.connect(to: "127.0.0.1", port: server.port, on: loop).get()
        #expect(keeper.outcomes == ["connected 127.0.0.1:\(server.port)"])
        try await connection.channel.close()
        try await server.stop()
        let embedded = EmbeddedEventLoop()
        let refused = dialer.connect(to: "127.0.0.1", port: 80, on: embedded)
        #expect(throws: DialError.self) { try refused.wait() }
        #expect(keeper.outcomes.last == "unsupportedEventLoop")
    }

    @Test func `is told whether a name was looked up, and not by a bootstrap's resolver`() async throws {
        let server = try await LoopbackServer.start()
        var configuration = DialerConfiguration()
        configuration.observer = keeper
        let dialer = Dialer(configuration)
        for host in ["127.0.0.1", "localhost"] {
            try await dialer.connect(to: host, port: server.port).channel.close()
        }
        #expect(keeper.ended.withLockedValue { $0.map(\.lookedUp) } == [false, true])
        let resolver = FairResolver(dialer)
        _ = try? await resolver.initiateAAAAQuery(host: "fe80::1%nowhere", port: 80).get()
        #expect(keeper.begun.withLockedValue { $0.count } == 2)
        try await server.stop()
    }

    @Test func `may dial by itself`() async throws {
        /// Dials again when the first dial has ended.
        final class Dialing: DialObserver {
            let again = NIOLockedValueBox<EventLoopFuture<Connection<any Channel>>?>(nil)
            let count = NIOLockedValueBox(0)

            func dialBegins(to target: Target) -> (@Sendable (ObservedDial) -> Void)? {
                { _ in
                    let isFirst = self.count.withLockedValue { count in
                        count += 1
                        return count == 1
                    }
                    guard isFirst else { return }
                    var configuration = DialerConfiguration()
                    configuration.observer = self
                    let loop = MultiThreadedEventLoopGroup.singleton.next()
                    let dialed = Dialer(configuration).connect(to: target, on: loop)
                    self.again.withLockedValue { $0 = dialed }
                }
            }
        }
        let server = try await LoopbackServer.start()
        let observer = Dialing()
        var configuration = DialerConfiguration()
        configuration.observer = observer
        let first = try await Dialer(configuration).connect(to: "127.0.0.1", port: server.port)
        let second = try await observer.again.withLockedValue { $0 }?.get()
        #expect(observer.count.withLockedValue { $0 } == 2)
        try await first.channel.close()
        try await second?.channel.close()
        try await server.stop()
    }
}

extension ResolutionError {
    fileprivate static let notThere = ResolutionError(.nameNotFound, "none")
}
