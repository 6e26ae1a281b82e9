// SPDX-License-Identifier: Apache-2.0

import ConnectionStrings
import Foundation
import MongoClient

/// `WireBenchmark hang <name> <port> <timeout> <rounds>`: what becomes of an insert that needs a second connection
/// while the name hangs.
///
/// Prints `warm` when the first connection is there and in use, waits for a line, and prints a list of milliseconds,
/// and how many inserts succeeded. A pool that follows its name needs no lookup for a second connection, so each insert
/// but the first finds it; with `rounds` negative the pool does not follow, and each one fails.
enum HangingName {
    static func measure(_ name: String, port: Int, timeout: Int, rounds: Int) async throws {
        let string = try ConnectionString("mongodb://\(name):\(port)/?timeoutMS=\(timeout)&directConnection=true")
        var configuration = MongoClientConfiguration()
        configuration.followsNames = rounds > 0
        let client = try MongoClient(string, configuration: configuration)
        let database = client.database("bench")
        try await database.runCommand(["ping": 1], timeout: .seconds(60))
        let busy = Task { try await database.runCommand(["hang": 1], timeout: .seconds(600)) }
        // The name's answer is over at once: the pool has looked again, and knows the address, before it is silent.
        try await Task.sleep(for: .milliseconds(500))
        print("warm")
        fflush(nil)
        _ = readLine()
        var took: [String] = []
        var stored = 0
        for _ in 0..<abs(rounds) {
            let began = ContinuousClock.now
            do throws(MongoError) {
                try await database.collection("c").insertOne(["n": 42])
                stored += 1
            } catch {
                guard error.code == .timeout else { throw error }
            }
            took.append(String(format: "%.2f", (ContinuousClock.now - began) / .milliseconds(1)))
        }
        print("{\"milliseconds\": [\(took.joined(separator: ", "))], \"stored\": \(stored)}")
        busy.cancel()
        await client.close(within: .zero)
    }
}
