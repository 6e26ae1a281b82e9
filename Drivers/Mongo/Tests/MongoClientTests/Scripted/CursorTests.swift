// SPDX-License-Identifier: Apache-2.0

import BSON
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import MongoClient

/// Cursors whose connections break, that are closed at the wrong moment, or that are late.
@Suite(.timeLimit(.minutes(2))) struct `Cursors and their sessions` {
    private static let first: BSONDocument = [
        "ok": 1.0, "cursor": ["id": .int64(9), "ns": "d.c", "firstBatch": [["a": 1]]],
    ]

    private static func session(_ name: String, _ server: WireServer) -> BSONValue? {
        server.commands.last { $0.name == name }?.command["lsid"]
    }

    @Test(arguments: ["getMore", "killCursors"])
    func `a session that has met a fault of the network is for nobody any more`(_ broken: String) async throws {
        let server = try await WireServer.primary { request, _ in
            if request.name == broken { return .close }
            return .reply(request.name == "find" ? Self.first : ["ok": 1.0])
        }
        try await server.withClient(heartbeat: 600_000) { client in
            var documents = try await client.database("d").collection("c").find().makeAsyncIterator()
            _ = try await documents.next()
            if broken == "getMore" {
                let error = await mongoError { _ = try await documents.next() }
                #expect(error?.wireError?.code == .closed)
            } else {
                documents.state.close()
                await eventually { server.commands.contains { $0.name == "killCursors" } }
            }
            // What came after it, with time for a session to be given back.
            await eventually {
                // The pool was cleared for the fault.
                _ = await mongoError { try await client.database("d").runCommand(["ping": 1], timeout: .seconds(20)) }
                _ = await mongoError { try await client.dropIdle() }
                return server.commands.count { $0.name == "ping" } >= 5
            }
            let dirty = try #require(Self.session("find", server))
            #expect(!server.commands.filter { $0.name == "ping" }.contains { $0.command["lsid"] == dirty })
        }
    }

    @Test func `a session whose cursor was killed is used again`() async throws {
        let server = try await WireServer.primary { request, _ in
            .reply(request.name == "find" ? Self.first : ["ok": 1.0])
        }
        try await server.withClient { client in
            for try await _ in try await client.database("d").collection("c").find() { break }
            await eventually { server.commands.contains { $0.name == "killCursors" } }
            let clean = try #require(Self.session("find", server))
            #expect(Self.session("killCursors", server) == clean)
            await eventually {
                _ = await mongoError { try await client.dropIdle() }
                _ = await mongoError { try await client.database("d").runCommand(["ping": 1]) }
                return Self.session("ping", server) == clean
            }
        }
    }

    @Test func `one that is closed while a batch is on its way stays closed, and its session in use`() async throws {
        let answer = NIOLockedValueBox<(@Sendable (BSONDocument) -> Void)?>(nil)
        let server = try await WireServer.primary { request, _ in
            switch request.name {
            case "find": .reply(Self.first)
            case "getMore": .held { hold in answer.withLockedValue { $0 = hold } }
            default: .reply(["ok": 1.0])
            }
        }
        try await server.withClient { client in
            let cursor = try await client.database("d").collection("c").find()
            let reading = Task { try await cursor.all() }
            await eventually { answer.withLockedValue { $0 != nil } }
            cursor.close()
            await eventually { server.commands.count { $0.name == "killCursors" } == 1 }
            let busy = try #require(Self.session("find", server))
            for _ in 0..<5 {
                try await client.database("d").runCommand(["ping": 1])
                try await client.dropIdle()
            }
            #expect(!server.commands.filter { $0.name == "ping" }.contains { $0.command["lsid"] == busy })
            let next: BSONDocument = ["id": .int64(9), "ns": "d.c", "nextBatch": [["a": 2]]]
            answer.withLockedValue { $0 }?(["ok": 1.0, "cursor": .document(next)])
            let read = try await reading.value
            #expect(read == [["a": 1]])
            // The server may have had nothing to kill when it was told first.
            await eventually { server.commands.count { $0.name == "killCursors" } == 2 }
            #expect(server.commands.count { $0.name == "getMore" } == 1)
        }
    }

    @Test func `past its deadline a cursor's connection is left alone, and so is that of a maxTimeMS of one's own`()
        async throws
    {
        let server = try await WireServer.primary { _, _ in .reply(["ok": 1.0]) }
        try await server.withClient { client in
            try await client.database("d").runCommand(["warm": 1])
            for body: BSONDocument in [["getMore": .int64(9), "collection": "c"], ["ping": 1, "maxTimeMS": 5_000]] {
                var operation = Operation(body, on: "d", .read(.primary), until: .now() - .seconds(1))
                operation.bindsServer = false
                let error = await mongoError { _ = try await client.run(operation) }
                #expect(error?.code == .timeout)
                #expect(error?.wireError == nil)
            }
            #expect(server.commands.map(\.name) == ["warm"])
            #expect(client.poolCounts.first?.counts.idle == 1)
            // The monitor's, and this one.
            #expect(server.allConnections == 2)
        }
    }
}

extension MongoClient {
    /// Ends the idle connections, so that the next operation's has no session yet.
    fileprivate func dropIdle() async throws {
        for (_, pool) in try await running(until: nil).pools {
            // A lease that is dropped ends its connection.
            if let lease = pool.checkOutIdle() { _ = consume lease }
        }
    }
}
