// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import DNSResolution

@Suite struct `A network that flaps` {
    @Test func `a few changes are taken at once, and then one a second`() {
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        var allowance = ChangeAllowance(at: start)
        let atOnce = (0..<100).count { _ in allowance.take(at: start) }
        #expect(atOnce == 8)
        // A thousand changes a second for ten seconds.
        let flapping = (1...10_000).count { allowance.take(at: start + .milliseconds(Int64($0))) }
        #expect(flapping == 10)
        // After a calm minute, a few at once again.
        let later = (0..<100).count { _ in allowance.take(at: start + .seconds(70)) }
        #expect(later == 8)
    }

    @Test func `a clock that stands still or was never read does no harm`() {
        var allowance = ChangeAllowance(at: .uptimeNanoseconds(0))
        let far = allowance.take(at: .distantFuture)
        let back = allowance.take(at: .uptimeNanoseconds(0))
        #expect(far && back)
    }
}
