// SPDX-License-Identifier: Apache-2.0

import BSON
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import MongoClient

/// What is sent a second time, and what is not.
@Suite(.timeLimit(.minutes(2))) struct `Operations that are sent again` {
    /// True the first time.
    private final class Once: Sendable {
        private let isOver = NIOLockedValueBox(false)

        func first() -> Bool {
            isOver.withLockedValue { isOver in
                defer { isOver = true }
                return !isOver
            }
        }
    }

    private static func inserts(_ server: WireServer) -> [BSONDocument] {
        server.commands.filter { $0.name == "insert" }.map(\.command)
    }

    @Test func `a server that comes back by itself, without a set, does not get a numbered write again`() async throws {
        let isAlone = NIOLockedValueBox(false)
        let server = try await WireServer.start { request, server in
            if request.isHello {
                return .reply(isAlone.withLockedValue { $0 } ? WireServer.standaloneHello : server.primaryHello())
            }
            guard request.name == "insert", !isAlone.withLockedValue({ $0 }) else {
                return .reply(["ok": 1.0, "n": 1])
            }
            isAlone.withLockedValue { $0 = true }
            return .close
        }
        try await server.withClient("&directConnection=true") { client in
            let error = await mongoError { try await client.database("d").collection("c").insertOne(["a": 1]) }
            #expect(error?.code == .connectionFailed)
            #expect(Self.inserts(server).map { $0["txnNumber"] } == [.int64(1)])
        }
    }

    @Test func `a write without a number is not sent again, whatever the monitor knows`() async throws {
        let server = try await WireServer.start { request, server in
            // The first connection is the monitor's.
            if request.isHello {
                var hello = server.primaryHello()
                if request.connection > 0 { hello.removeValue(forKey: "logicalSessionTimeoutMinutes") }
                return .reply(hello)
            }
            return request.name == "insert" ? .close : .reply(["ok": 1.0])
        }
        try await server.withClient { client in
            let error = await mongoError { try await client.database("d").collection("c").insertOne(["a": 1]) }
            #expect(error?.code == .connectionFailed)
            #expect(Self.inserts(server).map { $0["txnNumber"] } == [nil])
        }
    }

    private static let interrupted: BSONDocument = [
        "ok": 1.0, "n": 1, "errorLabels": ["RetryableWriteError"],
        "writeConcernError": ["code": 11602, "errmsg": "interrupted"],
    ]

    @Test func `a session goes with the write that is sent again: whoever has the connection next gets another`()
        async throws
    {
        let once = Once()
        let answer = NIOLockedValueBox<(@Sendable (BSONDocument) -> Void)?>(nil)
        let server = try await WireServer.primary { request, _ in
            guard request.name == "insert", once.first() else { return .reply(["ok": 1.0, "n": 1]) }
            return .held { hold in answer.withLockedValue { $0 = hold } }
        }
        try await server.withClient("&maxPoolSize=1") { client in
            async let insert = client.database("d").collection("c").insertOne(["a": 1])
            await eventually { answer.withLockedValue { $0 != nil } }
            // The second sending stands in line behind this one, for the connection of the first.
            async let ping = client.database("d").runCommand(["ping": 1])
            await eventually { client.poolCounts.first?.counts.waiting == 1 }
            answer.withLockedValue { $0 }?(Self.interrupted)
            _ = try await (insert, ping)
            let sent = server.commands
            #expect(sent.map(\.name) == ["insert", "ping", "insert"])
            let sessions = sent.map { $0.command["lsid"] }
            #expect(sessions.first == sessions.last)
            #expect(Set(sessions.map { $0?.document ?? [:] }).count == 2)
        }
    }

    @Test func `what was written is not forgotten where the write concern fails twice`() async throws {
        let server = try await WireServer.primary { request, _ in
            .reply(request.name == "insert" ? Self.interrupted : ["ok": 1.0])
        }
        try await server.withClient { client in
            let error = await mongoError { try await client.database("d").collection("c").insertOne(["_id": 7]) }
            #expect(Self.inserts(server).count == 2)
            #expect(error?.code == .writeFailed)
            #expect(error?.writeConcernFailure?.code == 11602)
            #expect(error?.partialResult?.insertedCount == 1)
        }
    }

    @Test func `what was written is not forgotten where the second sending breaks`() async throws {
        let once = Once()
        let server = try await WireServer.primary { request, _ in
            guard request.name == "insert" else { return .reply(["ok": 1.0]) }
            return once.first() ? .reply(Self.interrupted) : .close
        }
        try await server.withClient { client in
            let error = await mongoError { try await client.database("d").collection("c").insertOne(["_id": 7]) }
            #expect(Self.inserts(server).count == 2)
            #expect(error?.code == .writeFailed)
            #expect(error?.writeConcernFailure?.code == 11602)
            #expect(error?.partialResult?.insertedCount == 1)
        }
    }

    @Test func `an answer that is no BSON is the document's fault: nothing is sent again`() async throws {
        let server = try await WireServer.primary { request, _ in
            guard request.name == "find" else { return .reply(["ok": 1.0]) }
            var bytes = WireServer.message(["ok": 1.0, "text": "abc"], to: request.id)
            bytes[bytes.count - 3] = 0xFF
            return .raw(bytes)
        }
        try await server.withClient(heartbeat: 60_000) { client in
            let error = await mongoError { _ = try await client.database("d").collection("c").find().all() }
            #expect(error?.code == .invalidReply)
            #expect(error?.wireError?.code == .invalidDocument)
            #expect(server.commands.map(\.name) == ["find"])
            // Nobody has had the server looked at for it.
            #expect(server.requests.count { $0.isHello && $0.connection == 0 } <= 2)
        }
    }

    @Test(arguments: [true, false])
    func `a server too old for labels: the client puts them on by the number`(_ isConcern: Bool) async throws {
        let once = Once()
        let server = try await WireServer.start { request, server in
            if request.isHello { return .reply(server.primaryHello([("maxWireVersion", 8)])) }
            guard request.name == "insert", once.first() else { return .reply(["ok": 1.0, "n": 1]) }
            let failure: BSONDocument = ["code": 91, "errmsg": "going down"]
            return .reply(
                isConcern
                    ? ["ok": 1.0, "n": 1, "writeConcernError": .document(failure)]
                    : ["ok": 0.0, "code": 91, "errmsg": "going down"]
            )
        }
        try await server.withClient { client in
            try await client.database("d").collection("c").insertOne(["a": 1])
            #expect(Self.inserts(server).map { $0["txnNumber"] } == [.int64(1), .int64(1)])
        }
    }

    @Test func `a session outlives the refusal of its write`() async throws {
        let server = try await WireServer.primary { request, _ in
            request.name == "insert"
                ? .reply(["ok": 0.0, "code": 13, "errmsg": "not authorized"]) : .reply(["ok": 1.0])
        }
        try await server.withClient { client in
            for _ in 0..<3 {
                let error = await mongoError { try await client.database("d").collection("c").insertOne(["a": 1]) }
                #expect(error?.failure?.code == 13)
            }
            #expect(Set(Self.inserts(server).map { $0["lsid"]?.document ?? [:] }).count == 1)
            #expect(Self.inserts(server).map { $0["txnNumber"] } == [.int64(1), .int64(2), .int64(3)])
        }
    }

    @Test func `socketTimeoutMS is a fault of the connection: a read is sent again`() async throws {
        let once = Once()
        let server = try await WireServer.primary { request, _ in
            guard request.name == "find", !once.first() else {
                return request.name == "find" ? .silence : .reply(["ok": 1.0])
            }
            return .reply(["ok": 1.0, "cursor": ["id": .int64(0), "ns": "d.c", "firstBatch": [["a": 1]]]])
        }
        try await server.withClient("&socketTimeoutMS=1000") { client in
            let documents = try await client.database("d").collection("c").find().all()
            #expect(documents == [["a": 1]])
            #expect(server.commands.map(\.name) == ["find", "find"])
        }
    }

    @Test func `a write that socketTimeoutMS ends twice says so, with its label`() async throws {
        let server = try await WireServer.primary { request, _ in
            request.name == "insert" ? .silence : .reply(["ok": 1.0])
        }
        try await server.withClient("&socketTimeoutMS=500") { client in
            let error = await mongoError { try await client.database("d").collection("c").insertOne(["a": 1]) }
            #expect(error?.code == .connectionFailed)
            #expect(error?.wireError?.code == .timedOut)
            #expect(error?.hasLabel("RetryableWriteError") == true)
            #expect(Self.inserts(server).map { $0["txnNumber"] } == [.int64(1), .int64(1)])
        }
    }
}
