// SPDX-License-Identifier: Apache-2.0

import BSON
import FairDial
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import MongoClient

/// Servers that are no use to the client, or not any more.
@Suite(.timeLimit(.minutes(2))) struct `Servers that are not for us` {
    private static let secondary: [(String, BSONValue)] = [
        ("ismaster", false), ("isWritablePrimary", false), ("secondary", true),
    ]

    @Test(arguments: ["", "&replicaSet=rs"])
    func `an arbiter among the seeds is sent no proof, whatever minPoolSize is`(_ set: String) async throws {
        let server = try await WireServer.start { request, server in
            let part: [(String, BSONValue)] = [
                ("ismaster", false), ("isWritablePrimary", false), ("arbiterOnly", true),
            ]
            return .reply(request.isHello ? server.primaryHello(part) : ["ok": 1.0, "done": true])
        }
        try await Self.isLeftAlone(server, set)
    }

    @Test func `nor is a member of another set`() async throws {
        let server = try await WireServer.start { request, server in
            .reply(request.isHello ? server.primaryHello([("setName", "other")]) : ["ok": 1.0, "done": true])
        }
        try await Self.isLeftAlone(server, "&directConnection=true&replicaSet=rs")
    }

    private static func isLeftAlone(_ server: WireServer, _ set: String) async throws {
        let options = "&minPoolSize=5&authMechanism=PLAIN&authSource=$external\(set)"
        try await server.withClient(options, user: "user:pencil@") { client in
            _ = try await client.running(until: nil)
            await eventually { server.requests.count(where: \.isHello) >= 4 }
            // The monitor's alone, which proves nothing.
            #expect(server.allConnections == 1)
            #expect(server.commands.isEmpty)
        }
    }

    @Test func `a primary's pool fills itself up once it was seen`() async throws {
        let server = try await WireServer.primary { _, _ in .reply(["ok": 1.0, "done": true]) }
        let options = "&minPoolSize=5&authMechanism=PLAIN&authSource=$external"
        try await server.withClient(options, user: "user:pencil@") { client in
            try await client.connect()
            await eventually { client.poolCounts.first?.counts.idle == 5 }
            #expect(server.commands.map(\.name) == Array(repeating: "saslStart", count: 5))
        }
    }

    @Test func `an arbiter that is spoken to directly answers`() async throws {
        let server = try await WireServer.start { request, server in
            let part: [(String, BSONValue)] = [
                ("ismaster", false), ("isWritablePrimary", false), ("arbiterOnly", true),
            ]
            return .reply(request.isHello ? server.primaryHello(part) : ["ok": 1.0])
        }
        try await server.withClient("&directConnection=true&serverSelectionTimeoutMS=5000") { client in
            try await client.database("d").runCommand(["ping": 1])
            #expect(server.commands.map(\.name) == ["ping"])
        }
    }

    @Test(arguments: [true, false]) func `one of another age is told at once`(_ isOld: Bool) async throws {
        let server = try await WireServer.start { request, server in
            let part: [(String, BSONValue)] =
                isOld ? [("maxWireVersion", 7)] : [("minWireVersion", 90), ("maxWireVersion", 99)]
            return .reply(request.isHello ? server.primaryHello(part) : ["ok": 1.0])
        }
        try await server.withClient("&serverSelectionTimeoutMS=5000") { client in
            for _ in 0..<2 {
                let error = await mongoError { try await client.database("d").runCommand(["ping": 1]) }
                #expect(error?.code == .noServer)
                let words = isOld ? "speaks wire version 7 at most" : "speaks wire version 90 and newer"
                #expect(error?.message.contains(words) == true, "\(error.map { "\($0)" } ?? "no error")")
            }
            #expect(server.commands.isEmpty)
        }
    }

    @Test func `one that leaves the set: who waits for its pool goes elsewhere`() async throws {
        let hasMoved = NIOLockedValueBox(false)
        let other = NIOLockedValueBox("")
        let first = try await WireServer.start { request, server in
            guard request.isHello else { return .silence }
            let both = BSONValue.array([.string(server.address), .string(other.withLockedValue { $0 })])
            return .reply(server.primaryHello([("hosts", both)]))
        }
        let second = try await WireServer.start { request, server in
            guard request.isHello else {
                return .reply(["ok": 1.0, "cursor": ["id": .int64(0), "ns": "d.c", "firstBatch": [["a": 1]]]])
            }
            if hasMoved.withLockedValue({ $0 }) { return .reply(server.primaryHello([("setVersion", 2)])) }
            let both = BSONValue.array([.string(first.address), .string(server.address)])
            return .reply(server.primaryHello(Self.secondary + [("hosts", both)]))
        }
        other.withLockedValue { $0 = second.address }
        try await first.withClient("&maxPoolSize=1") { client in
            let hanging = Task { try await client.database("d").runCommand(["hang": 1]) }
            await eventually { first.commands.count == 1 }
            let finding = Task { try await client.database("d").collection("c").find().all() }
            await eventually { client.poolCounts.contains { $0.counts.waiting == 1 } }
            hasMoved.withLockedValue { $0 = true }
            let found = try await finding.value
            #expect(found == [["a": 1]])
            #expect(first.commands.map(\.name) == ["hang"])
            #expect(second.commands.map(\.name) == ["find"])
            hanging.cancel()
            _ = await hanging.result
        }
        await second.stop()
    }

    @Test func `when the loops are shut down, no operation waits for ever`() async throws {
        let server = try await WireServer.primary { request, _ in
            request.name == "hang" ? .silence : .reply(["ok": 1.0])
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        var dialing = DialerConfiguration()
        dialing.group = group
        let client = try MongoClient("mongodb://\(server.address)/", dialer: Dialer(dialing))
        let database = client.database("d")
        try await database.runCommand(["ping": 1])
        let deployment = try await client.running(until: nil)
        let address = try #require(deployment.pools.first?.address)
        guard let lease = deployment.server(at: address)?.server.pool.checkOutIdle() else {
            Issue.record("no idle connection")
            return
        }
        let connection = lease.output
        let hanging = Task { await mongoError { try await database.runCommand(["hang": 1]) } }
        await eventually { server.commands.contains { $0.name == "hang" } }
        // For one that does not exist: a member with this tag.
        let rule = ReadRule(.secondary, tags: [["dc": "none"]])
        let selecting = Task { await mongoError { try await database.runCommand(["ping": 1], readRule: rule) } }
        try await group.shutdownGracefully()
        let broken = await hanging.value
        #expect(broken != nil)
        let unfound = await selecting.value
        #expect(unfound?.code == .noServer)
        let request = connection.nextRequest()
        let message = CommandMessage(body: ["ping": 1], database: "d")
        let bytes = message.encoded(request: request, adding: CommandExtras(), ByteBufferAllocator())
        let result: Result<WireReply, WireError> = await connection.send(bytes, request: request, until: nil)
        guard case .failure(let error) = result else {
            Issue.record("an answer of a connection that is gone")
            return
        }
        #expect(error.code == .closed)
        lease.giveBack()
        let noMember = await mongoError { try await database.runCommand(["ping": 1], readRule: rule) }
        #expect(noMember?.code == .noServer)
        let noConnection = await mongoError { try await database.runCommand(["ping": 1]) }
        #expect(noConnection != nil)
        await client.close()
        await server.stop()
    }
}
