// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NameResolution
import Testing

@testable import FairDial

/// A program of NIO's that says `FairBootstrap` where it said `ClientBootstrap`.
@Suite(.timeLimit(.minutes(15))) struct `The bootstrap` {
    private final class Named: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
    }

    private static func names(_ channel: any Channel) -> EventLoopFuture<[String]> {
        channel.eventLoop.submit {
            let names = ["options", "own", "protocol", "second"]
            return names.filter { (try? channel.pipeline.syncOperations.context(name: $0)) != nil }
        }
    }

    @Test func `connects to a host and a port, to an address, and to a path of the bootstrap's loops`() async throws {
        let server = try await LoopbackServer.start()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let bootstrap = FairBootstrap(group: group)
        let address = try #require(server.channel.localAddress)
        for future in [
            bootstrap.connect(host: "localhost", port: server.port), bootstrap.connect(to: address),
        ] {
            let channel = try await future.get()
            #expect(channel.eventLoop === group.next())
            #expect(channel.isActive)
            try await channel.close()
        }
        let path = "/tmp/fairdial-bootstrap-\(UInt64.random(in: 0 ... .max)).sock"
        let local = try await LoopbackServer.start(on: SocketAddress(unixDomainSocketPath: path))
        let channel = try await bootstrap.connect(unixDomainSocketPath: path).get()
        try await channel.close()
        try await local.stop()
        try await server.stop()
        try await group.shutdownGracefully()
    }

    @Test func `the initializer runs once, and the protocol's handlers stand in front of its own`() async throws {
        let script = try ScriptedDialer(
            names: ["db.test": .addresses("192.0.2.1", "192.0.2.2")],
            network: ["192.0.2.1:80": .fails(111, after: .zero), "192.0.2.2:80": .connectsAtOnce]
        )
        let count = NIOLockedValueBox(0)
        let channel = try await FairBootstrap(group: script.clock.loop, dialer: script.dialer)
            .protocolHandlers { [Named()] }
            .channelInitializer { channel in
                count.withLockedValue { $0 += 1 }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Named(), name: "own")
                }
            }
            .connect(host: "db.test", port: 80).get()
        #expect(count.withLockedValue { $0 } == 1)
        let isInFront = try await channel.eventLoop.submit {
            let sync = channel.pipeline.syncOperations
            let own = try sync.context(name: "own")
            let first = try sync.context(handlerType: Named.self)
            return first !== own
        }.get()
        #expect(isInFront)
        try await channel.close()
        #expect(script.isClean)
    }

    @Test func `a socket's option is set before it connects, the others on the channel`() async throws {
        let server = try await LoopbackServer.start()
        let group = MultiThreadedEventLoopGroup.singleton
        let plain = try await FairBootstrap(group: group).connect(host: "127.0.0.1", port: server.port).get()
        #expect(try await plain.getOption(.tcpOption(.tcp_nodelay)).get() != 0)
        try await plain.close()
        let channel = try await FairBootstrap(group: group)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.socketOption(.so_linger), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 0)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: server.port).get()
        #expect(try await channel.getOption(.socketOption(.so_keepalive)).get() != 0)
        #expect(try await channel.getOption(.socketOption(.so_linger)).get() == 1)
        #expect(try await channel.getOption(.tcpOption(.tcp_nodelay)).get() == 0)
        #expect(try await channel.getOption(.allowRemoteHalfClosure).get())
        try await channel.close()
        try await server.stop()
        // The kernel takes this one of a socket that is not connected, and of no other.
        let server6 = try await LoopbackServer.start(host: "::1")
        let option = ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only)
        let early = try await FairBootstrap(group: group).channelOption(option, value: 1)
            .connect(host: "::1", port: server6.port).get()
        #expect(try await early.getOption(option).get() == 1)
        await #expect(throws: (any Error).self) { try await early.setOption(option, value: 0).get() }
        try await early.close()
        try await server6.stop()
    }

    @Test func `below NIO's universal bootstrap it is one like any other`() async throws {
        let server = try await LoopbackServer.start()
        let universal = NIOClientTCPBootstrap(
            FairBootstrap(group: MultiThreadedEventLoopGroup.singleton),
            tls: NIOInsecureNoTLS()
        )
        let greeting = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: String.self)
        let channel =
            try await universal
            .channelConvenienceOptions([.allowRemoteHalfClosure])
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let first = FirstBytes(LoopbackServer.greeting.utf8.count, greeting)
                    try channel.pipeline.syncOperations.addHandler(first)
                }
            }
            .connect(host: "localhost", port: server.port).get()
        #expect(try await greeting.futureResult.get() == LoopbackServer.greeting)
        #expect(try await channel.getOption(.allowRemoteHalfClosure).get())
        try await channel.close()
        try await server.stop()
    }

    @Test func `the connect timeout is its own clock's, and an error has the form that was chosen`() async throws {
        for errors in [FairBootstrap.Errors.dialError, .nio] {
            let script = try ScriptedDialer(network: ["192.0.2.1:80": .hangs])
            let failures = NIOLockedValueBox<[DialError]>([])
            let plain = FairBootstrap(group: script.clock.loop, dialer: script.dialer)
            // NIO's own bootstrap takes it as a channel's option too.
            var bootstrap =
                errors == .nio
                ? plain.channelOption(.connectTimeout, value: .seconds(1)) : plain.connectTimeout(.seconds(1))
            bootstrap.errors = errors
            bootstrap.onFailure = { error in failures.withLockedValue { $0.append(error) } }
            let dial = bootstrap.connect(host: "192.0.2.1", port: 80)
            await script.clock.sleepers()
            // So far that the default would end it too: then the error says how long it took.
            await script.clock.advance(to: .seconds(20))
            let error = await #expect(throws: (any Error).self) { _ = try await dial.get() }
            switch errors {
            case .nio: #expect(error as? ChannelError == .connectTimeout(.seconds(1)))
            default: #expect((error as? DialError)?.code == .connectTimeout)
            }
            #expect(failures.withLockedValue { $0.map(\.report.connect) } == [.seconds(1)])
            #expect(failures.withLockedValue { $0.map(\.code) } == [.connectTimeout])
            #expect(script.isClean)
        }
    }

    @Test func `a connect timeout of nil is none, as it is NIO's`() {
        let bootstrap = FairBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.connectTimeout, value: nil)
        #expect(bootstrap.options.timeouts.connect == Duration.nanoseconds(Int64.max))
    }

    @Test func `what the system said is NIO's error too, and what has no such form is a DialError`() throws {
        struct Refusal: Error, Equatable {}
        let attempt = AttemptReport(
            destination: .internet(try Endpoint("192.0.2.1:80")),
            started: .zero,
            ended: .zero,
            outcome: .refused,
            errorNumber: 111
        )
        let refused = DialError(.allAttemptsFailed, "refused", target: "db", report: DialReport(attempts: [attempt]))
        let told = try #require(FairBootstrap.Errors.nio.form(of: refused) as? IOError)
        #expect(told.errnoCode == 111)
        // NIO puts the system's words behind it.
        #expect("\(told)".hasPrefix("connecting to db: "))
        #expect("\(told)".lowercased().split(separator: "refused", omittingEmptySubsequences: false).count == 2)
        #expect((FairBootstrap.Errors.dialError.form(of: refused) as? DialError)?.code == .allAttemptsFailed)
        let failed = DialError(.initializerFailed, "no", target: "db", channelError: Refusal())
        #expect(FairBootstrap.Errors.nio.form(of: failed) as? Refusal == Refusal())
        let missing = DialError(.nameNotFound, "no such name", target: "db")
        #expect((FairBootstrap.Errors.nio.form(of: missing) as? DialError)?.code == .nameNotFound)
    }

    @Test func `a host, an address and a path that cannot be dialed are errors, not traps`() async throws {
        let bootstrap = FairBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        let dials: [@Sendable () async throws -> Void] = [
            { _ = try await bootstrap.connect(host: "", port: 80).get() },
            { _ = try await bootstrap.connect(host: "localhost", port: -1).get() },
            { _ = try await bootstrap.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 0)).get() },
            { _ = try await bootstrap.connect(unixDomainSocketPath: String(repeating: "x", count: 1_000)).get() },
            {
                _ = try await bootstrap.connect(host: "a b", port: 1) { $0.eventLoop.makeSucceededFuture(1) }
            },
        ]
        for dial in dials { #expect(await failure { try await dial() }?.code == .invalidTarget) }
        let server = try await LoopbackServer.start()
        let other = await failure {
            try await FairBootstrap(group: StoppedLoop()).connect(host: "127.0.0.1", port: server.port).get()
        }
        #expect(other?.code == .unsupportedEventLoop)
        try await server.stop()
    }

    @Test func `with an initializer it gives what that makes, and a cancelled task's dial ends`() async throws {
        let server = try await LoopbackServer.start()
        let bootstrap = FairBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        let address = try #require(server.channel.localAddress)
        #expect(try await bootstrap.connect(to: address) { $0.eventLoop.makeSucceededFuture(7) } == 7)
        try await server.stop()

        let script = try ScriptedDialer(network: ["192.0.2.1:80": .hangs])
        let dial = Task {
            try await FairBootstrap(group: script.clock.loop, dialer: script.dialer)
                .connect(host: "192.0.2.1", port: 80) { $0.eventLoop.makeSucceededVoidFuture() }
        }
        await script.clock.sleepers()
        dial.cancel()
        #expect(await failure { try await dial.value }?.code == .cancelled)
        #expect(script.isClean)
    }

    @Test func `a path is no address to bind attempts to, and that is said`() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let bootstrap = FairBootstrap(group: group).bind(to: try SocketAddress(unixDomainSocketPath: "/tmp/none"))
        let error = await failure { try await bootstrap.connect(host: "127.0.0.1", port: 1).get() }
        #expect(error?.code == .invalidOption)
        #expect(error?.message.contains("/tmp/none") == true)
    }

    @Test func `a cancelled task ends its own dial, and no other that has the same cancellation`() async throws {
        let script = try ScriptedDialer(
            network: ["192.0.2.1:80": .hangs, "192.0.2.2:80": .connects(after: .milliseconds(1))]
        )
        var bootstrap = FairBootstrap(group: script.clock.loop, dialer: script.dialer)
        let shared = DialCancellation()
        bootstrap.options.cancellation = shared
        let slow = Task { [bootstrap] in
            try await bootstrap.connect(host: "192.0.2.1", port: 80) { $0.eventLoop.makeSucceededVoidFuture() }
        }
        await script.clock.sleepers()
        slow.cancel()
        #expect(await failure { try await slow.value }?.code == .cancelled)
        #expect(!shared.isCancelled)
        // And the shared one ends this kind too.
        let other = Task { [bootstrap] in
            try await bootstrap.connect(host: "192.0.2.1", port: 80) { $0.eventLoop.makeSucceededVoidFuture() }
        }
        await script.clock.sleepers()
        shared.cancel()
        #expect(await failure { try await other.value }?.code == .cancelled)
    }

    @Test func `a path may be bound away again by an address`() async throws {
        let server = try await LoopbackServer.start()
        let group = MultiThreadedEventLoopGroup.singleton
        let bootstrap = FairBootstrap(group: group)
            .bind(to: try SocketAddress(unixDomainSocketPath: "/tmp/none"))
            .bind(to: try SocketAddress(ipAddress: "127.0.0.1", port: 0))
        let channel = try await bootstrap.connect(host: "127.0.0.1", port: server.port).get()
        try await channel.close()
        try await server.stop()
    }

    @Test func `TCP_NODELAY does not keep a Unix socket from connecting, as it does not with NIO`() async throws {
        let path = "/tmp/fairdial-nodelay-\(UInt64.random(in: 0 ... .max)).sock"
        let server = try await LoopbackServer.start(on: SocketAddress(unixDomainSocketPath: path))
        let channel = try await FairBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(unixDomainSocketPath: path).get()
        #expect(channel.isActive)
        try await channel.close()
        try await server.stop()
    }

    @Test func `an async channel is dialed in one call, behind handlers of the caller's`() async throws {
        let server = try await LoopbackServer.start()
        let connection = try await Dialer.shared.connectAsyncChannel(
            to: Target(host: "127.0.0.1", port: server.port),
            configuration: .init(inboundType: ByteBuffer.self, outboundType: ByteBuffer.self)
        ) { channel in try channel.pipeline.syncOperations.addHandler(Named(), name: "own") }
        let channel = connection.channel
        #expect(try await Self.names(channel).get() == ["own"])
        let first = try await connection.output.executeThenClose { inbound, _ in
            var iterator = inbound.makeAsyncIterator()
            return try await iterator.next().map { String(buffer: $0) }
        }
        #expect(first == LoopbackServer.greeting)
        try await server.stop()
    }

    @Test func `a local address binds the attempts of its family`() async throws {
        let server = try await LoopbackServer.start()
        let channel = try await FairBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(to: SocketAddress(ipAddress: "127.0.0.3", port: 0))
            .connect(host: "127.0.0.1", port: server.port).get()
        #expect(channel.localAddress?.ipAddress == "127.0.0.3")
        try await channel.close()
        try await server.stop()
    }
}

@Suite struct `An address of NIO's` {
    @Test(arguments: ["192.0.2.1", "2001:db8::1", "::1", "fe80::1%7"])
    func `is the endpoint that it came from`(text: String) throws {
        let endpoint = Endpoint(address: try IPAddress(text), port: 443)
        #expect(Endpoint(SocketAddress(endpoint)) == endpoint)
        #expect("\(try Target(SocketAddress(endpoint)))".contains("443"))
    }

    @Test func `is a path where it is one`() throws {
        let address = try SocketAddress(unixDomainSocketPath: "/run/db.sock")
        #expect(try Target(address) == .path("/run/db.sock"))
    }
}
