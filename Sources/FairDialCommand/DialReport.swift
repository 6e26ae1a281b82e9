// SPDX-License-Identifier: Apache-2.0

import ConnectionRacing
import FairDial
import IPAddresses
import NameResolution

/// One dial's result, as `connect` prints it.
struct DialReport {
    let host: String
    let port: Int
    let destination: Destination?
    let splits: Splits
    let error: DialError?

    /// The contract's object.
    var json: [(String, JSONLine)] {
        [
            ("host", .text(host)),
            ("port", .integer(port)),
            ("ok", .bool(error == nil)),
            ("address", .optional(destination.map(Self.address))),
            ("source", .optional(splits.source?.rawValue)),
            ("queue_s", .seconds(splits.queue)),
            ("lookup_s", .seconds(splits.lookup)),
            ("connect_s", .seconds(splits.connect)),
            ("handshake_s", splits.handshake.map(JSONLine.seconds) ?? .null),
            ("total_s", .seconds(splits.total)),
            ("attempts", .list(splits.attempts.map(Self.json))),
            ("error", error.map { Self.json($0) } ?? .null),
        ]
    }

    static func json(_ error: DialError) -> JSONLine {
        .object([("code", .text(error.code.rawValue)), ("message", .text(error.message))])
    }

    private static func json(_ attempt: AttemptReport) -> JSONLine {
        .object([
            ("address", .text(address(attempt.destination))),
            ("port", attempt.destination.endpoint.map { .integer(Int($0.port)) } ?? .null),
            ("started_s", .seconds(attempt.started)),
            ("ended_s", attempt.ended.map(JSONLine.seconds) ?? .null),
            ("outcome", .optional(attempt.outcome?.rawValue)),
        ])
    }

    static func address(_ destination: Destination) -> String {
        destination.endpoint.map { "\($0.address)" } ?? "\(destination)"
    }
}
