// SPDX-License-Identifier: Apache-2.0

package import FairDial
import IPAddresses
import NameResolution

/// One dial's result, as `connect` prints it.
package struct ConnectResult {
    package let host: String
    package let port: Int
    package let destination: Destination?
    package let report: DialReport
    package let error: DialError?

    package init(host: String, port: Int, destination: Destination?, report: DialReport, error: DialError?) {
        self.host = host
        self.port = port
        self.destination = destination
        self.report = report
        self.error = error
    }

    /// The contract's object.
    package var json: [(String, JSONLine)] {
        let left: [(String, JSONLine)] = report.leftOut > 0 ? [("left_out", .integer(report.leftOut))] : []
        return [
            ("host", .text(host)),
            ("port", .integer(port)),
            ("ok", .bool(error == nil)),
            ("address", .optional(destination.map(Self.address))),
            ("source", .optional(report.source?.rawValue)),
            ("queue_s", .seconds(report.queue)),
            ("lookup_s", .seconds(report.lookup)),
            ("connect_s", .seconds(report.connect)),
            ("handshake_s", report.handshake.map(JSONLine.seconds) ?? .null),
            ("total_s", .seconds(report.total)),
            ("attempts", .list(report.attempts.map(Self.json))),
        ] + left + [("error", error.map { Self.json($0) } ?? .null)]
    }

    package static func json(_ error: DialError) -> JSONLine {
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

    package static func address(_ destination: Destination) -> String {
        destination.endpoint.map { "\($0.address)" } ?? "\(destination)"
    }
}
