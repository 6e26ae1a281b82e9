// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import Foundation
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOTLS
import NameResolution
import Testing

@testable import FairDial

/// Real sockets, on loopback alone.
@Suite struct `Real dials over TCP` {
    @Test(
        arguments: [
            ("127.0.0.1", "127.0.0.1", LookupSource.numeric), ("127.1", "127.0.0.1", .numeric),
            ("0x7f.1", "127.0.0.1", .numeric), ("2130706433", "127.0.0.1", .numeric), ("::1", "::1", .numeric),
            ("localhost", nil, .hosts), ("LOCALHOST.", nil, .hosts), ("db.localhost", nil, .hosts),
        ] as [(String, String?, LookupSource)]
    )
    func `a literal and a local name connect, the first bytes kept`(
        host: String,
        address: String?,
        source: LookupSource
    ) async throws {
        let (four, six) = try await Self.bothFamilies()
        let port = four.port
        let runs = NIOLockedValueBox(0)
        let connection = try await Dialer.shared.connect(to: host, port: port) { channel in
            runs.withLockedValue { $0 += 1 }
            let first = channel.eventLoop.makePromise(of: String.self)
            return channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(FirstBytes(LoopbackServer.greeting.utf8.count, first))
                return (channel, first.futureResult)
            }
        }
        let (channel, first) = connection.output
        #expect(try await first.get() == LoopbackServer.greeting)
        #expect(runs.withLockedValue { $0 } == 1)
        #expect(connection.report.source == source)
        #expect(connection.report.queue == .zero)
        #expect(connection.report.handshake == nil)
        #expect(
            connection.report.attempts.filter { $0.outcome == .connected }.map(\.destination) == [
                connection.destination
            ]
        )
        if let address { #expect(connection.destination.endpoint?.address.description == address) }
        #expect(channel.remoteAddress?.ipAddress == connection.destination.endpoint?.address.description)
        try await channel.close()
        try await four.stop()
        try await six.stop()
    }

    /// A server on each family's loopback, at one port.
    private static func bothFamilies() async throws -> (LoopbackServer, LoopbackServer) {
        while true {
            let four = try await LoopbackServer.start()
            if let six = try? await LoopbackServer.start(on: SocketAddress(ipAddress: "::1", port: four.port)) {
                return (four, six)
            }
            try await four.stop()
        }
    }

    @Test func `the future face brings the same, on the caller's own loop`() async throws {
        let server = try await LoopbackServer.start()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let fromOutside = try await Dialer.shared.connect(to: "127.0.0.1", port: server.port, on: loop) { channel in
            channel.eventLoop.makeCompletedFuture {
                channel.eventLoop.preconditionInEventLoop()
                return channel
            }
        }.get()
        #expect(fromOutside.output.eventLoop === loop)
        #expect(fromOutside.report.source == .numeric)
        let target = try Target("127.0.0.1:\(server.port)")
        let fromInside = try await loop.flatSubmit {
            Dialer.shared.connect(to: target, on: loop)
        }.get()
        #expect(fromInside.output.eventLoop === loop)
        try await fromOutside.output.close()
        try await fromInside.output.close()
        await server.closed(2)
        try await server.stop()
    }

    @Test func `a hundred thousand dials that are refused at once do not deepen the stack either`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        var configuration = DialerConfiguration()
        configuration.policy = AddressPolicy.publicInternetOnly
        let dialer = Dialer(configuration)
        let done = loop.makePromise(of: Void.self)
        @Sendable func dial(_ left: Int) {
            guard left > 0 else { return done.succeed() }
            dialer.connect(to: "127.0.0.1", port: 1, on: loop).whenFailure { _ in dial(left - 1) }
        }
        loop.execute { dial(100_000) }
        try await done.futureResult.get()
        try await group.shutdownGracefully()
    }

    @Test func `three thousand dials, each started where the last one ended, do not deepen the stack`() async throws {
        let server = try await LoopbackServer.start()
        // A loop of its own: a chain without a pause leaves no turn to other tests' sockets.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let port = server.port
        let done = loop.makePromise(of: Void.self)
        @Sendable func dial(_ left: Int) {
            guard left > 0 else { return done.succeed() }
            Dialer.shared.connect(to: "127.0.0.1", port: port, on: loop)
                .whenComplete { result in
                    do {
                        let channel = try result.get().output
                        // A reset, so that ports do not run out.
                        (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
                            .whenComplete { _ in channel.close(promise: nil) }
                        dial(left - 1)
                    } catch {
                        done.fail(error)
                    }
                }
        }
        loop.execute { dial(3_000) }
        try await done.futureResult.get()
        try await server.stop()
        try await group.shutdownGracefully()
    }

    @Test func `a port where nobody listens is refused, and said so`() async throws {
        let refusing = try #require(RefusingPort())
        let port = refusing.number
        let error = await failure { try await Dialer.shared.connect(to: "127.0.0.1", port: port) }
        withExtendedLifetime(refusing) {}
        #expect(error?.code == .allAttemptsFailed)
        #expect(error?.fault == .peer)
        #expect(error?.message == "the only address failed: 127.0.0.1:\(port) connection refused")
        #expect(error?.report.attempts.map(\.outcome) == [.refused])
    }

    @Test func `bare sockets are connected, non-blocking, and the caller's`() async throws {
        let server = try await LoopbackServer.start()
        let socket = try await Dialer.shared.takeSocket(to: "127.0.0.1", port: server.port)
        #expect(fcntl(socket.descriptor, F_GETFL) & O_NONBLOCK != 0)
        #expect(fcntl(socket.descriptor, F_GETFD) & FD_CLOEXEC != 0)
        #expect(close(socket.descriptor) == 0)
        await server.closed(1)
        try await server.stop()
    }

    @Test func `an answer is dialed later, by every face`() async throws {
        let server = try await LoopbackServer.start()
        let answer = try await Dialer.shared.resolve("localhost", port: server.port)
        #expect(answer.source == .hosts)
        var options = DialOptions()
        options.families = .ipv4
        let async = try await Dialer.shared.connect(to: .answer(answer), options: options)
        let future = try await Dialer.shared.connect(
            to: .answer(answer),
            options: options,
            on: MultiThreadedEventLoopGroup.singleton.next()
        ).get()
        #expect(async.report.source == .hosts)
        try await async.output.close()
        try await future.output.close()
        await server.closed(2)
        try await server.stop()
    }
}

@Suite struct `Before connect` {
    @Test func `the local address is bound, and rules the other family out`() async throws {
        let server = try await LoopbackServer.start()
        var options = DialOptions()
        options.localEndpoints = [Endpoint(address: try IPAddress("127.0.0.7"), port: 0)]
        let connection = try await Dialer.shared.connect(to: "localhost", port: server.port, options: options)
        #expect(connection.output.localAddress?.ipAddress == "127.0.0.7")
        #expect(connection.report.attempts.count == 1)
        #expect(connection.report.skipped == .ipv6)
        #expect(connection.report.description.hasSuffix(" · IPv6 skipped: no local address to dial from"))
        try await connection.output.close()
        let error = await failure {
            try await Dialer.shared.connect(to: "::1", port: server.port, options: options)
        }
        #expect(error?.code == .noUsableAddress)
        #expect(error?.message.hasSuffix(": IPv6 skipped: no local address to dial from") == true)
        try await server.stop()
    }

    @Test func `each family is bound to its own local address, and none is skipped`() async throws {
        let server = try await LoopbackServer.start()
        var options = DialOptions()
        options.localEndpoints = [
            Endpoint(address: try IPAddress("::1"), port: 0), Endpoint(address: try IPAddress("127.0.0.9"), port: 0),
        ]
        let connection = try await Dialer.shared.connect(to: "127.0.0.1", port: server.port, options: options)
        #expect(connection.output.localAddress?.ipAddress == "127.0.0.9")
        #expect(connection.report.skipped == [])
        try await connection.output.close()
        try await server.stop()
    }

    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("0.0.0.0", "127.0.0.2"), ("::", "::1"),
        ("::ffff:0.0.0.0", "::ffff:127.0.0.1"), ("::", "::ffff:127.0.0.1"),
    ])
    func `a socket that meets itself has found nobody`(host: String, local: String) async throws {
        var error: DialError?
        // Other tests' sockets may have taken the port meanwhile.
        for _ in 0..<50 {
            // A closed port, which the dial is made to send from.
            let server = try await LoopbackServer.start()
            let port = server.port
            try await server.stop()
            var options = DialOptions()
            options.localEndpoints = [Endpoint(address: try IPAddress(local), port: UInt16(port))]
            options.socketOptions = [.number(level: SOL_SOCKET, name: SO_REUSEADDR, value: 1)]
            error = await failure {
                try await Dialer.shared.connect(to: host, port: port, options: options)
            }
            if error?.report.attempts.map(\.errorNumber) != [EADDRINUSE] { break }
        }
        #expect(error?.report.attempts.map(\.outcome) == [.refused])
        #expect(error?.message.contains("connection refused (TCP self-connect)") == true)
    }

    #if os(Linux)
        @Test func `Multipath TCP and Fast Open are asked for where the kernel has them`() async throws {
            let server = try await LoopbackServer.start()
            var options = DialOptions()
            options.multipath = true
            options.fastOpen = true
            let connection = try await Dialer.shared.connect(to: "127.0.0.1", port: server.port, options: options) {
                channel in
                let first = channel.eventLoop.makePromise(of: String.self)
                return channel.eventLoop.makeCompletedFuture {
                    let reader = FirstBytes(LoopbackServer.greeting.utf8.count, first)
                    try channel.pipeline.syncOperations.addHandler(reader)
                    return (channel, first.futureResult)
                }
            }
            #expect(try await connection.output.1.get() == LoopbackServer.greeting)
            let (channel, _) = connection.output
            let provider = try #require(channel as? any SocketOptionProvider)
            let `protocol`: Int32 = try await provider.unsafeGetSocketOption(
                level: .socket,
                name: .init(rawValue: SO_PROTOCOL)
            ).get()
            let hasMultipath = (try? String(contentsOfFile: "/proc/sys/net/mptcp/enabled", encoding: .utf8)) == "1\n"
            #expect(`protocol` == (hasMultipath ? 262 : Int32(IPPROTO_TCP)))
            if !hasMultipath {
                let fastOpen: Int32 = try await provider.unsafeGetSocketOption(level: .tcp, name: .init(rawValue: 30))
                    .get()
                #expect(fastOpen == 1)
            }
            try await channel.close()
            try await server.stop()
        }
    #endif

    @Test func `a local address that is not ours fails the attempt, with the reason`() async throws {
        var options = DialOptions()
        options.localEndpoints = [Endpoint(address: Destinations.four1, port: 0)]
        let error = await failure {
            try await Dialer.shared.connect(to: "127.0.0.1", port: 9, options: options)
        }
        #expect(error?.code == .invalidOption)
        #expect(error?.fault == .caller)
        #expect(
            error?.message
                == "the system refuses an option of this dial: "
                + "127.0.0.1:9 bind to 192.0.2.1:0: cannot assign requested address"
        )
    }

    @Test func `a local port that is taken is no option's fault, and may be free the next time`() async throws {
        let server = try await LoopbackServer.start()
        var options = DialOptions()
        options.localEndpoints = [Endpoint(address: try IPAddress("127.0.0.1"), port: UInt16(server.port))]
        let error = await failure {
            try await Dialer.shared.connect(to: "127.0.0.1", port: 9, options: options)
        }
        #expect(error?.code == .allAttemptsFailed)
        #expect(error?.fault == .machine)
        try await server.stop()
    }

    @Test func `options that contradict each other are invalidOption, on both faces`() async throws {
        var noFamily = DialOptions()
        noFamily.families = []
        var otherFamily = DialOptions()
        otherFamily.families = .ipv6
        otherFamily.localEndpoints = [Endpoint(address: try IPAddress("127.0.0.1"), port: 0)]
        var twice = DialOptions()
        twice.localEndpoints = [
            Endpoint(address: try IPAddress("127.0.0.1"), port: 0),
            Endpoint(address: try IPAddress("127.0.0.2"), port: 0),
        ]
        for options in [noFamily, otherFamily, twice] {
            let error = await failure { try await Dialer.shared.connect(to: "localhost", port: 9, options: options) }
            #expect(error?.code == .invalidOption)
            #expect(error?.message.hasPrefix("the options leave no family to dial: ") == true)
            #expect(error?.fault == .caller)
            #expect(error?.isRetryable == false)
            let loop = MultiThreadedEventLoopGroup.singleton.next()
            let promised = await failure {
                try await Dialer.shared.connect(to: "localhost", port: 9, options: options, on: loop).get()
            }
            #expect(promised?.code == .invalidOption)
        }
    }

    #if os(Linux)
        @Test(arguments: ["127.0.0.1", "::1"])
        func `a local address without a port leaves the port to connect`(_ host: String) async throws {
            let server = try await LoopbackServer.start(host: host)
            var options = DialOptions()
            options.localEndpoints = [Endpoint(address: try IPAddress(host), port: 0)]
            let socket = try await Dialer.shared.takeSocket(to: host, port: server.port, options: options)
            defer { close(socket.descriptor) }
            var value: Int32 = -1
            var length = socklen_t(MemoryLayout<Int32>.size)
            let bindAddressNoPort: Int32 = 24
            getsockopt(socket.descriptor, Int32(IPPROTO_IP), bindAddressNoPort, &value, &length)
            #expect(value == 1)
            try await server.stop()
        }

        @Test func `a Unix domain socket with a full backlog is tried again until there is room`() async throws {
            let path = FileManager.default.temporaryDirectory.appendingPathComponent("fairdial-\(UUID().uuidString)")
                .path
            defer { unlink(path) }
            let listener = try FullUnixBacklog(path)
            let loop = MultiThreadedEventLoopGroup.singleton.next()
            let dialed = Dialer.shared.connect(to: try Target(path), on: loop)
            // The first attempt was made on this thread, and found no room.
            listener.acceptAll()
            let connection = try await dialed.get()
            #expect(connection.report.attempts.map(\.outcome) == [.connected])
            try await connection.output.close()
            listener.stop()
        }
    #endif

    @Test func `socket options are set on the socket that connects`() async throws {
        let server = try await LoopbackServer.start()
        var options = DialOptions()
        options.socketOptions = [.receiveBuffer(8_192), .noDelay(), .keepAlive()]
        let socket = try await Dialer.shared.takeSocket(to: "127.0.0.1", port: server.port, options: options)
        defer { close(socket.descriptor) }
        func value(_ level: Int32, _ name: Int32) -> Int32 {
            var value: Int32 = -1
            var length = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(socket.descriptor, level, name, &value, &length)
            return value
        }
        // Linux books twice what was asked for.
        #expect(value(SOL_SOCKET, SO_RCVBUF) == 16_384)
        #expect(value(Int32(IPPROTO_TCP), TCP_NODELAY) == 1)
        #expect(value(SOL_SOCKET, SO_KEEPALIVE) == 1)
        try await server.stop()
    }

    @Test func `an option that the system refuses fails the attempt, with the reason`() async {
        var options = DialOptions()
        options.socketOptions = [.number(level: SOL_SOCKET, name: 9_999, value: 1)]
        let error = await failure {
            try await Dialer.shared.connect(to: "127.0.0.1", port: 9, options: options)
        }
        #expect(error?.message.contains("socket option \(SOL_SOCKET)/9999: protocol not available") == true)
    }
}

@Suite struct `Other transports` {
    @Test func `a Unix domain socket`() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("fairdial-\(UUID().uuidString)").path
        let server = try await LoopbackServer.start(on: SocketAddress(unixDomainSocketPath: path))
        defer { unlink(path) }
        let connection = try await Dialer.shared.connect(to: Target(path)) { channel in
            let first = channel.eventLoop.makePromise(of: String.self)
            return channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(FirstBytes(LoopbackServer.greeting.utf8.count, first))
                return (channel, first.futureResult)
            }
        }
        #expect(try await connection.output.1.get() == LoopbackServer.greeting)
        #expect(connection.destination == .local(path: path))
        #expect(connection.report.source == nil)
        try await connection.output.0.close()
        try await server.stop()
    }

    @Test func `a path where nothing is`() async throws {
        let error = await failure {
            try await Dialer.shared.connect(to: Target("/nonexistent/fairdial.sock"))
        }
        #expect(error?.code == .allAttemptsFailed)
        #expect(
            error?.message
                == "the only address failed: /nonexistent/fairdial.sock no such file or directory"
        )
    }

    @Test(arguments: [Transport.datagram, .unconnectedDatagram])
    func `UDP, connected and not`(transport: Transport) async throws {
        let server = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(DatagramEcho()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        let connection = try await Dialer.shared.connect(to: "127.0.0.1", port: port, over: transport) { channel in
            let answer = channel.eventLoop.makePromise(of: String.self)
            return channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(FirstDatagram(answer))
                return (channel, answer.futureResult)
            }
        }
        let (channel, answer) = connection.output
        let peer = try SocketAddress(ipAddress: "127.0.0.1", port: port)
        #expect((channel.remoteAddress != nil) == (transport == .datagram))
        let envelope = AddressedEnvelope(remoteAddress: peer, data: ByteBuffer(string: "ping"))
        try await channel.writeAndFlush(envelope)
        #expect(try await answer.get() == "ping")
        #expect(connection.destination == Destinations.to(.v4(.loopback), port: UInt16(port)))
        try await channel.close()
        try await server.close()
    }

    private final class DatagramEcho: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>
        typealias OutboundOut = AddressedEnvelope<ByteBuffer>

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(data, promise: nil)
        }
    }

    private final class FirstDatagram: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>

        private let promise: EventLoopPromise<String>

        init(_ promise: EventLoopPromise<String>) {
            self.promise = promise
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            promise.succeed(String(buffer: unwrapInboundIn(data).data))
        }

        func channelInactive(context: ChannelHandlerContext) {
            promise.fail(ChannelError.eof)
        }
    }
}

@Suite struct `From the connection until ready` {
    private struct NotToday: Error {}

    @Test func `the handshake's clock runs until the caller's future has succeeded`() async throws {
        let server = try await LoopbackServer.start()
        var options = DialOptions()
        options.readiness = .when { channel in
            let first = channel.eventLoop.makePromise(of: String.self)
            do {
                try channel.pipeline.syncOperations.addHandler(FirstBytes(1, first))
            } catch {
                first.fail(error)
            }
            channel.read()
            return first.futureResult.map { _ in }
        }
        let connection = try await Dialer.shared.connect(to: "127.0.0.1", port: server.port, options: options) {
            channel in
            channel.setOption(.autoRead, value: false).map { channel }
        }
        let handshake = try #require(connection.report.handshake)
        #expect(handshake > .zero)
        #expect(connection.report.total == connection.report.lookup + connection.report.connect + handshake)
        try await connection.output.close()
        await server.closed(1)
        try await server.stop()
    }

    @Test func `NIOTLS's event ends the handshake, and passes on`() async throws {
        let server = try await LoopbackServer.start()
        var options = DialOptions()
        options.readiness = .tlsHandshake
        let connection = try await Dialer.shared.connect(to: "127.0.0.1", port: server.port, options: options) {
            channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(HandshakeOnFirstBytes())
                return channel
            }
        }
        #expect(connection.report.handshake ?? .zero > .zero)
        let names = try await connection.output.eventLoop.submit {
            "\(connection.output.pipeline)"
        }.get()
        #expect(!names.contains("TLSHandshakeObserver"))
        try await connection.output.close()
        try await server.stop()
    }

    /// Says that a handshake is complete when the first bytes have come, as a TLS handler does.
    private final class HandshakeOnFirstBytes: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.fireUserInboundEventTriggered(TLSUserEvent.handshakeCompleted(negotiatedProtocol: nil))
            context.fireChannelRead(data)
        }
    }

    @Test func `a future that fails is handshakeFailed, with its error, and the channel is closed`() async throws {
        let server = try await LoopbackServer.start()
        var options = DialOptions()
        options.readiness = .when { $0.eventLoop.makeFailedFuture(NotToday()) }
        let error = await failure {
            try await Dialer.shared.connect(to: "127.0.0.1", port: server.port, options: options)
        }
        #expect(error?.code == .handshakeFailed)
        #expect(error?.channelError is NotToday)
        await server.closed(1)
        try await server.stop()
    }

    @Test func `a peer that never is ready runs the handshake's timeout out, and the channel is closed`() async throws {
        let server = try await LoopbackServer.start()
        var options = DialOptions()
        options.timeouts = Timeouts(handshake: .milliseconds(20))
        let never = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: Void.self)
        options.readiness = .when { _ in never.futureResult }
        let error = await failure {
            try await Dialer.shared.connect(to: "127.0.0.1", port: server.port, options: options)
        }
        #expect(error?.code == .handshakeTimeout)
        #expect(error?.report.handshake ?? .zero >= .milliseconds(20))
        await server.closed(1)
        never.succeed()
        try await server.stop()
    }

    @Test func `a peer that leaves is handshakeFailed, whatever the caller waits for`() async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { $0.close() }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        let never = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: Void.self)
        var options = DialOptions()
        options.readiness = .when { _ in never.futureResult }
        let error = await failure {
            try await Dialer.shared.connect(to: "127.0.0.1", port: port, options: options)
        }
        #expect(error?.code == .handshakeFailed)
        never.succeed()
        try await server.close()
    }

    @Test func `an initializer that fails ends the dial, closes the connection, and is the caller's fault`()
        async throws
    {
        let server = try await LoopbackServer.start()
        let error = await failure {
            try await Dialer.shared.connect(to: "127.0.0.1", port: server.port) { channel in
                channel.eventLoop.makeFailedFuture(NotToday()) as EventLoopFuture<Void>
            }
        }
        #expect(error?.code == .initializerFailed)
        #expect(error?.channelError is NotToday)
        #expect(error?.fault == .caller)
        await server.closed(1)
        try await server.stop()
    }

    @Test func `a dial that is cancelled while its initializer is at work closes the connection once`() async throws {
        let server = try await LoopbackServer.start()
        let begun = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: (any Channel).self)
        let held = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: Void.self)
        let port = server.port
        // However busy the machine is, the handshake's clock is not to end it first.
        var options = DialOptions()
        options.timeouts.handshake = .seconds(600)
        let dial = Task { [options] in
            try await Dialer.shared.connect(to: "127.0.0.1", port: port, options: options) { channel in
                begun.succeed(channel)
                return held.futureResult.hop(to: channel.eventLoop)
            }
        }
        let channel = try await begun.futureResult.get()
        dial.cancel()
        let error = await failure { try await dial.value }
        #expect(error?.code == .cancelled)
        try await channel.closeFuture.get()
        await server.closed(1)
        held.fail(NotToday())
        // The loop has had its turn after the initializer's end, and nothing was closed a second time.
        try await channel.eventLoop.submit {}.get()
        try await server.stop()
    }
}

@Suite struct `Event loops of other kinds` {
    @Test func `a channel needs one of NIO's own, and both faces say so`() async throws {
        let clock = ManualClock()
        var configuration = DialerConfiguration()
        configuration.group = clock.loop
        let error = await failure {
            try await Dialer(configuration).connect(to: "127.0.0.1", port: 9)
        }
        #expect(error?.code == .unsupportedEventLoop)
        #expect(error?.isRetryable == false)
        let future = Dialer.shared.connect(to: "127.0.0.1", port: 9, on: clock.loop)
        let alsoError = await failure { try await future.get() }
        #expect(alsoError?.code == .unsupportedEventLoop)
    }
}
