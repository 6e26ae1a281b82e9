// SPDX-License-Identifier: Apache-2.0

import FairDial
import IPAddresses
import Logging

/// One dial's line in the log.
///
/// Metadata: `dial.target`, `dial.queue_s`, `dial.lookup_s`, `dial.connect_s`, `dial.handshake_s` (seconds),
/// `dial.attempts`, `dial.source`, `dial.server`, `dial.destination`; of a failure also `dial.code`, `dial.fault`,
/// `dial.retryable`, `dial.message`, `dial.errno` (`DialError.logMetadata`).
@available(FairDial 0.1, *)
struct DialLog: Sendable {
    private static let source = "FairDial"

    private let logger: Logger

    /// - Returns: `nil` where the logger takes neither level: then nothing is made for it.
    init?(_ logger: Logger) {
        guard logger.logLevel <= .debug else { return nil }
        self.logger = logger
    }

    func tell(_ dial: ObservedDial) {
        switch dial.outcome {
        case .failed(let error):
            // A program dials again, or says so itself: a failure is no line for everyone.
            logger.debug("dial failed", metadata: Self.metadata(of: error), source: Self.source)
        case .connected(let winner):
            logger.trace(
                "dialed",
                metadata: Self.metadata(of: dial, winner.destination.description),
                source: Self.source
            )
        default:
            logger.trace("resolved", metadata: Self.metadata(of: dial, nil), source: Self.source)
        }
    }

    private static func metadata(of error: DialError) -> Logger.Metadata {
        error.logMetadata.mapValues { .string($0.printable) }
    }

    private static func metadata(of dial: ObservedDial, _ destination: String?) -> Logger.Metadata {
        let report = dial.report
        var metadata: Logger.Metadata = [
            "dial.target": .string(dial.target.description.withoutUserInfo.printable),
            "dial.queue_s": .stringConvertible(report.queue / .seconds(1)),
            "dial.lookup_s": .stringConvertible(report.lookup / .seconds(1)),
            "dial.connect_s": .stringConvertible(report.connect / .seconds(1)),
            "dial.attempts": .stringConvertible(report.attempts.count),
        ]
        if let handshake = report.handshake {
            metadata["dial.handshake_s"] = .stringConvertible(handshake / .seconds(1))
        }
        if let source = report.source { metadata["dial.source"] = .string(source.rawValue) }
        if let server = report.server { metadata["dial.server"] = .string(server.description) }
        if let destination { metadata["dial.destination"] = .string(destination.printable) }
        return metadata
    }
}
