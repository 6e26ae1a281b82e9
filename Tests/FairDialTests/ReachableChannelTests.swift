// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NIOCore
import NIOPosix
import Testing

@testable import FairDial

/// The channel can be reached from the connection; one that no code can reach any more is closed.
@Suite(.timeLimit(.minutes(15))) struct `A connection and its channel` {
    private final class Nothing: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
    }

    /// Whether the peer still sends back what it is sent.
    private static func echoes(_ channel: any Channel) async throws -> Bool {
        let sent = LoopbackServer.greeting + "ping"
        let first = channel.eventLoop.makePromise(of: String.self)
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(FirstBytes(4, first))
        }.get()
        try await channel.writeAndFlush(ByteBuffer(string: "ping"))
        let heard = try await first.futureResult.get()
        return sent.contains(heard)
    }

    @Test func `is there where the initializer made nothing`() async throws {
        let server = try await LoopbackServer.start()
        let connection: Connection<Void> = try await Dialer.shared.connect(to: "127.0.0.1", port: server.port) {
            $0.pipeline.addHandler(Nothing())
        }
        #expect(try await Self.echoes(connection.channel))
        try await connection.channel.close()
        await server.closed(1)
        try await server.stop()
    }

    @Test func `is closed with the last copy of a connection that nobody asked for it`() async throws {
        let server = try await LoopbackServer.start()
        for count in 1...3 {
            let connection: Connection<Void> = try await Dialer.shared.connect(to: "127.0.0.1", port: server.port) {
                $0.pipeline.addHandler(Nothing())
            }
            // Nothing leads nowhere.
            connection.output
            var copies = [connection, connection]
            copies.removeAll()
            #expect(connection.destination.endpoint?.port == UInt16(server.port))
            withExtendedLifetime(consume connection) {}
            await server.closed(count)
        }
        _ = try await Dialer.shared.connect(to: "127.0.0.1", port: server.port)
        await server.closed(4)
        try await server.stop()
    }

    @Test func `is the caller's once it was asked for, whatever becomes of the connection`() async throws {
        let server = try await LoopbackServer.start()
        let port = server.port
        let channels = [
            try await Dialer.shared.connect(to: "127.0.0.1", port: port).output,
            try await Dialer.shared.connect(to: "127.0.0.1", port: port) { $0.pipeline.addHandler(Nothing()) }.channel,
            try await Dialer.shared.connect(to: "127.0.0.1", port: port) {
                $0.eventLoop.makeSucceededFuture($0)
            }.output,
        ]
        for channel in channels {
            #expect(try await Self.echoes(channel))
            try await channel.close()
        }
        await server.closed(3)
        try await server.stop()
    }

    @Test func `is left to its handlers where a future brought it`() async throws {
        let server = try await LoopbackServer.start()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let made = loop.makePromise(of: (any Channel).self)
        let done = loop.makePromise(of: Void.self)
        Dialer.shared.connect(to: "127.0.0.1", port: server.port, on: loop) { channel in
            made.succeed(channel)
            return channel.pipeline.addHandler(Nothing())
        }.map { _ in }.cascade(to: done)
        try await done.futureResult.get()
        let channel = try await made.futureResult.get()
        #expect(try await Self.echoes(channel))
        try await channel.close()
        try await server.stop()
    }
}
