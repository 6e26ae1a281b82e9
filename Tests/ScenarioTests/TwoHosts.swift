// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Dials on one host to another that has every kind of trouble: `Tests/Network/two-hosts`, which says what stands
/// where.
enum TwoHosts {
    /// What is read of a dial's object.
    struct Dial: Decodable {
        struct Attempt: Decodable {
            var address: String
            var started_s: Double
            var ended_s: Double
            var outcome: String
        }

        struct Failure: Decodable {
            var code: String
            var message: String
        }

        var host: String
        var ok: Bool
        var address: String?
        var connect_s: Double
        var total_s: Double
        var attempts: [Attempt]
        var error: Failure?

        var outcomes: [String] { attempts.map(\.outcome) }
    }

    /// The script that makes them.
    static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Network/two-hosts")

    /// Whether this machine lets us have them.
    static let areHere: Bool = {
        let process = Process()
        process.executableURL = script
        process.arguments = ["true"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    /// Dials once for each list of arguments, all at the same time.
    ///
    /// - Returns: the dials, by what was dialed.
    static func dial(_ dials: [[String]]) async throws -> [String: Dial] {
        let commands = dials.map { "\(command($0)) &" }
        let outcome = try await run(commands + ["wait"])
        return Dictionary(try outcome.objects(of: Dial.self).map { ($0.host, $0) }) { first, _ in first }
    }

    /// Dials the same again and again, one after the other, when the way to the server is known.
    static func dial(_ arguments: [String], times: Int) async throws -> [Dial] {
        try await dial(inTurn: Array(repeating: arguments, count: times))
    }

    /// Dials once for each list of arguments, one after the other, when the way to the server is known.
    static func dial(inTurn dials: [[String]]) async throws -> [Dial] {
        let warmUp = ["203.0.113.2", "2001:db8::2", "198.19.0.2", "2001:db8:2::2"].map {
            "\(command([$0])) >/dev/null"
        }
        let outcome = try await run(warmUp + dials.map { "\(command($0)) || true" })
        return try outcome.objects(of: Dial.self)
    }

    private static func command(_ arguments: [String]) -> String {
        ([Tool.executable("fairdial").path, "connect", "--json"] + [arguments[0], "7777"] + arguments.dropFirst())
            .joined(separator: " ")
    }

    private static func run(_ lines: [String]) async throws -> Tool.Outcome {
        try await Tool.run(script, ["bash", "-c", lines.joined(separator: "\n")])
    }
}
