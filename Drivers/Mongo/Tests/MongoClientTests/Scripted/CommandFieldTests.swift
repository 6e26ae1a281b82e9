// SPDX-License-Identifier: Apache-2.0

import BSON
import NIOCore
import Testing

@testable import MongoClient

/// What callers and the client both have to say in a command.
@Suite(.timeLimit(.minutes(2))) struct `Fields of commands` {
    @Test func `a maxTimeMS of the caller's goes alone, wherever it was given`() async throws {
        let server = try await WireServer.primary { _, _ in
            .reply(["ok": 1.0, "n": 1, "cursor": ["id": .int64(0), "ns": "d.c", "firstBatch": []]])
        }
        try await server.withClient("&timeoutMS=20000") { client in
            let database = client.database("d")
            try await database.runCommand(["ping": 1, "maxTimeMS": 100])
            var options = FindOptions()
            options.additional = ["maxTimeMS": 100]
            _ = try await database.collection("c").find([:], options).all()
            var inserting = InsertOptions()
            inserting.additional = ["maxTimeMS": 100]
            _ = try await database.collection("c").insertOne(["a": 1], inserting)
            var changing = FindAndModifyOptions()
            changing.maximumTime = .milliseconds(100)
            _ = try await database.collection("c").findOneAndDelete([:], changing)
            #expect(server.commands.count == 4)
            for request in server.commands {
                #expect(request.command.keys.count { $0 == "maxTimeMS" } == 1)
                #expect(request.command["maxTimeMS"]?.integer == 100)
                #expect(Set(request.command.keys).count == request.command.keys.count)
            }
        }
    }

    @Test(arguments: ["lsid", "$db", "txnNumber", "$clusterTime", "$readPreference"])
    func `the client's own fields are refused, before anything is sent`(_ field: String) async throws {
        let server = try await WireServer.primary { _, _ in .reply(["ok": 1.0, "n": 1]) }
        try await server.withClient { client in
            let command = BSONDocument(pairs: [("ping", 1), (field, "d")])
            let error = await mongoError { try await client.database("d").runCommand(command) }
            #expect(error?.code == .invalidArgument)
            #expect(error?.message.contains(field) == true)
            var options = InsertOptions()
            options.additional = BSONDocument(pairs: [(field, "d")])
            let other = await mongoError { try await client.database("d").collection("c").insertOne([:], options) }
            #expect(other?.code == .invalidArgument)
            #expect(server.commands.isEmpty)
        }
    }

    @Test func `a timeout of zero is none, as timeoutMS=0 is`() async throws {
        let server = try await WireServer.primary { request, _ in
            request.name == "slow" ? .late(["ok": 1.0], by: .milliseconds(900)) : .reply(["ok": 1.0])
        }
        for (option, timeout) in [("&timeoutMS=300", Duration.zero), ("&timeoutMS=0", nil)] {
            let client = try MongoClient("mongodb://\(server.address)/?heartbeatFrequencyMS=500\(option)")
            try await client.database("d").runCommand(["slow": 1], timeout: timeout)
            #expect(server.commands.last?.command["maxTimeMS"] == nil)
            await client.close()
        }
        await server.stop()
    }
}
