// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialConsole
import Foundation
import IPAddresses

/// The rally's results as a table: a column per way of writing the database's address, a row per side.
struct RallyTable {
    let results: [RallyLap.Result]
    let course: RallyCourse

    func lines(isColourful: Bool = StandardStreams.isColourful) -> [String] {
        let hosts = results.first?.dials.map(\.host) ?? []
        let timeout = RallyCourse.connectTimeout.readable
        let how =
            course.seam
            ? "Names go through the resolver seam: each name's delay is put before the call, in place of a DNS server."
            : "Names are looked up at the rally's own DNS server; the foul sides ask it through the real getaddrinfo."
        var lines = [
            "\(course.feeds) feeds, each behind a name that takes \(course.nameDelay.readable) to look up; "
                + "then one database, dialed \(hosts.count) ways, connect timeout \(timeout).",
            how,
            "",
        ]
        let titles = results.map { RallySide(rawValue: $0.side)?.title ?? $0.side }
        let width = titles.map(\.count).max() ?? 0
        let columns = hosts.map { max($0.count, 14) }
        let head = zip(hosts, columns).map { Self.pad($0, to: $1) }.joined(separator: "  ")
        lines.append(Ink.strong(Self.pad("", to: width) + "  " + head, isOn: isColourful))
        for (result, title) in zip(results, titles) {
            let cells = zip(result.dials, columns).map { dial, column -> String in
                let text =
                    dial.error == nil ? Duration.seconds(dial.seconds).readable : "failed, \(Self.short(dial.seconds))"
                let ink: Ink = dial.error == nil ? .good : .bad
                return ink(Self.pad(text, to: column), isOn: isColourful)
            }
            lines.append(Self.pad(title, to: width) + "  " + cells.joined(separator: "  "))
        }
        lines.append("")
        for (result, title) in zip(results, titles) {
            lines.append(Self.pad(title, to: width) + "  " + sentence(about: result))
        }
        return lines
    }

    private func sentence(about result: RallyLap.Result) -> String {
        var parts = ["\(result.feedsDone) of \(course.feeds) feeds done"]
        if result.feedsFailed > 0 { parts.append("\(result.feedsFailed) failed") }
        if let cut = result.cutShortAfter {
            parts.append("cut short after \(Self.short(cut))")
        } else if let last = result.lastFeed {
            parts.append("the last after \(Duration.seconds(last).readable)")
        }
        parts.append("\(result.threads) threads, \(result.memory) MB")
        return parts.joined(separator: ", ")
    }

    private static func short(_ seconds: Double) -> String {
        Duration.seconds(seconds).readable
    }

    private static func pad(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
