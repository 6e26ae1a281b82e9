// SPDX-License-Identifier: Apache-2.0

import BSON
import ConnectionStrings
import FairDial
import FairDialTestKit
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import MongoClient

/// `connectTimeoutMS` begins with the first attempt, and covers TCP, TLS and all of the greeting; a lookup has a clock
/// of its own.
@Suite(.timeLimit(.minutes(2))) struct `What connectTimeoutMS covers` {
    @Test func `no lookup, however long`() async throws {
        let server = try await WireServer.primary { _, _ in .reply(["ok": 1.0]) }
        let names = ScriptedResolver()
        var dialing = DialerConfiguration()
        dialing.resolver = NameResolver(names)
        let string = "mongodb://slow.example.test:\(server.port)/?connectTimeoutMS=300&directConnection=true"
        let client = try MongoClient(string, dialer: Dialer(dialing))
        let ping = Task { await mongoError { try await client.database("d").runCommand(["ping": 1]) } }
        // The monitor's lookup takes four times what a connection may.
        let lookup = try await names.nextLookup()
        lookup.start()
        try await MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: .milliseconds(1_200)) {}.futureResult
            .get()
        #expect(lookup.isInFlight)
        let address = try IPAddress("127.0.0.1")
        lookup.answer([address])
        lookup.end()
        // So does the pool's own, which finds the answer to the monitor's gone.
        let second = try await names.nextLookup()
        second.start()
        try await MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: .milliseconds(1_200)) {}.futureResult
            .get()
        #expect(second.isInFlight)
        second.answer([address])
        second.end()
        #expect(await ping.value == nil)
        #expect(server.commands.map(\.name) == ["ping"])
        await client.close()
        await server.stop()
    }

    /// The monitor's connection greets without a password, in time; the pool's has two answers to wait for.
    private static func slow(_ pause: TimeAmount) async throws -> WireServer {
        try await WireServer.start { request, server in
            if request.connection == 0 || !(request.isHello || request.name == "saslStart") {
                return .reply(request.isHello ? server.primaryHello() : ["ok": 1.0])
            }
            let reply = request.isHello ? server.primaryHello() : ["ok": 1.0, "done": true, "conversationId": 1]
            return .late(reply, by: pause)
        }
    }

    private static let plain = "&authMechanism=PLAIN&authSource=$external"

    @Test func `the greeting as a whole, though each of its answers is in time`() async throws {
        let server = try await Self.slow(.milliseconds(900))
        try await server.withClient("\(Self.plain)&connectTimeoutMS=1500", user: "user:pencil@") { client in
            try await client.connect()
            let error = await mongoError { try await client.database("d").runCommand(["ping": 1]) }
            #expect(error?.code == .noConnection)
            // Our deadline began with the attempt, the dial's own with the connection: they end together.
            let codes: [DialError.Code?] = [.handshakeTimeout, .handshakeFailed]
            #expect(codes.contains(error?.dialError?.code))
            // It was on its way: the hello had been answered.
            #expect(server.commands.map(\.name).first == "saslStart")
            #expect(!server.commands.contains { $0.name == "ping" })
        }
    }

    @Test func `no more than it says: a greeting in two slow parts is taken where there is time`() async throws {
        let server = try await Self.slow(.milliseconds(900))
        try await server.withClient("\(Self.plain)&connectTimeoutMS=60000", user: "user:pencil@") { client in
            try await client.database("d").runCommand(["ping": 1])
            #expect(server.commands.map(\.name) == ["saslStart", "ping"])
        }
    }
}
