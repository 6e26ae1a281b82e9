// SPDX-License-Identifier: Apache-2.0

import FairDial
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOCore
import NIOEmbedded
import NIOPosix
import Testing

@testable import FairDialGRPC

/// Loops on which NIO makes no channels of sockets are an error, and no trap.
@Suite(.timeLimit(.minutes(2))) struct `A loop of another group` {
    @Test func `fails the calls of a transport that dials by itself, and nothing is dialed`() async throws {
        let server = try await EchoServer.start()
        var configuration = DialerConfiguration()
        configuration.group = NIOAsyncTestingEventLoop()
        let transport = FairTransport(
            to: try Target(host: "127.0.0.1", port: server.port),
            dialer: Dialer(configuration)
        )
        try await withGRPCClient(transport: transport) { client in
            let error = await #expect(throws: RPCError.self) { try await EchoServer.name(from: client) }
            #expect(error?.code == .invalidArgument)
            #expect((error?.cause as? DialError)?.code == .unsupportedEventLoop)
            #expect(error?.message.contains("NIOAsyncTestingEventLoop is not a MultiThreadedEventLoopGroup") == true)
        }
        #expect(server.connectionCount == 0)
        #expect(transport.lastError?.code == .unsupportedEventLoop)
        await server.stop()
    }

    @Test func `makes no channel`() async throws {
        let error = #expect(throws: RPCError.self) {
            try FairChannel(
                target: .ipv4(address: "127.0.0.1", port: 9),
                transportSecurity: .plaintext,
                eventLoopGroup: NIOAsyncTestingEventLoop()
            )
        }
        #expect(error?.code == .invalidArgument)
        #expect((error?.cause as? DialError)?.code == .unsupportedEventLoop)
    }

    @Test func `of NIO's own kind is as good as any`() async throws {
        let server = try await EchoServer.start()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var configuration = DialerConfiguration()
        configuration.group = MultiThreadedEventLoopGroup.singleton
        let channel = try FairChannel(
            target: .dns(host: "localhost", port: server.port),
            transportSecurity: .plaintext,
            dialer: Dialer(configuration),
            eventLoopGroup: group
        )
        try await withGRPCClient(transport: channel) { try await expectEcho(from: $0) }
        configuration.group = group.next()
        let transport = FairTransport(
            to: try Target(host: "127.0.0.1", port: server.port),
            dialer: Dialer(configuration)
        )
        try await withGRPCClient(transport: transport) { try await expectEcho(from: $0) }
        await server.stop()
        try await group.shutdownGracefully()
    }
}
