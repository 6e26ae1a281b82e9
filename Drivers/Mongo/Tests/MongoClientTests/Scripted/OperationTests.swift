// SPDX-License-Identifier: Apache-2.0

import BSON
import FairDial
import FairDialTestKit
import FairPool
import NIOConcurrencyHelpers
import Testing

@testable import MongoClient

/// Operations against a server of our own, which misbehaves as each test wants it.
@Suite struct `Operations and a server that misbehaves` {
    @Test func `documents go out as they are, with an ID where they have none`() async throws {
        let server = try await WireServer.primary { _, _ in .reply(["ok": 1.0, "n": 2]) }
        try await server.withClient { client in
            let result = try await client.database("d").collection("c").insertMany([["a": 1], ["_id": 7, "b": 2]])
            let sent = try #require(server.commands.first?.command)
            let documents = try #require(sent["documents"]?.array)
            #expect(documents[checked: 0]?.document == ["_id": result.insertedIDs[0], "a": 1])
            #expect(documents[checked: 1]?.document == ["_id": 7, "b": 2])
            #expect(result.insertedIDs[1] == 7)
            #expect(sent["$db"] == "d")
            #expect(sent["txnNumber"] == .int64(1))
            #expect(sent["lsid"]?.document?["id"] != nil)
        }
    }

    @Test(arguments: [0, 1, 15, 16, 30])
    func `a write whose connection breaks is sent once more, under the same number`(_ bytes: Int) async throws {
        let count = NIOLockedValueBox(0)
        let server = try await WireServer.primary { request, _ in
            guard request.name == "insert" else { return .reply(["ok": 1.0]) }
            let isFirst = count.withLockedValue { count in
                count += 1
                return count == 1
            }
            return isFirst ? .cut(["ok": 1.0, "n": 1], after: bytes) : .reply(["ok": 1.0, "n": 1])
        }
        try await server.withClient { client in
            try await client.database("d").collection("c").insertOne(["a": 1])
            let inserts = server.commands.filter { $0.name == "insert" }
            #expect(inserts.count == 2)
            #expect(inserts[0].command["txnNumber"] == inserts[1].command["txnNumber"])
            #expect(inserts[0].command["lsid"] == inserts[1].command["lsid"])
            #expect(inserts[0].command["documents"] == inserts[1].command["documents"])
            #expect(inserts[0].connection != inserts[1].connection)
        }
    }

    @Test func `a write is sent twice at most`() async throws {
        let server = try await WireServer.primary { request, _ in
            request.name == "insert" ? .close : .reply(["ok": 1.0])
        }
        try await server.withClient { client in
            let error = await mongoError { try await client.database("d").collection("c").insertOne(["a": 1]) }
            #expect(error?.code == .connectionFailed)
            #expect(error?.wireError?.code == .closed)
            #expect(error?.hasLabel("RetryableWriteError") == true)
            #expect(server.commands.filter { $0.name == "insert" }.count == 2)
        }
    }

    @Test func `a write to many documents is not sent again`() async throws {
        let server = try await WireServer.primary { request, _ in
            request.name == "update" ? .close : .reply(["ok": 1.0])
        }
        try await server.withClient { client in
            let error = await mongoError {
                try await client.database("d").collection("c").updateMany([:], ["$set": ["a": 1]])
            }
            #expect(error?.code == .connectionFailed)
            #expect(server.commands.filter { $0.name == "update" }.count == 1)
        }
    }

    @Test func `with retryWrites=false nothing is sent again, and nothing is counted`() async throws {
        let server = try await WireServer.primary { request, _ in
            request.name == "insert" ? .close : .reply(["ok": 1.0])
        }
        try await server.withClient("&retryWrites=false") { client in
            let error = await mongoError { try await client.database("d").collection("c").insertOne(["a": 1]) }
            #expect(error?.code == .connectionFailed)
            let inserts = server.commands.filter { $0.name == "insert" }
            #expect(inserts.count == 1)
            #expect(inserts.first?.command["txnNumber"] == nil)
        }
    }

    @Test func `a step-down in mid-write: another look at the server, and the write once more`() async throws {
        let count = NIOLockedValueBox(0)
        let server = try await WireServer.primary { request, _ in
            guard request.name == "insert" else { return .reply(["ok": 1.0]) }
            let isFirst = count.withLockedValue { count in
                count += 1
                return count == 1
            }
            guard isFirst else { return .reply(["ok": 1.0, "n": 1]) }
            return .reply([
                "ok": 0.0, "code": 10107, "codeName": "NotWritablePrimary", "errmsg": "not primary",
                "errorLabels": ["RetryableWriteError"],
            ])
        }
        try await server.withClient { client in
            try await client.database("d").collection("c").insertOne(["a": 1])
            let inserts = server.commands.filter { $0.name == "insert" }
            #expect(inserts.count == 2)
            #expect(inserts[0].command["txnNumber"] == inserts[1].command["txnNumber"])
        }
    }

    @Test func `what is no answer is a typed error, and the pool is well again`() async throws {
        let faults: [(WireError.Code, @Sendable (Int32) -> [UInt8])] = [
            (.unexpectedReply, { WireServer.message(["ok": 1.0], to: $0 &+ 1) }),
            (.unknownOpcode, { WireServer.message(["ok": 1.0], to: $0, opcode: 99) }),
            (.invalidLength, { _ in [255, 255, 255, 127, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] }),
            (.invalidLength, { _ in [1, 0, 0, 0] }),
        ]
        for (code, bytes) in faults {
            let isBroken = NIOLockedValueBox(true)
            let server = try await WireServer.primary { request, _ in
                isBroken.withLockedValue { $0 } ? .raw(bytes(request.id)) : .reply(["ok": 1.0])
            }
            try await server.withClient { client in
                let error = await mongoError { try await client.database("d").runCommand(["ping": 1]) }
                #expect(error?.wireError?.code == code)
                isBroken.withLockedValue { $0 = false }
                try await client.database("d").runCommand(["ping": 1])
            }
        }
    }

    @Test func `a document over 16 MiB is refused before it is sent`() async throws {
        let server = try await WireServer.primary { _, _ in .reply(["ok": 1.0, "n": 1]) }
        try await server.withClient { client in
            let text = String(repeating: "x", count: 16 * 1024 * 1024)
            let document: BSONDocument = ["text": .string(text)]
            let error = await mongoError { try await client.database("d").collection("c").insertOne(document) }
            #expect(error?.code == .invalidArgument)
            #expect(server.commands.isEmpty)
        }
    }

    @Test func `timeoutMS ends a wait for an answer, and the connection with it`() async throws {
        let server = try await WireServer.primary { request, _ in
            request.name == "ping" ? .silence : .reply(["ok": 1.0])
        }
        try await server.withClient("&timeoutMS=300") { client in
            // So that the time is the answer's alone.
            try await client.database("d").runCommand(["warm": 1], timeout: .seconds(20))
            let error = await mongoError { try await client.database("d").runCommand(["ping": 1]) }
            #expect(error?.code == .timeout)
            #expect(error?.wireError?.code == .timedOut)
            await eventually { client.poolCounts.first?.counts.inUse == 0 && client.poolCounts.first?.counts.idle == 0 }
        }
    }

    @Test func `timeoutMS ends a wait for a connection of the pool`() async throws {
        let server = try await WireServer.primary { request, _ in
            request.name == "hang" ? .silence : .reply(["ok": 1.0])
        }
        try await server.withClient("&maxPoolSize=1") { client in
            let hanging = Task { try await client.database("d").runCommand(["hang": 1]) }
            await eventually { server.commands.contains { $0.name == "hang" } }
            let error = await mongoError {
                try await client.database("d").runCommand(["ping": 1], timeout: .milliseconds(200))
            }
            #expect(error?.code == .timeout)
            #expect(error?.poolError != nil)
            hanging.cancel()
            let cancelled = await mongoError { _ = try await hanging.value }
            #expect(cancelled?.code == .cancelled)
            try await client.database("d").runCommand(["ping": 1])
        }
    }

    @Test func `no server: the error says who was asked, and why not`() async throws {
        let server = try await WireServer.start { _, _ in .close }
        try await server.withClient("&serverSelectionTimeoutMS=3000") { client in
            let error = await mongoError { try await client.database("d").runCommand(["ping": 1]) }
            #expect(error?.code == .noServer)
            #expect(error?.message.contains(server.address) == true)
            #expect(error?.dialError?.code == .handshakeFailed)
        }
    }

    @Test func `a name that hangs: timeoutMS ends the operation, and the error names the lookup`() async throws {
        var dialing = DialerConfiguration()
        dialing.resolver = NameResolver(ScriptedResolver())
        let client = try MongoClient("mongodb://hangs.example.test/?timeoutMS=300", dialer: Dialer(dialing))
        let error = await mongoError { try await client.database("d").runCommand(["ping": 1]) }
        #expect(error?.code == .timeout)
        #expect(error?.message.contains("hangs.example.test:27017: the lookup of its name") == true)
        #expect(error?.dialError?.code == .deadlineExceeded)
        #expect((error?.dialError?.report.lookup ?? .zero) > .zero)
        await client.close()
    }

    @Test func `the network is cut: what waits fails, and all is well when it is back`() async throws {
        let isCut = NIOLockedValueBox(false)
        let server = try await WireServer.start { request, server in
            if isCut.withLockedValue({ $0 }) { return .close }
            return request.isHello ? .reply(server.primaryHello()) : .reply(["ok": 1.0, "n": 1])
        }
        try await server.withClient("&serverSelectionTimeoutMS=20000") { client in
            let collection = client.database("d").collection("c")
            try await collection.insertOne(["a": 1])
            isCut.withLockedValue { $0 = true }
            server.dropConnections()
            let inserts = (0..<8).map { number in Task { try await collection.insertOne(["a": .int32(number)]) } }
            try await Task.sleep(for: .milliseconds(100))
            isCut.withLockedValue { $0 = false }
            for insert in inserts { _ = try? await insert.value }
            try await collection.insertOne(["a": 2])
            await eventually { client.poolCounts.first?.counts.inUse == 0 }
        }
    }

    @Test func `a server that accepts and says nothing: connectTimeoutMS covers the hello`() async throws {
        let server = try await WireServer.start { _, _ in .silence }
        try await server.withClient("&connectTimeoutMS=200&serverSelectionTimeoutMS=8000") { client in
            let error = await mongoError { try await client.database("d").runCommand(["ping": 1]) }
            #expect(error?.code == .noServer)
            // Our deadline began with the attempt, the dial's own with the connection: they end together.
            let codes: [DialError.Code?] = [.handshakeTimeout, .handshakeFailed]
            #expect(codes.contains(error?.dialError?.code))
            // It was asked again as long as somebody waited.
            #expect(server.requests.count >= 2)
        }
    }

    @Test func `timeoutMS ends a wait for a server that says nothing: the error names the dial under way`() async throws
    {
        let server = try await WireServer.start { _, _ in .silence }
        try await server.withClient("&timeoutMS=300&connectTimeoutMS=60000") { client in
            // The dial that both wait for has come to its greeting before the second one's time begins.
            let first = Task {
                await mongoError { try await client.database("d").runCommand(["a": 1], timeout: .seconds(60)) }
            }
            await eventually { !server.requests.isEmpty }
            let error = await mongoError { try await client.database("d").runCommand(["ping": 1]) }
            first.cancel()
            _ = await first.value
            #expect(error?.code == .timeout)
            #expect(error?.message.contains("\(server.address): it is connected, and its handshake has taken") == true)
            #expect(error?.dialError?.code == .deadlineExceeded)
            #expect(error?.dialError?.target == server.address)
            #expect((error?.dialError?.report.handshake ?? .zero) > .zero)
        }
    }

    @Test func `a cursor is read to its end, in one session`() async throws {
        let server = try await WireServer.primary { request, _ in
            switch request.name {
            case "find":
                .reply(["ok": 1.0, "cursor": ["id": .int64(9), "ns": "d.c", "firstBatch": [["a": 1], ["a": 2]]]])
            case "getMore": .reply(["ok": 1.0, "cursor": ["id": .int64(0), "ns": "d.c", "nextBatch": [["a": 3]]]])
            default: .reply(["ok": 1.0])
            }
        }
        try await server.withClient { client in
            let documents = try await client.database("d").collection("c").find().all()
            #expect(documents == [["a": 1], ["a": 2], ["a": 3]])
            let sent = server.commands
            #expect(sent.map(\.name) == ["find", "getMore"])
            #expect(sent[1].command["getMore"] == .int64(9))
            #expect(sent[0].command["lsid"] == sent[1].command["lsid"])
        }
    }

    @Test func `a cursor that is not read to its end is killed`() async throws {
        let server = try await WireServer.primary { request, _ in
            request.name == "find"
                ? .reply(["ok": 1.0, "cursor": ["id": .int64(9), "ns": "d.c", "firstBatch": [["a": 1], ["a": 2]]]])
                : .reply(["ok": 1.0])
        }
        try await server.withClient { client in
            for try await _ in try await client.database("d").collection("c").find() { break }
            await eventually { server.commands.contains { $0.name == "killCursors" } }
            let killed = server.commands.first { $0.name == "killCursors" }?.command
            #expect(killed?["cursors"] == [.int64(9)])
        }
    }

    @Test func `writes that were not done are named by their places`() async throws {
        let server = try await WireServer.primary { _, _ in
            .reply(["ok": 1.0, "n": 1, "writeErrors": [["index": 1, "code": 11000, "errmsg": "duplicate"]]])
        }
        try await server.withClient { client in
            let error = await mongoError {
                try await client.database("d").collection("c").insertMany([["_id": 1], ["_id": 1], ["_id": 2]])
            }
            #expect(error?.code == .writeFailed)
            #expect(error?.writeFailures == [WriteFailure(index: 1, code: 11000, message: "duplicate")])
            #expect(error?.partialResult?.insertedIDs == [0: 1])
            #expect(server.commands.count == 1)
        }
    }

    @Test func `inserts beyond a batch go in several commands`() async throws {
        let server = try await WireServer.start { request, server in
            request.isHello
                ? .reply(server.primaryHello([("maxWriteBatchSize", 2)]))
                : .reply(["ok": 1.0, "n": .int32(Int32(request.command["documents"]?.array?.count ?? 0))])
        }
        try await server.withClient { client in
            try await client.database("d").collection("c").insertMany((0..<5).map { ["a": .int32($0)] })
            #expect(server.commands.map { $0.command["documents"]?.array?.count } == [2, 2, 1])
            #expect(server.commands.map { $0.command["txnNumber"] } == [.int64(1), .int64(2), .int64(3)])
        }
    }

    @Test func `a standalone server is written to once, without numbers`() async throws {
        let server = try await WireServer.start { request, _ in
            request.isHello ? .reply(WireServer.standaloneHello) : .reply(["ok": 1.0, "n": 1])
        }
        try await server.withClient { client in
            try await client.database("d").collection("c").insertOne(["a": 1])
            #expect(server.commands.first?.command["txnNumber"] == nil)
            #expect(server.commands.first?.command["lsid"] == nil)
            #expect(server.requests.first?.isQuery == true)
            #expect(server.requests.first?.command["helloOk"] == true)
        }
    }

    @Test func `after close nothing is sent`() async throws {
        let server = try await WireServer.primary { _, _ in .reply(["ok": 1.0]) }
        let client = try MongoClient("mongodb://\(server.address)/")
        try await client.database("d").runCommand(["ping": 1])
        await client.close()
        await eventually { server.openConnections == 0 }
        let error = await mongoError { try await client.database("d").runCommand(["ping": 1]) }
        #expect(error?.code == .closed)
        await server.stop()
    }
}
