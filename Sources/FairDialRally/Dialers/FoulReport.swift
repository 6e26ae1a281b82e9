// SPDX-License-Identifier: Apache-2.0

import FairDialConsole
import NIOCore

/// A foul side's dial in the contract's shape. Its clocks are null: it measures the whole alone, and cannot say where
/// time went.
enum FoulReport {
    static func measure(host: String, port: Int, _ dial: () async throws -> any Channel) async -> RallyDial {
        let clock = ContinuousClock()
        let start = clock.now
        do {
            let channel = try await dial()
            let took = start.duration(to: clock.now)
            let address = channel.remoteAddress?.ipAddress
            return RallyDial(channel: channel, report: json(host, port, address, took, nil), took: took)
        } catch {
            let took = start.duration(to: clock.now)
            return RallyDial(channel: nil, report: json(host, port, nil, took, error), took: took)
        }
    }

    private static func json(
        _ host: String,
        _ port: Int,
        _ address: String?,
        _ took: Duration,
        _ error: (any Error)?
    ) -> [(String, JSONLine)] {
        let failure = error.map { error in
            let isTimeout = if case .connectTimeout? = error as? ChannelError { true } else { false }
            return JSONLine.object([
                ("code", .text(isTimeout ? "connectTimeout" : "allAttemptsFailed")), ("message", .text("\(error)")),
            ])
        }
        return [
            ("host", .text(host)), ("port", .integer(port)), ("ok", .bool(error == nil)),
            ("address", .optional(address)), ("source", .null), ("queue_s", .null), ("lookup_s", .null),
            ("connect_s", .null), ("handshake_s", .null), ("total_s", .seconds(took)), ("attempts", .list([])),
            ("error", failure ?? .null),
        ]
    }
}
