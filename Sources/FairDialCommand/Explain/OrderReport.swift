// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialConsole
import IPAddresses
import NameResolution

/// A host's addresses in the order in which they are tried, each with where this machine would send from, and the rule
/// that puts it before the next.
struct OrderReport {
    private struct Row {
        let address: IPAddress
        let source: IPAddress?
        /// What decided between this address and the next; `nil` for the last.
        let rule: DestinationOrder.Rule?
    }

    private let host: String
    private let rows: [Row]

    init(host: String, addresses: [IPAddress]) {
        self.host = host
        let order = DestinationOrder()
        let candidates = SourceAddresses.candidates(for: addresses)
        let sorted = order.sorted(candidates).compactMap { address in candidates.first { $0.destination == address } }
        rows = sorted.indices.map { index in
            let next = index + 1 < sorted.count ? sorted[index + 1] : nil
            return Row(
                address: sorted[index].destination,
                source: sorted[index].source,
                rule: next.map { order.decide(sorted[index], $0).by }
            )
        }
    }

    /// For a person.
    var lines: [String] {
        let width = rows.map { "\($0.address)".count }.max() ?? 0
        return rows.flatMap { row -> [String] in
            let address = "\(row.address)".padding(to: width)
            let source = row.source.map { "from \($0)" } ?? "this machine has no route to it"
            return ["\(address)  \(source)".printable]
                + (row.rule.map { ["  before the next by \(Self.words(for: $0))"] } ?? [])
        }
    }

    /// For a program: the rule is its number in RFC 6724 §6. It is null for the last address, and where experience or
    /// the round trip decided (RFC 8305).
    var json: JSONLine {
        .object([
            ("host", .text(host)),
            ("ok", .bool(true)),
            (
                "addresses",
                .list(
                    rows.map { row in
                        .object([
                            ("address", .text("\(row.address)")),
                            ("from", .optional(row.source.map { "\($0)" })),
                            ("rule", row.rule?.number.map { .integer($0) } ?? .null),
                        ])
                    }
                )
            ),
            ("error", .null),
        ])
    }

    /// The same for a host whose lookup failed, for whichever reason.
    static func json(of error: DialError, host: String) -> JSONLine {
        .object([
            ("host", .text(host)),
            ("ok", .bool(false)),
            ("addresses", .list([])),
            ("error", .object([("code", .text(error.code.rawValue)), ("message", .text(error.message))])),
        ])
    }

    private static func words(for rule: DestinationOrder.Rule) -> String {
        switch rule {
        case .usable: "rule 1: this machine has no route to the next"
        case .matchingScope: "rule 2: its scope is that of the address it is dialed from"
        case .matchingLabel: "rule 5: its label is that of the address it is dialed from"
        case .precedence: "rule 6: its precedence is higher"
        case .smallerScope: "rule 8: its scope is smaller"
        case .experience: "RFC 8305: it connected in the past, or the next failed"
        case .roundTrip: "RFC 8305: its round trips are shorter"
        case .longestPrefix: "rule 9: it shares more leading bits with the address it is dialed from"
        case .unchanged: "rule 10: it came first in the answer"
        }
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
