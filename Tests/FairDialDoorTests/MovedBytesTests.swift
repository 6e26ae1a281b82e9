// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialTestKit
import Testing
import TestHelpers

@testable import FairDialDoor

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Much at a time, through doors whose kernel moves it: both ways at once, and whatever ends it.
@Suite(.timeLimit(.minutes(15))) struct `What a door moves` {
    private static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var random = SeededGenerator(seed: seed)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count { withUnsafeBytes(of: random.next()) { bytes.append(contentsOf: $0) } }
        return bytes
    }

    /// A client, connected through a door to a server that sends back what comes.
    private static func connected(isOverHTTP: Bool) async throws -> (Server, Door, Peer) {
        let server = try await Server.start(.echo)
        let door =
            if isOverHTTP {
                try await Door.http()
            } else {
                try await Door.unixSocket(to: Target(host: "127.0.0.1", port: server.port))
            }
        let client = try Peer(to: door.address)
        if isOverHTTP { _ = try await client.ask(door, for: "127.0.0.1:\(server.port)") }
        return (server, door, client)
    }

    @Test(arguments: [true, false])
    func `comes back as it was sent, both ways at once`(isOverHTTP: Bool) async throws {
        let (server, door, client) = try await Self.connected(isOverHTTP: isOverHTTP)
        let sent = Self.bytes(16 << 20, seed: 7)
        async let sending: Void = client.send(sent)
        let received = try await client.readBytes(sent.count)
        try await sending
        // Not by #expect: it would print 16 MiB.
        let isSame = received == sent
        #expect(received.count == sent.count)
        #expect(isSame)
        client.endOutput()
        #expect(try await client.readAll() == ("", .end))
        #expect(await Patience.untilTrue { door.counts.open == 0 && server.counts.open == 0 })
        await door.shutDown()
        try await server.stop()
    }

    @Test(arguments: [true, false])
    func `arrives whole though the client has ended long before the target`(isOverHTTP: Bool) async throws {
        let (server, door, client) = try await Self.connected(isOverHTTP: isOverHTTP)
        let sent = Self.bytes(16 << 20, seed: 8)
        let sending = Task {
            try await client.send(sent)
            client.endOutput()
        }
        // More than the kernel keeps for the client waits in the door when the target ends.
        let first = try await client.readBytes(1 << 20)
        try await sending.value
        #expect(await Patience.untilTrue { server.counts.inputsEnded == 1 })
        let received = first + (try await client.readBytes(sent.count))
        let isSame = received == sent
        #expect(received.count == sent.count)
        #expect(isSame)
        #expect(await Patience.untilTrue { door.counts.open == 0 && server.counts.open == 0 })
        await door.shutDown()
        try await server.stop()
    }

    @Test func `ends by a reset where the client vanishes, or the target`() async throws {
        let target = try Spout()
        let door = try await Door.http()
        target.serveNext()
        do {
            let client = try Peer(to: door.address)
            _ = try await client.ask(door, for: "127.0.0.1:\(target.port)")
            _ = try await client.readBytes(8 << 20)
            client.makeCloseReset()
        }
        #expect(await Patience.untilTrue { target.open == 0 && door.counts.open == 0 })
        #expect(target.errors == [ECONNRESET])
        target.serveNext()
        let client = try Peer(to: door.address)
        _ = try await client.ask(door, for: "127.0.0.1:\(target.port)")
        _ = try await client.readBytes(8 << 20)
        target.reset()
        // What has come before is the kernel's to give or to drop.
        var reading = try await client.readOnce(upTo: 1 << 20)
        while case .bytes = reading { reading = try await client.readOnce(upTo: 1 << 20) }
        #expect(reading == .reset)
        #expect(await Patience.untilTrue { target.open == 0 && door.counts.open == 0 })
        #expect(target.errors == [ECONNRESET])
        await door.shutDown()
    }
}
