// SPDX-License-Identifier: Apache-2.0

import BSON
import FairPool
import Testing

@testable import MongoClient

/// Operations against a server that stores documents.
@Suite(.serialized) struct `Operations on a live server` {
    private struct Link: Codable, Equatable, Sendable {
        var url: String
        var visits: Int
    }

    private static func withServer(
        _ arguments: [String] = [],
        _ body: (MongoClient, LiveServer) async throws -> Void
    ) async throws {
        let server = try await LiveServer.start(arguments)
        defer { server.stop() }
        let client = try MongoClient("mongodb://\(server.address)/?timeoutMS=30000")
        do {
            try await body(client, server)
            await client.close()
        } catch {
            await client.close()
            throw error
        }
    }

    @Test(arguments: [[], ["--standalone"]]) func `documents come back as they went`(_ arguments: [String]) async throws
    {
        try await Self.withServer(arguments) { client, _ in
            let links = client.database("feeds").collection("links")
            let documents: [BSONDocument] = (0..<250).map { ["n": .int32($0), "text": .string("link \($0)")] }
            let inserted = try await links.insertMany(documents)
            #expect(inserted.insertedIDs.count == 250)
            var options = FindOptions()
            options.sort = ["n": 1]
            options.batchSize = 100
            let found = try await links.find([:], options).all()
            #expect(found.map { $0["n"]?.integer } == Array(0..<250))
            #expect(found.map { $0["_id"] } == inserted.insertedIDs)
            #expect(try await links.countDocuments(["n": ["$lt": 10]]) == 10)
            #expect(try await links.estimatedDocumentCount() == 250)
            #expect(
                try await links.updateOne(["n": 1], ["$set": ["read": true]])
                    == UpdateResult(matchedCount: 1, modifiedCount: 1)
            )
            #expect(try await links.updateMany(["n": ["$gte": 200]], ["$set": ["old": true]]).modifiedCount == 50)
            #expect(try await links.replaceOne(["n": 2], with: ["n": 2, "new": true]).modifiedCount == 1)
            #expect(try await links.deleteMany(["old": true]).deletedCount == 50)
            #expect(try await links.deleteOne(["n": 0]).deletedCount == 1)
            #expect(try await links.findOneAndDelete(["n": 5])?["n"] == 5)
            #expect(try await links.distinct("read", ["n": ["$lt": 3]]) == [true])
            let groups = try await links.aggregate([["$group": ["_id": nil, "n": ["$sum": 1]]]]).all()
            #expect(groups.first?["n"]?.integer == 198)
            try await links.createIndexes([["key": ["n": 1], "unique": true]])
            try await links.drop()
            #expect(try await links.findOne() == nil)
        }
    }

    @Test func `values come back as they went`() async throws {
        try await Self.withServer { client, _ in
            let links = client.database("feeds").collection("values")
            let values = (0..<10).map { Link(url: "https://example.org/\($0)", visits: $0) }
            try await links.insertMany(values)
            var options = FindOptions()
            options.sort = ["visits": 1]
            options.projection = ["_id": 0]
            #expect(try await links.find([:], options).all(as: Link.self) == values)
            var decoded: [Link] = []
            for try await link in try await links.find([:], options).decoded(as: Link.self) { decoded.append(link) }
            #expect(decoded == values)
            #expect(try await links.findOne(["visits": 3], as: Link.self) == values[3])
        }
    }

    @Test func `a key that is there already is an error with its place`() async throws {
        try await Self.withServer { client, _ in
            let links = client.database("feeds").collection("keys")
            try await links.insertOne(["_id": 1])
            var options = InsertOptions()
            options.isOrdered = false
            do throws(MongoError) {
                try await links.insertMany([["_id": 0], ["_id": 1], ["_id": 2]], options)
                Issue.record("the second one was inserted twice")
            } catch {
                #expect(error.writeFailures.map(\.index) == [1])
                #expect(error.writeFailures.first?.code == 11_000)
                #expect(error.partialResult?.insertedCount == 2)
            }
        }
    }

    @Test func `64 tasks share a pool`() async throws {
        try await Self.withServer { client, _ in
            let links = client.database("feeds").collection("many")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<64 {
                    group.addTask {
                        for number in 0..<10 {
                            try await links.insertOne(["task": .int32(Int32(task)), "n": .int32(Int32(number))])
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await links.countDocuments() == 640)
            let counts = try #require(client.poolCounts.first?.counts)
            #expect(counts.inUse == 0 && counts.idle >= 1 && counts.idle <= 100)
        }
    }
}
