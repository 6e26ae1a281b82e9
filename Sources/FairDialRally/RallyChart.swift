// SPDX-License-Identifier: Apache-2.0

import FairDial
import Foundation
import IPAddresses

/// The rally's results as a picture: a bar per dial on a logarithmic axis of time, and the line at the timeout.
struct RallyChart {
    private static let left = 210.0
    private static let right = 40.0
    private static let width = 760.0
    private static let rowHeight = 24.0
    private static let shortest = 0.00001
    private static let longest = 10.0

    let results: [RallyLap.Result]
    let course: RallyCourse

    var svg: String {
        var y = 114.0
        var body = ""
        for result in results {
            let title = RallySide(rawValue: result.side)?.title ?? result.side
            body += text(title, x: 20, y: y + 4, style: "head")
            y += 14
            for dial in result.dials {
                body += row(dial, y: y)
                y += Self.rowHeight
            }
            body += text(feeds(of: result), x: Self.left, y: y + 14, style: "note")
            y += 44
        }
        let height = y + 30
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.width)) \(Int(height))" role="img">
            <title>fairdial rally</title>
            <style>
            .bg{fill:#fff}.ink,.head,.note,.axis{font:13px system-ui,sans-serif;fill:#1d2530}.head{font-weight:600}
            .note,.axis{font-size:11px;fill:#5b6675}.grid{stroke:#d9dee5}.limit{stroke:#c2343a;stroke-dasharray:4 3}
            .good{fill:#2b8a57}.bad{fill:#c2343a}.big{font:600 17px system-ui,sans-serif;fill:#1d2530}
            @media(prefers-color-scheme:dark){.bg{fill:#14181e}.ink,.head,.big{fill:#e8ecf1}.note,.axis{fill:#9aa5b4}
            .grid{stroke:#2b333e}.good{fill:#45b97c}.bad,.limit{fill:#e5646a;stroke:#e5646a}}
            </style>
            <rect class="bg" width="100%" height="100%"/>
            \(text("Time to connect to the database behind \(course.feeds) slow lookups", x: 20, y: 30, style: "big"))
            \(text(circumstances, x: 20, y: 50, style: "note"))
            \(axis(height: height))
            \(body)</svg>

            """
    }

    private var circumstances: String {
        let names = course.seam ? "through the resolver seam" : "at a DNS server of the rally's own"
        return "each name takes \(course.nameDelay.readable) to look up, \(names) · connect timeout "
            + RallyCourse.connectTimeout.readable
    }

    private func axis(height: Double) -> String {
        let ticks = [
            (0.00001, "10 µs"), (0.0001, "0.1 ms"), (0.001, "1 ms"), (0.01, "10 ms"), (0.1, "0.1 s"), (1.0, "1 s"),
            (10.0, "10 s"),
        ]
        var lines = ticks.map { seconds, label in
            let x = position(seconds)
            return "<line class=\"grid\" x1=\"\(x)\" x2=\"\(x)\" y1=\"84\" y2=\"\(height - 24)\"/>"
                + text(label, x: x - 14, y: 76, style: "axis")
        }
        let limit = position(RallyCourse.connectTimeout / .seconds(1))
        lines.append("<line class=\"limit\" x1=\"\(limit)\" x2=\"\(limit)\" y1=\"84\" y2=\"\(height - 24)\"/>")
        lines.append(text("connect timeout", x: limit - 86, y: height - 10, style: "axis"))
        return lines.joined(separator: "\n")
    }

    private func row(_ dial: RallyLap.Result.Dial, y: Double) -> String {
        let end = position(dial.seconds)
        let style = dial.error == nil ? "good" : "bad"
        let time = Duration.seconds(dial.seconds).readable
        let verdict = dial.error.map { "\($0) after \(time)" } ?? time
        // A long bar has its label inside, at its right end; a short one has it beside the bar.
        let isLong = end > Self.width - Self.right - 130
        let label =
            isLong
            ? "<text class=\"ink\" x=\"\(end - 8)\" y=\"\(y + 15)\" text-anchor=\"end\" style=\"fill:#fff\">"
                + "\(escaped(verdict))</text>"
            : text(verdict, x: end + 8, y: y + 15, style: "ink")
        return text(dial.host, x: 34, y: y + 15, style: "ink")
            + "<rect class=\"\(style)\" x=\"\(Self.left)\" y=\"\(y + 3)\" width=\"\(max(end - Self.left, 2))\" "
            + "height=\"\(Self.rowHeight - 8)\" rx=\"2\"/>" + label + "\n"
    }

    private func feeds(of result: RallyLap.Result) -> String {
        let ending =
            result.cutShortAfter.map { "cut short after \(Duration.seconds($0).readable)" }
            ?? result.lastFeed.map { "the last after \(Duration.seconds($0).readable)" } ?? "none"
        return
            "\(result.feedsDone) of \(course.feeds) feeds done, \(ending) · "
            + "\(result.threads) threads, \(result.memory) MB"
    }

    private func position(_ seconds: Double) -> Double {
        let span = log10(Self.longest) - log10(Self.shortest)
        let share = (log10(min(max(seconds, Self.shortest), Self.longest)) - log10(Self.shortest)) / span
        return (Self.left + share * (Self.width - Self.left - Self.right)).rounded()
    }

    private func text(_ words: String, x: Double, y: Double, style: String) -> String {
        "<text class=\"\(style)\" x=\"\(x)\" y=\"\(y)\">\(escaped(words))</text>\n"
    }

    private func escaped(_ words: String) -> String {
        words.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
    }
}
