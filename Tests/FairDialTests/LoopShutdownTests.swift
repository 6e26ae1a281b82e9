// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import FairDialTestKit
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import NameResolution
import Testing

@testable import FairDial

/// A dial whose loops are shut down in the middle of it ends at once, with an error of its own, on both faces.
@Suite(.timeLimit(.minutes(15))) struct `Rule 9: a dial does not outlive its loops` {
    enum Face: CaseIterable, Sendable {
        case task, future
    }

    private static let stages = ["queue", "lookup", "attempt", "initializer", "readiness"]

    /// Loops of the test's own, and a dialer on them.
    private struct World {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let resolver = ScriptedResolver()
        let dialer: Dialer

        init() {
            var configuration = DialerConfiguration()
            configuration.group = group
            configuration.resolver = NameResolver(resolver, localNames: nil)
            // However busy the machine is, no clock of the dial's is to end it first.
            configuration.timeouts = Timeouts(
                queue: .seconds(600),
                lookup: .seconds(600),
                connect: .seconds(600),
                handshake: .seconds(600)
            )
            dialer = Dialer(configuration)
        }

        /// Begins a dial, and returns what it will have ended with.
        func dial(
            _ face: Face,
            to host: String,
            port: Int,
            _ options: DialOptions = DialOptions(),
            initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void> = {
                $0.eventLoop.makeSucceededVoidFuture()
            }
        ) -> Task<DialError?, Never> {
            switch face {
            case .task:
                return Task { [dialer] in
                    await failure {
                        try await dialer.connect(to: host, port: port, options: options, initializer: initializer)
                    }
                }
            case .future:
                let (results, result) = AsyncStream.makeStream(of: Result<Void, any Error>.self)
                dialer.connect(to: host, port: port, options: options, on: group.next(), initializer: initializer)
                    .map { _ in }.whenComplete { result.yield($0) }
                return Task { await failure { for await result in results { return try result.get() } } }
            }
        }
    }

    @Test(arguments: Face.allCases, ["queue", "lookup"])
    func `while its name is looked up`(face: Face, stage: String) async throws {
        let world = World()
        let dial = world.dial(face, to: "db.test", port: 1)
        let lookup = try await world.resolver.nextLookup()
        if stage == "lookup" { lookup.start() }
        try await world.group.shutdownGracefully()
        let error = await dial.value
        #expect(error?.code == .eventLoopShutdown)
        #expect(error?.message == "its event loop was shut down during \(stage)")
        #expect(error?.fault == .caller)
        #expect(error?.isRetryable == false)
        #expect(lookup.cancellations == 1)
    }

    #if os(Linux)
        @Test(arguments: Face.allCases)
        func `while its attempts are under way`(face: Face) async throws {
            let world = World()
            let server = try FullBacklog()
            let started = world.group.next().makePromise(of: Void.self)
            var options = DialOptions()
            options.onStart = { started.succeed() }
            // However busy the machine is, its own clock is not to end it first.
            options.timeouts = Timeouts(connect: .seconds(600))
            let dial = world.dial(face, to: "127.0.0.1", port: server.port, options)
            try await started.futureResult.get()
            try await world.group.shutdownGracefully()
            let error = await dial.value
            #expect(error?.code == .eventLoopShutdown)
            #expect(error?.report.attempts.map(\.outcome) == [.abandoned])
            server.stop()
        }
    #endif

    @Test(arguments: Face.allCases)
    func `while its initializer is at work`(face: Face) async throws {
        let world = World()
        let server = try await LoopbackServer.start()
        let elsewhere = MultiThreadedEventLoopGroup.singleton.next()
        let begun = elsewhere.makePromise(of: Void.self)
        let held = elsewhere.makePromise(of: Void.self)
        let dial = world.dial(face, to: "127.0.0.1", port: server.port) { _ in
            begun.succeed()
            return held.futureResult
        }
        try await begun.futureResult.get()
        try await world.group.shutdownGracefully()
        #expect(await dial.value?.code == .eventLoopShutdown)
        await server.closed(1)
        held.succeed()
        try await server.stop()
    }

    @Test(arguments: Face.allCases)
    func `before it is ready`(face: Face) async throws {
        let world = World()
        let server = try await LoopbackServer.start()
        let elsewhere = MultiThreadedEventLoopGroup.singleton.next()
        let begun = elsewhere.makePromise(of: Void.self)
        let never = elsewhere.makePromise(of: Void.self)
        var options = DialOptions()
        options.readiness = .when { _ in
            begun.succeed()
            return never.futureResult
        }
        let dial = world.dial(face, to: "127.0.0.1", port: server.port, options)
        try await begun.futureResult.get()
        try await world.group.shutdownGracefully()
        #expect(await dial.value?.code == .eventLoopShutdown)
        await server.closed(1)
        never.succeed()
        try await server.stop()
    }

    @Test(.tags(.wallClock), .enabled(if: TLSServer.isToBeHad, "needs openssl"), arguments: Face.allCases)
    func `in the middle of a handshake with a mute peer, without waiting for its farewell by the wall clock`(face: Face)
        async throws
    {
        let world = World()
        let server = try await TLSServer.start(.mute)
        let begun = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: Void.self)
        let context = try TLSServer.clientContext()
        var options = DialOptions()
        options.readiness = .tlsHandshake
        let dial = world.dial(face, to: "127.0.0.1", port: server.port, options) { channel in
            channel.eventLoop.makeCompletedFuture {
                let handler = try NIOSSLClientHandler(context: context, serverHostname: TLSServer.name)
                try channel.pipeline.syncOperations.addHandler(handler)
                try channel.pipeline.syncOperations.addHandler(OnceActive(begun))
            }
        }
        try await begun.futureResult.get()
        let began = ContinuousClock.now
        try await world.group.shutdownGracefully()
        #expect(await dial.value?.code == .eventLoopShutdown)
        // TLS itself would wait for five seconds.
        #expect(ContinuousClock.now - began < .seconds(4))
        try await server.stop()
    }

    private final class OnceActive: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let promise: EventLoopPromise<Void>

        init(_ promise: EventLoopPromise<Void>) {
            self.promise = promise
        }

        func channelActive(context: ChannelHandlerContext) {
            context.fireChannelActive()
            promise.succeed()
        }
    }

    /// Never has an answer.
    private struct Silence: RecordsAlone {
        let asked: AsyncStream<Void>.Continuation
        let left: AsyncStream<Void>.Continuation

        func records(
            of name: DomainName,
            _ type: RecordType,
            for fairnessKey: FairnessKey?
        ) async throws(ResolutionError) -> RecordAnswer {
            let (nothing, _) = AsyncStream.makeStream(of: Void.self)
            asked.yield()
            for await _ in nothing {}
            left.yield()
            throw ResolutionError(.cancelled, "nobody waits any more")
        }
    }

    @Test func `while a service is looked up`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let (asked, ask) = AsyncStream.makeStream(of: Void.self)
        let (left, leave) = AsyncStream.makeStream(of: Void.self)
        var configuration = DialerConfiguration()
        configuration.group = group
        configuration.resolver = Silence(asked: ask, left: leave)
        configuration.timeouts.lookup = .seconds(600)
        let dialer = Dialer(configuration)
        let dial = Task { await failure { try await dialer.connect(to: .service("_db._tcp.example.org")) } }
        for await _ in asked { break }
        try await group.shutdownGracefully()
        #expect(await dial.value?.code == .eventLoopShutdown)
        for await _ in left { break }
    }

    @Test func `where they were shut down before it began`() async throws {
        let world = World()
        let server = try await LoopbackServer.start()
        let loop = world.group.next()
        try await world.group.shutdownGracefully()
        let dialer = world.dialer
        var configuration = dialer.configuration
        configuration.resolver = ScriptedService(records: nil, names: ScriptedResolver())
        let services = Dialer(configuration)
        let port = server.port
        let dials: [@Sendable () async throws -> Void] = [
            { _ = try await dialer.connect(to: "127.0.0.1", port: port) },
            { _ = try await dialer.connect(to: "db.test", port: port) },
            { _ = try await dialer.takeSocket(to: "db.test", port: port) },
            { _ = try await dialer.resolve("db.test", port: port) },
            { _ = try await services.connect(to: .service("_db._tcp.example.org")) },
            {
                _ = try await dialer.connect(to: "127.0.0.1", port: port, on: loop).get()
            },
            {
                let target = try Target(host: "127.0.0.1", port: port)
                _ = try await dialer.connectSocket(to: target, on: loop) { $0.report }.get()
            },
        ]
        // What is wrong before any loop is needed is told as it is.
        let mistakes: [@Sendable () async throws -> Void] = [
            { _ = try await dialer.connect(to: "127.0.0.1", port: 0, on: loop).get() },
            { _ = try await dialer.connect(to: "", port: 80, on: loop).get() },
        ]
        for dial in dials { #expect(await failure { try await dial() }?.code == .eventLoopShutdown) }
        for mistake in mistakes { #expect(await failure { try await mistake() }?.code == .invalidTarget) }
        // The sockets that had been opened before the shutdown was seen.
        await server.closed(server.accepted)
        try await server.stop()
    }

    /// Dials again as soon as its channel has closed, as clients do.
    private final class Redialer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let dialer: Dialer
        private let port: Int
        private let ended: @Sendable (Result<Void, any Error>) -> Void

        init(_ dialer: Dialer, _ port: Int, _ ended: @escaping @Sendable (Result<Void, any Error>) -> Void) {
            self.dialer = dialer
            self.port = port
            self.ended = ended
        }

        func channelInactive(context: ChannelHandlerContext) {
            dialer.connect(to: "127.0.0.1", port: port, on: context.eventLoop).map { _ in }.whenComplete(ended)
        }
    }

    @Test func `where it begins while they are being shut down`() async throws {
        let world = World()
        let server = try await LoopbackServer.start()
        let (results, result) = AsyncStream.makeStream(of: Result<Void, any Error>.self)
        let dialer = world.dialer
        let port = server.port
        let connection = try await dialer.connect(to: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Redialer(dialer, port) { result.yield($0) })
            }
        }
        #expect(connection.channel.isActive)
        try await world.group.shutdownGracefully()
        let error = await failure { for await result in results { return try result.get() } }
        #expect(error?.code == .eventLoopShutdown)
        await server.closed(2)
        try await server.stop()
    }
}
