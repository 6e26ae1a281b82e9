// SPDX-License-Identifier: Apache-2.0

import FeedStory
import Testing

/// The line that `--json` prints: a contract.
struct StoryResultTests {
    @Test func `the line has these keys, in this order`() {
        var result = StoryResult(side: .fair)
        result.feedsOK = 500
        result.linksFound = 5_000
        result.linksStored = 5_000
        result.pool.made = 20
        result.pool.slowestReady = .milliseconds(4)
        result.pool.longestWait = .milliseconds(10)
        result.total = .milliseconds(1_400)
        #expect(
            result.json == """
                {"side":"fair","feeds":{"ok":500,"failed":0},"links":{"found":5000,"stored":5000,"failed":0},\
                "pool":{"max":20,"made":20,"slowest_ready_s":0.004,"longest_wait_s":0.01},"total_s":1.4,\
                "server":"embedded"}
                """
        )
    }

    @Test func `what was never measured is null, and a server's name cannot break out of its text`() {
        var result = StoryResult(side: .foul)
        result.feedsFailed = 2
        result.linksFound = 3
        result.linksStored = 1
        result.server = "a\"b\\c\u{1B}é"
        result.total = .microseconds(12)
        #expect(
            result.json == """
                {"side":"foul","feeds":{"ok":0,"failed":2},"links":{"found":3,"stored":1,"failed":2},\
                "pool":{"max":20,"made":0,"slowest_ready_s":null,"longest_wait_s":null},"total_s":0.000012,\
                "server":"a\\u0022b\\u005cc\\u001b\\u00e9"}
                """
        )
    }

    @Test func `the summary shows what servers have said, and does nothing else`() {
        var result = StoryResult(side: .fair)
        result.server = "db\u{9B}31m"
        result.errors["refused: \u{1B}[2J\r\n  links 5 of 5"] = StoryResult.Failure(count: 1, example: "x\u{202E}y")
        let lines = Summary(result: result).printableLines
        #expect(lines.contains("    1 × refused: \\u{1B}[2J\\u{D}\\u{A}  links 5 of 5"))
        #expect(lines.contains("      x\\u{202E}y"))
        #expect(lines.first == "fair: FairDial · database: db\\u{9B}31m")
    }

    @Test func `a run is complete when every feed was read and every link stored`() {
        var result = StoryResult(side: .fair)
        #expect(result.isComplete)
        result.linksFound = 1
        #expect(!result.isComplete)
        result.linksStored = 1
        result.feedsFailed = 1
        #expect(!result.isComplete)
    }

    @Test func `the picture has a line for each side in each panel, and says what became of both`() {
        var foul = StoryResult(side: .foul)
        foul.total = .seconds(9)
        foul.feedsFailed = 500
        var fair = StoryResult(side: .fair)
        fair.feedsOK = 500
        fair.linksStored = 5_000
        fair.total = .milliseconds(1_400)
        fair.pool.samples.append(PoolRecorder.Sample(at: 1, size: 20, waiting: 480))
        let svg = StoryChart(
            sides: [StoryChart.Side(foul), StoryChart.Side(fair)],
            feeds: 500,
            links: 5_000,
            delay: .seconds(1)
        ).svg
        #expect(svg.split(separator: "<polyline").count == 1 + 4)
        #expect(svg.contains("fair: FairDial: 500 of 500 feeds, 5000 of 5000 links stored, 1.40 s"))
        #expect(
            svg.contains("foul: stock SwiftNIO, one loop, timer first: 0 of 500 feeds, 0 of 5000 links stored, 9.00 s")
        )
        #expect(svg.contains("every feed's name takes 1.0 s to look up"))
    }
}
