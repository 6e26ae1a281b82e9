// SPDX-License-Identifier: Apache-2.0

import FairDial
import IPAddresses
import Testing

@Suite struct `An attempt's report is one line` {
    private func report(
        _ ended: Duration?,
        _ outcome: AttemptReport.Outcome?,
        _ reason: String? = nil
    ) throws -> AttemptReport {
        AttemptReport(
            destination: .internet(try Endpoint("192.0.2.1:5432")),
            started: .milliseconds(250),
            ended: ended,
            outcome: outcome,
            reason: reason
        )
    }

    @Test func `destination, outcome, when and why`() throws {
        let refused = try report(.milliseconds(251), .refused, "connection refused")
        #expect("\(refused)" == "192.0.2.1:5432 refused, from 250 ms to 251 ms: connection refused")
        #expect("\(try report(.seconds(2), .timedOut))" == "192.0.2.1:5432 timed-out, from 250 ms to 2 s")
        #expect("\(try report(nil, nil))" == "192.0.2.1:5432 in flight, since 250 ms")
        let vetoed = try report(.milliseconds(250), .vetoed, "forbidden: in 192.0.2.0/24")
        #expect("\(vetoed)" == "192.0.2.1:5432 vetoed, at 250 ms: forbidden: in 192.0.2.0/24")
    }

    @Test func `and stays one line, whatever the reason says`() throws {
        #expect("\(try report(nil, .failed, "a\nb"))" == "192.0.2.1:5432 failed, since 250 ms: a\\nb")
    }
}
