// SPDX-License-Identifier: Apache-2.0

import BSON
import ConnectionStrings
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import MongoClient

/// What callers give in numbers: none of them ends the process.
@Suite(.timeLimit(.minutes(2))) struct `Numbers of the caller's` {
    private static let numbers: [Int] = [.min, .min + 1, -5, -1, 0, 1, 5, .max - 1, .max]
    private static let durations: [Duration] = [
        .seconds(Int64.min), .nanoseconds(Int64.min), .seconds(-1), .milliseconds(-1), .nanoseconds(-1), .zero,
        .nanoseconds(1), .seconds(3), .nanoseconds(Int64.max), .seconds(Int64.max),
    ]

    /// What a find sends, by the slow rule: sizes count without their signs, and a batch as large as the limit is made
    /// one larger where more than one may come.
    private static func expected(limit: Int?, batchSize: Int?) -> (limit: Int?, batchSize: Int?, isOne: Bool) {
        let most = limit.map { $0 == .min ? Int.max : Swift.abs($0) }
        let size = batchSize.map { $0 == .min ? Int.max : Swift.abs($0) }
        let isOne = (limit ?? 0) < 0 || limit == 1
        let isSame = size == most && size != 0 && !isOne && size != .max
        return (most == 0 ? nil : most, isSame ? size.map { $0 + 1 } : size, isOne)
    }

    @Test(arguments: numbers) func `limits, sizes of batches and skips`(_ number: Int) async throws {
        let server = try await WireServer.primary { request, _ in
            switch request.name {
            case "find", "aggregate":
                .reply(["ok": 1.0, "n": 1, "cursor": ["id": .int64(9), "ns": "d.c", "firstBatch": [["n": 1]]]])
            case "getMore": .reply(["ok": 1.0, "cursor": ["id": .int64(0), "ns": "d.c", "nextBatch": []]])
            default: .reply(["ok": 1.0, "n": 1, "values": []])
            }
        }
        try await server.withClient(heartbeat: 600_000) { client in
            let links = client.database("d").collection("c")
            for other in [nil] + Self.numbers.map(Optional.some) {
                server.forgetRequests()
                var options = FindOptions()
                (options.limit, options.batchSize, options.skip) = (number, other, number)
                _ = try await links.find([:], options).all()
                let sent = try #require(server.commands.first?.command)
                let expected = Self.expected(limit: number, batchSize: other)
                #expect(sent["limit"]?.integer == expected.limit)
                #expect(sent["batchSize"]?.integer == expected.batchSize, "\(number), \(other as Any)")
                #expect((sent["singleBatch"] == true) == expected.isOne)
                #expect(sent["skip"]?.integer == number)
                let more = try #require(server.commands.last { $0.name == "getMore" }?.command)
                let size = other.flatMap { $0 == 0 ? nil : $0 == .min ? Int.max : Swift.abs($0) }
                #expect(more["batchSize"]?.integer == size)
            }
            var counting = CountOptions()
            (counting.limit, counting.skip) = (number, number)
            _ = try await links.countDocuments([:], counting)
            _ = try await links.estimatedDocumentCount(counting)
            var aggregating = AggregateOptions()
            aggregating.batchSize = number
            _ = try await links.aggregate([["$match": [:]]], aggregating).all()
            let aggregate = server.commands.last { $0.name == "aggregate" }?.command
            #expect(aggregate?["cursor"]?.document?["batchSize"]?.integer == number)
            let concern = WriteConcern(.members(number))
            #expect(concern.document?["w"]?.integer == number)
        }
    }

    @Test(arguments: durations) func `times`(_ duration: Duration) async throws {
        let server = try await WireServer.primary { _, _ in
            .reply([
                "ok": 1.0, "n": 1, "values": [], "cursor": ["id": .int64(0), "ns": "d.c", "firstBatch": [["n": 1]]],
            ])
        }
        try await server.withClient(heartbeat: 600_000) { client in
            try await client.connect()
            var links = client.database("d").collection("c")
            links.writeConcern = WriteConcern(.members(1), timeout: duration)
            let milliseconds = duration.milliseconds
            #expect(abs(milliseconds) <= 1_000_000_001_000)
            #expect((milliseconds < 0) == (duration <= .milliseconds(-1)))
            var options = FindOptions()
            options.maximumTime = duration
            _ = try await links.find([:], options).all()
            #expect(server.commands.last?.command["maxTimeMS"]?.integer == milliseconds)
            _ = try await links.insertOne(["a": 1])
            #expect(server.commands.last?.command["writeConcern"]?.document?["wtimeout"]?.integer == milliseconds)
            // A time that is over ends an operation; zero is none.
            let error = await mongoError { try await client.database("d").runCommand(["a": 1], timeout: duration) }
            let isOver = duration != .zero && duration < .seconds(3)
            #expect((error?.code == .timeout) == isOver, "\(error.map { "\($0)" } ?? "no error")")
            // As the rule's own check has it: nothing traps.
            let rule = ReadRule(.secondaryPreferred, maximumStaleness: duration)
            let refusal = await mongoError { try await client.database("d").runCommand(["a": 1], readRule: rule) }
            // 600 s of heartbeat, and ten more.
            #expect((refusal?.code == .invalidArgument) == (duration < .seconds(610)))
        }
        var configuration = MongoClientConfiguration()
        configuration.waitTimeout = duration
        configuration.maxIdleTime = duration
        configuration.maxLifetime = duration
        let again = try await WireServer.primary { _, _ in .reply(["ok": 1.0]) }
        try await again.withClient(configuration: configuration) { client in
            // A pool whose wait is over at once may have nothing to give.
            let error = await mongoError { try await client.database("d").runCommand(["ping": 1]) }
            #expect([nil, .noConnection].contains(error?.code))
            await client.close(within: duration)
        }
    }

    @Test(arguments: numbers) func `sizes of pools`(_ number: Int) async throws {
        let string = try ConnectionString("mongodb://127.0.0.1/")
        let changes: [(inout MongoClientConfiguration) -> Void] = [
            { $0.maxPoolSize = number }, { $0.maxConnecting = number },
            { ($0.maxPoolSize, $0.minPoolSize) = (0, min(number, 5)) },
        ]
        for change in changes {
            var configuration = MongoClientConfiguration()
            change(&configuration)
            let error = await mongoError { _ = try MongoClient(string, configuration: configuration) }
            #expect([nil, .invalidArgument].contains(error?.code))
            #expect(number >= 0 || error != nil)
        }
        guard number > 0 else { return }
        let server = try await WireServer.primary { _, _ in .reply(["ok": 1.0]) }
        var configuration = MongoClientConfiguration()
        (configuration.maxPoolSize, configuration.maxConnecting) = (number, number)
        try await server.withClient(configuration: configuration) { client in
            _ = try await client.database("d").runCommand(["ping": 1])
        }
    }
}
