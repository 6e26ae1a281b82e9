// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NameResolution
import Testing

@testable import DNSResolution

/// A cancelled task gets its error wherever the lookup has come to, and the lookup is cancelled once.
@Suite struct `A wait for records that is cancelled` {
    enum Moment: CaseIterable { case beforeItBegins, beforeItIsUnderWay, whileItIsUnderWay }

    @Test(arguments: Moment.allCases)
    func `ends at once`(moment: Moment) async {
        let wait = RecordWait()
        let cancelled = NIOLockedValueBox(0)
        if moment == .beforeItBegins { wait.cancel() }
        let ending = Task {
            await withCheckedContinuation { continuation in
                wait.begin(continuation)
                if moment == .beforeItIsUnderWay { wait.cancel() }
                wait.isInFlight { cancelled.withLockedValue { $0 += 1 } }
                if moment == .whileItIsUnderWay { wait.cancel() }
                // A wait that has not ended by now never would: the test must fail, not hang.
                wait.end(.failure(ResolutionError(.failed, "nobody has ended it")))
            }
        }
        guard case .failure(let error) = await ending.value else {
            Issue.record("a cancelled wait has an answer")
            return
        }
        #expect(error.kind == .cancelled)
        #expect(cancelled.withLockedValue { $0 } == 1)
    }
}
