// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoClient

/// `WireBenchmark <port> <tasks> <seconds>`: so many tasks insert one document after the other, then find one, and a
/// line says how often a second, and how much of the processor each took.
@main
enum WireBenchmark {
    static func main() async throws {
        let arguments = CommandLine.arguments
        if arguments.count == 6, arguments[1] == "hang", let port = Int(arguments[3]), let timeout = Int(arguments[4]),
            let rounds = Int(arguments[5])
        {
            return try await HangingName.measure(arguments[2], port: port, timeout: timeout, rounds: rounds)
        }
        guard arguments.count == 4, let port = Int(arguments[1]), let tasks = Int(arguments[2]),
            let seconds = Double(arguments[3])
        else {
            print("usage: WireBenchmark <port> <tasks> <seconds> | hang <name> <port> <timeout> <rounds>")
            exit(2)
        }
        let client = try MongoClient("mongodb://127.0.0.1:\(port)/?maxPoolSize=\(tasks)&maxConnecting=8")
        let collection = client.database("bench").collection("c")
        let inserts = try await rate(tasks, seconds) {
            try await collection.insertOne(["url": "https://example.org/a/b/c", "n": 42, "read": false])
        }
        let finds = try await rate(tasks, seconds) {
            _ = try await collection.findOne(["url": "https://example.org/a/b/c"])
        }
        let counts = client.poolCounts.first?.counts
        await client.close()
        print(
            """
            {"inserts": \(Int(inserts.rate)), "insert_us": \(inserts.cost), "finds": \(Int(finds.rate)), \
            "find_us": \(finds.cost), "connections": \(counts.map { $0.idle + $0.inUse } ?? 0)}
            """
        )
    }

    /// Operations a second, and microseconds of processor time for each. A fifth of the time goes before.
    private static func rate(
        _ tasks: Int,
        _ seconds: Double,
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws -> (rate: Double, cost: Double) {
        _ = try await run(tasks, seconds / 5, body)
        let (began, spent) = (Date(), clock())
        let count = try await run(tasks, seconds, body)
        let (time, used) = (Date().timeIntervalSince(began), Double(clock() - spent) / Double(CLOCKS_PER_SEC))
        return (Double(count) / time, (used / Double(count) * 1e8).rounded() / 100)
    }

    private static func run(
        _ tasks: Int,
        _ seconds: Double,
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws -> Int {
        let end = ContinuousClock.now + .seconds(seconds)
        return try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<tasks {
                group.addTask {
                    var count = 0
                    while ContinuousClock.now < end {
                        try await body()
                        count += 1
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
    }
}
