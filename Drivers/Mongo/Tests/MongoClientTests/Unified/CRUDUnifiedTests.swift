// SPDX-License-Identifier: Apache-2.0

import BSON
import Foundation
import Testing

@testable import MongoClient

/// The specification's CRUD files on a live server. `crud-unified.md` beside this says how each file went; the run must
/// come to the same.
@Suite struct `CRUD, by the specification's files` {
    private static let table = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("crud-unified.md")

    @Test func `each file goes as the table says`() async throws {
        let paths = VectorFiles.paths(in: "crud-unified")
        try #require(paths.count == 87)
        let server = try await LiveServer.start()
        defer { server.stop() }
        let setup = try MongoClient("mongodb://\(server.address)/?w=majority")
        var rows: [String] = []
        var (passed, skipped, failed, files) = (0, 0, 0, 0)
        do {
            let build = try await setup.database("admin").runCommand(["buildInfo": 1])
            let version = (build["versionArray"]?.array ?? []).prefix(3).compactMap(\.integer)
            let run = UnifiedRun(setup: setup, address: server.address, version: version)
            for path in paths {
                let outcomes = await run.run(try VectorFiles.document(path))
                rows.append(Self.row(path, outcomes, server.address))
                let good = outcomes.count { $0.outcome == .passed }
                passed += good
                for (_, outcome) in outcomes {
                    switch outcome {
                    case .passed: break
                    case .skipped: skipped += 1
                    case .failed: failed += 1
                    }
                }
                if good > 0, good + outcomes.count(where: { Self.isSkipped($0.outcome) }) == outcomes.count {
                    files += 1
                }
            }
        }
        await setup.close()
        let sum = "\(passed) cases pass, \(failed) fail, \(skipped) are skipped; \(files) of \(paths.count) files pass."
        let head = """
            # The CRUD files on a live server

            \(sum)

            A file passes if one case at least passes and none fails. Written by the test beside this, with
            `MONGO_WRITE_TABLE=1`.

            | file | pass | fail | skipped | why not |
            |---|---|---|---|---|

            """
        let text = head + rows.joined(separator: "\n") + "\n"
        if ProcessInfo.processInfo.environment["MONGO_WRITE_TABLE"] == "1" {
            try text.write(to: Self.table, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: Self.table, encoding: .utf8) == text)
        #expect(files >= 60, "\(sum)")
    }

    private static func isSkipped(_ outcome: UnifiedRun.Outcome) -> Bool {
        if case .skipped = outcome { true } else { false }
    }

    private static func row(
        _ path: String,
        _ outcomes: [(name: String, outcome: UnifiedRun.Outcome)],
        _ address: String
    ) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        var (passed, failed, skipped) = (0, 0, 0)
        var reasons: [String] = []
        for (test, outcome) in outcomes {
            switch outcome {
            case .passed: passed += 1
            case .skipped(let reason):
                skipped += 1
                if !reasons.contains(reason) { reasons.append(reason) }
            case .failed(let reason):
                failed += 1
                let words = reason.replacingOccurrences(of: address, with: "…").replacingOccurrences(of: "|", with: "/")
                    .replacingOccurrences(of: "\n", with: " ")
                reasons.append("**\(test)**: \(words.prefix(200))")
            }
        }
        return "| \(name) | \(passed) | \(failed) | \(skipped) | \(reasons.joined(separator: "; ")) |"
    }
}
