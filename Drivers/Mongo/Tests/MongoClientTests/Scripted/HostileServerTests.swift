// SPDX-License-Identifier: Apache-2.0

import BSON
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import MongoClient

/// Servers that say absurd things, or nothing, at the worst moment.
@Suite(.timeLimit(.minutes(2))) struct `A server that means no good` {
    @Test(arguments: [Int64.max, .min, -1, 0, 400_000_000_000])
    func `minutes of a session that no server has are none`(_ minutes: Int64) async throws {
        let server = try await WireServer.start { request, server in
            let number = BSONValue.int64(minutes)
            guard request.isHello else { return .reply(["ok": 1.0, "n": 1]) }
            return .reply(server.primaryHello([("logicalSessionTimeoutMinutes", number)]))
        }
        try await server.withClient { client in
            try await client.database("d").collection("c").insertOne(["a": 1])
            try await client.database("d").collection("c").insertOne(["a": 2])
            #expect(server.commands.map { $0.command["lsid"] } == [nil, nil])
        }
    }

    @Test func `a server that greets and then hangs up is asked again after a pause`() async throws {
        let server = try await WireServer.start { request, server in
            if request.isQuery { return .reply(server.primaryHello()) }
            return request.isHello ? .close : .reply(["ok": 1.0])
        }
        try await server.withClient { client in
            let began = ContinuousClock.now
            try await client.connect()
            await eventually { server.requests.count { $0.isHello && !$0.isQuery } >= 4 }
            // Between two of them lies a heartbeat of 500 ms, however fast the machine: three pauses, less a rounding.
            #expect(ContinuousClock.now - began >= .milliseconds(1_450))
        }
    }

    /// Every connection but the monitor's reads nothing after its greeting.
    private static func deaf() async throws -> WireServer {
        try await WireServer.start { request, server in
            guard request.isHello else { return .silence }
            return request.connection == 0 ? .reply(server.primaryHello()) : .lastReply(server.primaryHello())
        }
    }

    /// More than the buffers of two sockets take; bytes, for a text is looked through more than once.
    private static let large: BSONDocument = [
        "bytes": .binary(BSONBinary([UInt8](repeating: 0, count: 12_000_000)))
    ]

    @Test func `timeoutMS ends a write that nobody answers and nobody reads`() async throws {
        let server = try await Self.deaf()
        try await server.withClient("&w=0&timeoutMS=3000") { client in
            try await client.connect()
            let error = await mongoError { try await client.database("d").collection("c").insertOne(Self.large) }
            #expect(error?.code == .timeout)
            await eventually { client.poolCounts.first.map { $0.counts.inUse + $0.counts.idle } == 0 }
        }
    }

    @Test func `cancelling ends a write that nobody answers and nobody reads`() async throws {
        let server = try await Self.deaf()
        try await server.withClient("&w=0") { client in
            try await client.connect()
            let writing = Task { try await client.database("d").collection("c").insertOne(Self.large) }
            await eventually { client.poolCounts.first?.counts.inUse == 1 }
            writing.cancel()
            let error = await mongoError { _ = try await writing.value }
            #expect(error?.code == .cancelled)
            await eventually { client.poolCounts.first.map { $0.counts.inUse + $0.counts.idle } == 0 }
        }
    }

    @Test func `one slow hello takes nothing from an operation's time`() async throws {
        let server = try await WireServer.start { request, server in
            guard request.isHello else { return .reply(["ok": 1.0]) }
            let isFirst = request.connection == 0
            return isFirst ? .late(server.primaryHello(), by: .seconds(3)) : .reply(server.primaryHello())
        }
        try await server.withClient(heartbeat: 60_000) { client in
            try await client.database("d").runCommand(["warm": 1])
            try await client.database("d").runCommand(["ping": 1], timeout: .milliseconds(2_500))
            #expect(server.commands.map(\.name) == ["warm", "ping"])
        }
    }

    @Test func `where no time is left for the answer, no connection is taken, and none is lost`() async throws {
        let server = try await WireServer.start { request, server in
            guard request.isHello else { return .reply(["ok": 1.0]) }
            let isMonitor = request.connection == 0
            return isMonitor ? .late(server.primaryHello(), by: .seconds(1)) : .reply(server.primaryHello())
        }
        try await server.withClient { client in
            try await client.database("d").runCommand(["warm": 1])
            await eventually { server.requests.count { $0.connection == 0 } >= 5 }
            for _ in 0..<5 {
                let error = await mongoError {
                    try await client.database("d").runCommand(["ping": 1], timeout: .milliseconds(500))
                }
                #expect(error?.code == .timeout)
            }
            #expect(server.commands.map(\.name) == ["warm"])
            #expect(client.poolCounts.first?.counts.idle == 1)
            #expect(server.allConnections == 2)
        }
    }

    @Test func `as long as somebody waits, servers are looked at again soon`() async throws {
        let server = try await WireServer.start { request, server in
            guard request.isHello else { return .reply(["ok": 1.0]) }
            // A secondary at first, a primary from the fourth look on.
            guard server.requests.count(where: \.isHello) < 4 else { return .reply(server.primaryHello()) }
            let part: [(String, BSONValue)] = [("ismaster", false), ("isWritablePrimary", false), ("secondary", true)]
            return .reply(server.primaryHello(part))
        }
        // Without another look, the wait of 30 s for a server would end before the next heartbeat.
        try await server.withClient(heartbeat: 600_000) { client in
            try await client.database("d").runCommand(["ping": 1])
            #expect(server.commands.map(\.name) == ["ping"])
        }
    }

    @Test func `a connection whose server calls itself an arbiter carries no user's commands`() async throws {
        let server = try await WireServer.start { request, server in
            guard request.isHello, request.connection > 0 else {
                return .reply(request.isHello ? server.primaryHello() : ["ok": 1.0])
            }
            let part: [(String, BSONValue)] = [
                ("ismaster", false), ("isWritablePrimary", false), ("arbiterOnly", true),
            ]
            return .reply(server.primaryHello(part))
        }
        try await server.withClient("&authMechanism=PLAIN&authSource=$external", user: "user:pencil@") { client in
            let error = await mongoError { try await client.database("d").runCommand(["ping": 1]) }
            #expect(error?.code == .authenticationFailed)
            #expect(server.commands.isEmpty)
        }
    }

    @Test func `an observer sees no passwords`() async throws {
        let server = try await WireServer.primary { request, _ in
            request.name == "updateUser"
                ? .reply(["ok": 0.0, "code": 11, "errmsg": "no pencil here"]) : .reply(["ok": 1.0, "secret": "pencil"])
        }
        let seen = NIOLockedValueBox<[String]>([])
        var configuration = MongoClientConfiguration()
        configuration.commandObserver = { event in seen.withLockedValue { $0.append("\(event)") } }
        try await server.withClient(configuration: configuration) { client in
            let database = client.database("d")
            for name in ["createUser", "saslStart", "saslContinue", "authenticate", "getnonce"] {
                try await database.runCommand(BSONDocument(pairs: [(name, "user"), ("pwd", "pencil")]))
            }
            let error = await mongoError { try await database.runCommand(["updateUser": "user", "pwd": "pencil"]) }
            // The caller is told all.
            #expect(error?.failure?.message == "no pencil here")
            #expect(server.commands.count == 6)
            #expect(seen.withLockedValue { $0.count } == 12)
            #expect(seen.withLockedValue { $0.contains { $0.contains("pencil") } } == false)
        }
    }

    @Test func `connectTimeoutMS, begun with the attempt, ends a TLS handshake before the dial's own clock does`()
        async throws
    {
        let server = try await WireServer.start { _, _ in .silence }
        try await server.withClient("&tls=true&connectTimeoutMS=300&serverSelectionTimeoutMS=4000") { client in
            let error = await mongoError { try await client.database("d").runCommand(["ping": 1]) }
            #expect(error?.code == .noServer)
            #expect(error?.dialError?.code == .handshakeFailed)
            #expect((error?.dialError?.channelError as? WireError)?.code == .timedOut)
        }
    }

    @Test func `a second close returns with the first`() async throws {
        let server = try await WireServer.primary { request, _ in
            request.name == "hang" ? .silence : .reply(["ok": 1.0])
        }
        try await server.withClient { client in
            let hanging = Task { try await client.database("d").runCommand(["hang": 1]) }
            await eventually { server.commands.contains { $0.name == "hang" } }
            let began = ContinuousClock.now
            let first = Task { await client.close(within: .seconds(1)) }
            await eventually { await mongoError { try await client.database("d").runCommand(["ping": 1]) } != nil }
            await client.close()
            // The connection in use was given a second to come back.
            #expect(ContinuousClock.now - began >= .milliseconds(950))
            await first.value
            let error = await mongoError { _ = try await hanging.value }
            #expect(error?.code == .connectionFailed)
        }
    }
}
