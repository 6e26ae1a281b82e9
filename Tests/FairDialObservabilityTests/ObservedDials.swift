// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialTestKit
import IPAddresses
import NameResolution

/// Dials of every kind, without a network.
enum ObservedDials {
    static func error(_ code: DialError.Code, _ report: DialReport = DialReport()) -> DialError {
        DialError(code, "it did not work", target: "db.test:80", report: report)
    }

    static func dial(
        _ outcome: ObservedDial.Outcome,
        _ report: DialReport,
        to host: String = "db.test",
        lookups: [UInt64] = [],
        lookedUp: Bool = true
    ) throws -> ObservedDial {
        ObservedDial(
            target: try Target(host: host, port: 80),
            start: .seconds(1_000),
            duration: report.total,
            report: report,
            outcome: outcome,
            lookups: lookups,
            lookedUp: lookedUp,
            awaitedTLS: true
        )
    }

    static func connected(host: String = "db.test", lookups: [UInt64] = []) throws -> ObservedDial {
        let first = Destination.internet(try Endpoint("192.0.2.1:80"))
        let second = Destination.internet(try Endpoint("192.0.2.2:80"))
        let report = DialReport(
            queue: .milliseconds(5),
            lookup: .milliseconds(20),
            connect: .milliseconds(260),
            handshake: .milliseconds(15),
            source: .dns,
            server: try Endpoint("192.0.2.53:53"),
            attempts: [
                AttemptReport(
                    destination: first,
                    started: .milliseconds(25),
                    ended: .milliseconds(285),
                    outcome: .abandoned
                ),
                AttemptReport(
                    destination: second,
                    started: .milliseconds(275),
                    ended: .milliseconds(285),
                    outcome: .connected
                ),
            ]
        )
        return try dial(.connected(DialWinner(destination: second)), report, to: host, lookups: lookups)
    }
}
