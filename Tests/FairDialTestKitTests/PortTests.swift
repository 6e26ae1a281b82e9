// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialTestKit
import Testing

@Suite struct `Ports of a test's own` {
    @Test func `a silent port neither accepts nor refuses`() async throws {
        let port = try #require(SilentPort())
        var options = DialOptions()
        options.timeouts = Timeouts(connect: .milliseconds(300))
        let error = await #expect(throws: DialError.self) {
            _ = try await Dialer.shared.connect(to: "127.0.0.1", port: port.number, options: options)
        }
        #expect(error?.code == .connectTimeout)
        #expect(error?.report.attempts.map(\.outcome) == [.timedOut])
    }

    @Test func `a refusing port refuses`() async throws {
        let port = try #require(RefusingPort())
        let error = await #expect(throws: DialError.self) {
            _ = try await Dialer.shared.connect(to: "127.0.0.1", port: port.number)
        }
        #expect(error?.report.attempts.map(\.outcome) == [.refused])
    }
}
