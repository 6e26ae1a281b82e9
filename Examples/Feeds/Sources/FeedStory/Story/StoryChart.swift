// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The pool's size and the callers that wait for a connection, over time, as an SVG picture: one side, or both.
package struct StoryChart {
    /// What one side's lines are made of; also a file, by which one run hands its lines to the next.
    package struct Side: Codable, Sendable {
        package var side: StorySide
        package var samples: [PoolRecorder.Sample]
        package var total: Double
        package var feedsOK: Int
        package var stored: Int
        package var poolMaximum: Int

        package init(_ result: StoryResult) {
            side = result.side
            samples = result.pool.samples
            total = result.total / .seconds(1)
            feedsOK = result.feedsOK
            stored = result.linksStored
            poolMaximum = result.poolMaximum
        }
    }

    private static let left = 70.0
    private static let right = 740.0
    private static let panelHeight = 120.0

    private let sides: [Side]
    private let feeds: Int
    private let links: Int
    private let delay: Duration?

    /// - Parameters:
    ///   - feeds: how many there are.
    ///   - links: how many there are in all of them, where that is known.
    ///   - delay: how long each name takes to look up, where that is known.
    package init(sides: [Side], feeds: Int, links: Int, delay: Duration?) {
        self.sides = sides
        self.feeds = feeds
        self.links = links
        self.delay = delay
    }

    /// The whole seconds that the picture shows.
    private var seconds: Int { max(2, Int((sides.map(\.total).max() ?? 1).rounded(.up))) }

    package var svg: String {
        let circumstances =
            delay.map { "every feed's name takes \(StoryResult.seconds($0)) s to look up · " } ?? ""
        let most = sides.map(\.poolMaximum).max() ?? 0
        var drawn = text("\(feeds) feeds at once, and a pool of up to \(most) database connections", 20, 30, "big")
        drawn += text(circumstances + "each link is stored as it is found", 20, 50, "note")
        for (index, side) in sides.enumerated() {
            let y = 74 + 18 * Double(index)
            drawn += text(words(for: side), 20, y, side.side == .fair ? "ink goodtext" : "ink badtext")
        }
        drawn += panel("connections", top: 134, value: { $0.size })
        drawn += panel("callers that wait", top: 314, value: { $0.waiting })
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 470" role="img">
            <title>\(feeds) feeds and a database</title>
            <style>
            .bg{fill:#fff}.ink,.head,.note,.axis{font:13px system-ui,sans-serif;fill:#1d2530}.head{font-weight:600}
            .note,.axis{font-size:11px;fill:#5b6675}.grid{stroke:#d9dee5}
            .good,.bad{fill:none;stroke-width:2;stroke:#2b8a57}.bad{stroke:#c2343a}
            .goodtext{fill:#2b8a57}.badtext{fill:#c2343a}.big{font:600 17px system-ui,sans-serif;fill:#1d2530}
            @media(prefers-color-scheme:dark){.bg{fill:#14181e}.ink,.head,.big{fill:#e8ecf1}
            .note,.axis{fill:#9aa5b4}.grid{stroke:#2b333e}.good{stroke:#45b97c}.bad{stroke:#e5646a}
            .goodtext{fill:#45b97c}.badtext{fill:#e5646a}}
            </style>
            <rect class="bg" width="100%" height="100%"/>
            \(drawn)</svg>

            """
    }

    private func words(for side: Side) -> String {
        let name = side.side == .fair ? "fair: FairDial" : "foul: stock SwiftNIO, one loop, timer first"
        let total = String(format: side.total < 10 ? "%.2f" : "%.1f", side.total)
        return "\(name): \(side.feedsOK) of \(feeds) feeds, \(side.stored) of \(links) links stored, \(total) s"
    }

    private func panel(_ title: String, top: Double, value: (PoolRecorder.Sample) -> Int) -> String {
        let highest = sides.flatMap(\.samples).map(value).max() ?? 0
        let step = Self.step(for: highest)
        let most = max(1, (highest + step - 1) / step) * step
        var drawn = text(title, 20, top - 12, "head")
        for tick in stride(from: 0, through: most, by: step) {
            let y = top + Self.panelHeight * (1 - Double(tick) / Double(most))
            drawn += "<line class=\"grid\" x1=\"\(Self.left)\" x2=\"\(Self.right)\" y1=\"\(y)\" y2=\"\(y)\"/>"
            drawn += text("\(tick)", Self.left - 8, y + 4, "axis", anchor: "end")
        }
        let spacing = max(1, (seconds + 11) / 12)
        for second in stride(from: 0, through: seconds, by: spacing) {
            drawn += text("\(second) s", across(Double(second)), top + Self.panelHeight + 16, "axis", anchor: "middle")
        }
        for side in sides {
            let line = steps(side) { top + Self.panelHeight * (1 - Double(value($0)) / Double(most)) }
            drawn += "<polyline class=\"\(side.side == .fair ? "good" : "bad")\" points=\"\(line)\"/>\n"
        }
        return drawn
    }

    /// A line that keeps its height until the next sample.
    private func steps(_ side: Side, height: (PoolRecorder.Sample) -> Double) -> String {
        var points: [String] = []
        var last: String?
        for sample in side.samples where sample.at <= side.total {
            let x = Self.number(across(sample.at))
            let y = Self.number(height(sample))
            if y == last { continue }
            if let last { points.append("\(x),\(last)") }
            points.append("\(x),\(y)")
            last = y
        }
        if let last { points.append("\(Self.number(across(side.total))),\(last)") }
        return points.joined(separator: " ")
    }

    private func across(_ time: Double) -> Double {
        Self.left + time / Double(seconds) * (Self.right - Self.left)
    }

    private func text(_ words: String, _ x: Double, _ y: Double, _ style: String, anchor: String = "start") -> String {
        "<text class=\"\(style)\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" text-anchor=\"\(anchor)\">"
            + "\(words)</text>\n"
    }

    private static func number(_ value: Double) -> String { String(format: "%.1f", value) }

    private static func step(for highest: Int) -> Int {
        [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000].first { highest <= 5 * $0 } ?? 5_000
    }
}
