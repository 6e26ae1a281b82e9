// SPDX-License-Identifier: Apache-2.0

import FairDial
import IPAddresses
import TestHelpers
import Testing

@Suite struct `What the caller wrote is nobody else's fault` {
    @Test func `a path where no socket is`() async throws {
        let folder = try TemporaryFolder()
        let missing = try Target.path(folder.path("no-socket"))
        let error = await failure { try await Dialer.shared.connect(to: missing) }
        #expect(error?.code == .allAttemptsFailed)
        #expect(error?.errno == 2)
        #expect(error?.fault == .caller)
        #expect(error?.isRetryable == true)
    }

    @Test func `a path where nobody listens is the peer's, which may come back`() async throws {
        let folder = try TemporaryFolder()
        let file = try Target.path(folder.makeFile("file"))
        let error = await failure { try await Dialer.shared.connect(to: file) }
        #expect(error?.fault == .peer)
        #expect(error?.isRetryable == true)
    }

    @Test func `a link-local address without its interface`() async throws {
        let error = await failure { try await Dialer.shared.connect(to: "fe80::1", port: 9) }
        let attempt = try #require(error?.report.attempts.first)
        // A machine without IPv6 says something else.
        guard attempt.errorNumber == 22 else { return }
        #expect(attempt.reason == "a link-local address needs its interface, as in fe80::1%eth0")
        #expect(error?.fault == .caller)
        #expect(error?.isRetryable == false)
    }

    @Test func `an address that refuses beside it is the peer's`() {
        let attempts = [AttemptReport.Outcome.failed, .refused].map { outcome in
            AttemptReport(
                destination: .local(path: "/run/db"),
                started: .zero,
                ended: .zero,
                outcome: outcome,
                errorNumber: outcome == .failed ? 2 : 111
            )
        }
        let error = DialError(
            .allAttemptsFailed,
            "all failed",
            target: "/run/db",
            report: DialReport(attempts: attempts)
        )
        #expect(error.fault == .peer)
        #expect(error.isRetryable)
    }
}
