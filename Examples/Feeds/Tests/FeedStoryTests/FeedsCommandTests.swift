// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The built command, as a user runs it.
@Suite(.timeLimit(.minutes(3)))
struct FeedsCommandTests {
    @Test func `one command shows it all, and prints the contract's line alone`() throws {
        let run = try Feeds.run("--embedded", "20", "--delay", "0.2", "--json")
        #expect(run.status == 0)
        // A process with threads cannot take all of them into its network.
        #expect(!run.complaints.contains("more than one thread"))
        let lines = run.output.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 2 && lines.last == "")
        let object = try #require(JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
        #expect(Set(object.keys) == ["side", "feeds", "links", "pool", "total_s", "server"])
        #expect(object["side"] as? String == "fair")
        #expect(object["feeds"] as? [String: Int] == ["ok": 20, "failed": 0])
        #expect(object["links"] as? [String: Int] == ["found": 200, "stored": 200, "failed": 0])
        #expect(object["server"] as? String == "embedded")
        let pool = try #require(object["pool"] as? [String: Any])
        #expect(Set(pool.keys) == ["max", "made", "slowest_ready_s", "longest_wait_s"])
        #expect(try #require(object["total_s"] as? Double) >= 0.2)
    }

    @Test func `for a person: a summary with the slowest dials, a picture, no bar without a terminal`()
        throws
    {
        let chart = FileManager.default.temporaryDirectory.appendingPathComponent("feeds-\(UUID().uuidString).svg")
        defer { try? FileManager.default.removeItem(at: chart) }
        let run = try Feeds.run("--embedded", "5", "--delay", "0.1", "--chart", chart.path)
        #expect(run.status == 0)
        #expect(run.output.contains("feeds      5 of 5 read"))
        #expect(run.output.contains("links      50 of 50 stored"))
        #expect(run.output.contains("lookup 1"))
        #expect(!run.complaints.contains("█"))
        let picture = try String(contentsOf: chart, encoding: .utf8)
        #expect(picture.hasPrefix("<svg") && picture.hasSuffix("</svg>\n"))
        #expect(picture.contains("5 of 5 feeds, 50 of 50 links stored"))
    }

    @Test func `a list of feeds that fail is status 1, and says why`() throws {
        let list = FileManager.default.temporaryDirectory.appendingPathComponent("feeds-\(UUID().uuidString).txt")
        defer { try? FileManager.default.removeItem(at: list) }
        try Data("# nobody listens there\nhttp://127.0.0.1:1/feed\n".utf8).write(to: list)
        let run = try Feeds.run(list.path)
        #expect(run.status == 1)
        #expect(run.output.contains("1 × feeds: allAttemptsFailed"))
    }

    @Test(arguments: [
        [], ["a", "--embedded", "5"], ["--embedded", "0"], ["--embedded", "5", "--delay", "-1"], ["/nowhere/list"],
        ["--embedded", "5", "--chart", "/nowhere/a.svg"], ["--embedded", "5", "--mongo", "junk"],
        ["--nonsense"], ["serve", "--port", "70000"],
    ])
    func `a wrong command line is status 2, with nothing on standard output`(_ arguments: [String]) throws {
        let run = try Feeds.run(arguments)
        #expect(run.status == 2)
        #expect(run.output == "")
        #expect(run.complaints.contains("Error: "))
    }

    @Test func `serve runs a command beside the servers, and ends with its status`() throws {
        let run = try Feeds.run(
            [
                "serve", "--embedded", "3", "--delay", "0.1", "--", "sh", "-c",
                "cat \"$FEEDS_LIST\"; echo \"$FEEDS_MONGO\"; exit 7",
            ]
        )
        // Where namespaces are refused it cannot, and says so.
        if run.status == 2 {
            #expect(run.complaints.contains("namespace"))
            return
        }
        #expect(run.status == 7)
        let lines = run.output.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines.first?.hasPrefix("http://feed-0.slow.test:") == true)
        #expect(lines.last?.hasPrefix("mongodb://localhost:") == true)
    }
}
