// SPDX-License-Identifier: Apache-2.0

/// What a person reads at the end.
package struct Summary {
    let result: StoryResult

    package init(result: StoryResult) {
        self.result = result
    }

    var lines: [String] {
        let all = result.feedsOK + result.feedsFailed
        let name = result.side == .fair ? "fair: FairDial" : "foul: stock SwiftNIO, one loop, the connect timer first"
        var lines = [
            "\(name) · database: \(result.server)",
            "  feeds      \(result.feedsOK) of \(all) read",
            "  links      \(result.linksStored) of \(result.linksFound) stored",
            "  pool       \(pool)",
            "  whole time \(StoryResult.seconds(result.total)) s",
        ]
        if !result.slowest.isEmpty { lines.append("  slowest dials:") }
        for dial in result.slowest {
            lines.append(
                "    \(dial.feed)  \(StoryResult.seconds(dial.took)) s" + (dial.report.map { "  \($0)" } ?? "")
            )
        }
        if !result.errors.isEmpty { lines.append("  errors:") }
        for (words, failure) in result.errors.sorted(by: { ($1.value.count, $0.key) < ($0.value.count, $1.key) }) {
            lines.append("    \(failure.count) × \(words)")
            if !words.hasSuffix(failure.example) { lines.append("      \(failure.example)") }
        }
        return lines
    }

    private var pool: String {
        let pool = result.pool
        let times =
            pool.slowestReady.map { "slowest ready after \(StoryResult.seconds($0)) s" } ?? "no connection came"
        let wait = pool.longestWait.map { ", longest wait \(StoryResult.seconds($0)) s" } ?? ""
        return "\(pool.made) of \(result.poolMaximum) connections made, \(times)\(wait)"
    }
}
