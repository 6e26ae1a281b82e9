// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialConsole
import IPAddresses
import NameResolution

/// A dial's clocks and attempts as bars over one axis of time.
struct Waterfall {
    private struct Row {
        var name: String
        var from: Duration
        var to: Duration
        var note: String
        var ink: Ink
    }

    /// How many characters the whole dial is wide.
    private static let width = 40

    let report: ConnectResult

    /// The lines: one for the result, one for the queue if it took time, one for the lookup, and one for each attempt.
    /// A target that cannot be dialed has the first alone.
    func lines(isColourful: Bool = StandardStreams.isColourful) -> [String] {
        if isInvalid { return [headline(isColourful: isColourful)] }
        let rows = rows
        let nameWidth = rows.map(\.name.count).max() ?? 0
        let end = max(rows.map(\.to).max() ?? .zero, .nanoseconds(1))
        let bars = rows.map { row in
            let start = Self.column(row.from, of: end)
            let stop = max(Self.column(row.to, of: end), start + 1)
            let bar =
                String(repeating: " ", count: min(start, Self.width - 1)) + String(repeating: "█", count: stop - start)
            let padded = bar + String(repeating: " ", count: max(0, Self.width + 1 - bar.count))
            let name = row.name + String(repeating: " ", count: nameWidth - row.name.count)
            return "  \(name)  \(row.ink(padded, isOn: isColourful))  \(row.note)"
        }
        return [headline(isColourful: isColourful)] + bars
    }

    private var isInvalid: Bool { report.error?.code == .invalidTarget }

    private func headline(isColourful: Bool) -> String {
        let host = report.host.printable
        // As it stands on the command line where it is no host.
        let parted = host.contains(":") ? "[\(host)]:\(report.port)" : "\(host):\(report.port)"
        let target = isInvalid ? "\(host) \(report.port)" : parted
        if let error = report.error {
            return "\(target)  " + Ink.bad(error.code.rawValue, isOn: isColourful) + "  \(error.message)"
        }
        let address = report.destination.map(ConnectResult.address)?.printable ?? ""
        let verdict = Ink.good("connected", isOn: isColourful)
        return "\(target)  \(verdict)  \(address)  in \(report.report.total.readable)"
    }

    private var rows: [Row] {
        let report = report.report
        var rows: [Row] = []
        let firstAttempt = report.attempts.first?.started
        if report.queue > .zero {
            rows.append(Row(name: "queue", from: .zero, to: report.queue, note: report.queue.readable, ink: .dim))
        }
        let lookupEnd = firstAttempt ?? report.queue + report.lookup
        let source = report.source.map { " (\($0.rawValue))" } ?? ""
        rows.append(
            Row(
                name: "lookup",
                from: min(report.queue, lookupEnd),
                to: lookupEnd,
                note: report.lookup.readable + source,
                ink: .dim
            )
        )
        for attempt in report.attempts {
            let ended = attempt.ended ?? report.total
            let outcome = attempt.outcome?.rawValue ?? "in flight"
            let reason = attempt.outcome == .failed ? attempt.reason.map { ": \($0)" } ?? "" : ""
            rows.append(
                Row(
                    name: ConnectResult.address(attempt.destination).printable,
                    from: attempt.started,
                    to: ended,
                    note: "\(outcome)\(reason.printable) after \((ended - attempt.started).readable)",
                    ink: attempt.outcome == .connected ? .good : .bad
                )
            )
        }
        return rows
    }

    private static func column(_ time: Duration, of end: Duration) -> Int {
        Int((time / end * Double(width)).rounded())
    }
}
