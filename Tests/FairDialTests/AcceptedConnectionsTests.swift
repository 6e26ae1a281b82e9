// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TestHelpers
import Testing

@testable import FairDial

@Suite struct `Connections that a listener accepts` {
    private static func accept() async throws -> (AcceptedConnections<any Channel>, Int) {
        let accepted = try await Listener.accept(host: "localhost", port: 0) { $0 }
        return (accepted, try #require(accepted.listener.endpoints.first.map { Int($0.port) }))
    }

    @Test func `come one after the other from every address, active`() async throws {
        let (accepted, port) = try await Self.accept()
        for endpoint in accepted.listener.endpoints {
            let dialed = try await Dialer.shared.connect(to: "\(endpoint.address)", port: port)
            let channel = try #require(await accepted.next())
            #expect(channel.isActive)
            #expect(channel.remoteAddress?.port == dialed.channel.localAddress?.port)
            try await channel.close()
            try? await dialed.output.close()
        }
        await accepted.close()
    }

    @Test func `are what the initializer makes of them, with the first bytes`() async throws {
        let accepted = try await Listener.accept(host: "127.0.0.1", port: 0) { channel in
            try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
        let port = try #require(accepted.listener.endpoints.first.map { Int($0.port) })
        let dialed = try await Dialer.shared.connect(to: "127.0.0.1", port: port)
        try await dialed.channel.writeAndFlush(ByteBuffer(string: "first"))
        let connection = try #require(await accepted.next())
        try await connection.executeThenClose { inbound, _ in
            for try await bytes in inbound {
                #expect(bytes == ByteBuffer(string: "first"))
                break
            }
        }
        try? await dialed.output.close()
        await accepted.close()
    }

    @Test func `those that are taken and let go of live until their peer has left`() async throws {
        let accepted = try await Listener.accept(host: "127.0.0.1", port: 0) { channel in
            try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
        let port = try #require(accepted.listener.endpoints.first.map { Int($0.port) })
        var connections = accepted.makeAsyncIterator()
        for _ in 0..<10 {
            let dialed = try await Dialer.shared.connect(to: "127.0.0.1", port: port)
            let channel = try #require(await connections.next()).channel
            try? await dialed.channel.close()
            try? await channel.close()
        }
        await accepted.close()
    }

    @Test func `end when the listener is closed, for whoever waits`() async throws {
        let (accepted, _) = try await Self.accept()
        let waiting = Task { await accepted.next() == nil }
        await accepted.listener.close()
        #expect(await waiting.value)
        #expect(await accepted.next() == nil)
    }

    @Test func `a cancelled task gets none, and takes none from others`() async throws {
        let (accepted, port) = try await Self.accept()
        let waiting = Task { await accepted.next() == nil }
        waiting.cancel()
        #expect(await waiting.value)
        let dialed = try await Dialer.shared.connect(to: "localhost", port: port)
        #expect(await accepted.next()?.isActive == true)
        try await dialed.output.close()
        await accepted.close()
    }

    @Test func `those that are not taken are closed with the listener`() async throws {
        let (accepted, port) = try await Self.accept()
        let dialed = try await Dialer.shared.connect(to: "localhost", port: port)
        await accepted.close()
        // The far side closes it: this ends.
        try await dialed.channel.closeFuture.get()
        #expect(await accepted.next() == nil)
    }

    @Test func `an initializer that throws closes its channel, and the next one comes`() async throws {
        struct Refusal: Error {}
        let count = NIOLockedValueBox(0)
        let accepted = try await Listener.accept(host: "127.0.0.1", port: 0) { channel in
            let number = count.withLockedValue { count in
                count += 1
                return count
            }
            if number == 1 { throw Refusal() }
            return channel
        }
        let port = try #require(accepted.listener.endpoints.first.map { Int($0.port) })
        let refused = try await Dialer.shared.connect(to: "127.0.0.1", port: port)
        try await refused.channel.closeFuture.get()
        let dialed = try await Dialer.shared.connect(to: "127.0.0.1", port: port)
        #expect(await accepted.next()?.isActive == true)
        try await dialed.output.close()
        await accepted.close()
    }

    @Test func `beyond the limit accepting pauses, and goes on when some are taken`() async throws {
        let limit = 8
        let accepted = try await Listener.accept(host: "127.0.0.1", port: 0, dialer: .shared, limit: limit) {
            $0
        } initializer: {
            $0
        }
        let port = try #require(accepted.listener.endpoints.first.map { Int($0.port) })
        let many = 4 * limit
        let dials = Task {
            var dialed: [Connection<any Channel>] = []
            for _ in 0..<many { dialed.append(try await Dialer.shared.connect(to: "127.0.0.1", port: port)) }
            return dialed
        }
        // They all connect, for the kernel's queue has room for the rest.
        let dialed = try await dials.value
        #expect(await Patience.untilTrue { accepted.queue.isPaused })
        // NIO accepts a few at a time before it looks at whether it may.
        #expect(accepted.queue.readyCount < many)
        var iterator = accepted.makeAsyncIterator()
        for _ in 0..<many { #expect(await iterator.next()?.isActive == true) }
        #expect(!accepted.queue.isPaused)
        for connection in dialed { try? await connection.output.close() }
        await accepted.close()
    }
}

extension AcceptedConnections {
    /// The next connection, by an iterator of its own.
    fileprivate func next() async -> Output? {
        var iterator = makeAsyncIterator()
        return await iterator.next()
    }
}
