// SPDX-License-Identifier: Apache-2.0

import FairDialConsole
import Foundation
import NIOConcurrencyHelpers
import NIOCore

/// One side's whole run, in a process of its own: all the feeds, and the database four ways.
struct RallyLap: Sendable {
    /// What the table and the chart show of it; a child process sends it to its parent.
    struct Result: Codable, Sendable {
        struct Dial: Codable, Sendable {
            var host: String
            var seconds: Double
            var error: String?
        }

        var side: String
        var dials: [Dial] = []
        var feedsDone = 0
        var feedsFailed = 0
        var lastFeed: Double?
        var cutShortAfter: Double?
        var threads = 0
        var memory = 0
        /// The JSON object, as it is printed.
        var json = ""
    }

    private struct Feeds: Sendable {
        var done = 0
        var failed = 0
        var last: Duration?
    }

    let side: RallySide
    let course: RallyCourse

    /// Drives the lap. The foul side is stopped once its dials have ended: its feeds would still need minutes.
    func drive() async -> Result {
        let clock = ContinuousClock()
        let start = clock.now
        let dialer = makeDialer()
        let feeds = NIOLockedValueBox(Feeds())
        let gauge = ThreadGauge()
        let downloads = Task {
            await withTaskGroup(of: Void.self) { group in
                for host in course.feedHosts {
                    group.addTask {
                        let isDone = await download(from: host, with: dialer)
                        let now = start.duration(to: clock.now)
                        feeds.withLockedValue { feeds in
                            if isDone { feeds.done += 1 } else { feeds.failed += 1 }
                            feeds.last = now
                        }
                    }
                }
            }
        }
        // The head start belongs to the scenario: the downloads run when the database is dialed.
        try? await Task.sleep(for: RallyCourse.headStart)
        gauge.read()
        let dials = await databaseDials(with: dialer)
        gauge.read()
        if side == .fair { await downloads.value }
        gauge.read()
        let cutAfter = start.duration(to: clock.now)
        let reached = feeds.withLockedValue { $0 }
        return result(dials, reached, isCutShort: reached.done + reached.failed < course.feeds, cutAfter, gauge.most)
    }

    private func makeDialer() -> any RallyDialer {
        switch side {
        case .stockNIO: StockNIODriver(course: course)
        case .earlyTimer: EarlyTimerDriver(course: course)
        case .fair: FairDriver(course: course)
        }
    }

    private func download(from host: String, with dialer: any RallyDialer) async -> Bool {
        guard let channel = await dialer.dial(host, port: course.feedPort, label: "feeds").channel else { return false }
        let fetched = channel.eventLoop.flatSubmit { FeedDownload.fetch(from: host, over: channel) }
        return (try? await fetched.get()) != nil
    }

    private func databaseDials(with dialer: any RallyDialer) async -> [(host: String, dial: RallyDial)] {
        await withTaskGroup(of: (Int, RallyDial).self) { group in
            for (index, host) in course.databaseHosts.enumerated() {
                group.addTask { (index, await dialer.dial(host, port: course.databasePort, label: "database")) }
            }
            var dials: [(Int, RallyDial)] = []
            for await dial in group { dials.append(dial) }
            for (_, dial) in dials { try? await dial.channel?.close() }
            return dials.sorted { $0.0 < $1.0 }.map { (course.databaseHosts[$0.0], $0.1) }
        }
    }

    private func result(
        _ dials: [(host: String, dial: RallyDial)],
        _ feeds: Feeds,
        isCutShort: Bool,
        _ cutAfter: Duration,
        _ threads: Int
    ) -> Result {
        let memory = ThreadGauge.peakMemory
        let ended = feeds.last.map(JSONLine.seconds) ?? .null
        let driver = dials.first.map { JSONLine.object($0.dial.report) } ?? .null
        let json = JSONLine.object([
            ("side", .text(side.rawValue)),
            ("driver", driver),
            ("drivers", .list(dials.map { .object($0.dial.report) })),
            (
                "feeds",
                .object([("ok", .integer(feeds.done)), ("failed", .integer(feeds.failed)), ("last_s", ended)])
            ),
            ("threads", .integer(threads)),
            ("rss_mb", .integer(memory)),
            ("names", .text(course.seam ? "seam" : "getaddrinfo")),
            ("cut_short_s", isCutShort ? .seconds(cutAfter) : .null),
        ])
        return Result(
            side: side.rawValue,
            dials: dials.map { host, dial in
                Result.Dial(host: host, seconds: dial.took / .seconds(1), error: Self.code(in: dial.report))
            },
            feedsDone: feeds.done,
            feedsFailed: feeds.failed,
            lastFeed: feeds.last.map { $0 / .seconds(1) },
            cutShortAfter: isCutShort ? cutAfter / .seconds(1) : nil,
            threads: threads,
            memory: memory,
            json: json.rendered
        )
    }

    private static func code(in report: [(String, JSONLine)]) -> String? {
        guard case .object(let members)? = report.first(where: { $0.0 == "error" })?.1,
            case .text(let code)? = members.first(where: { $0.0 == "code" })?.1
        else { return nil }
        return code
    }
}
