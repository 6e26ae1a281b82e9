// SPDX-License-Identifier: Apache-2.0

import GetAddrInfo
import IPAddresses
import NIOConcurrencyHelpers
import NameResolution
import Testing

@testable import SystemResolution

/// A thread that is in its call before the thread that sent it there goes on.
private final class PromptCalls: CallRunner {
    let alarm = NIOLockedValueBox<Duration?>(nil)

    var now: Duration { .zero }
    var threadCount: Int { 0 }

    func makeRoom(forDescriptors count: Int) {}

    func call(
        _ name: String,
        _ families: AddressFamilies,
        began: @escaping @Sendable () -> Void,
        returned: @escaping @Sendable (Result<[IPAddress], ResolutionError>) -> Void
    ) -> Int32? {
        began()
        return nil
    }

    func wake(at time: Duration?, _ ring: @escaping @Sendable () -> Void) {
        alarm.withLockedValue { $0 = time }
    }
}

@Suite struct `The second call's alarm` {
    @Test func `is set however early the first call begins`() {
        let calls = PromptCalls()
        let resolver = SystemResolver(SystemResolverConfiguration(secondCallDelay: .seconds(6)), on: calls)
        _ = resolver.lookUp(LookupQuestion(name: "dropped.test"), for: FairnessKey(label: "test")) { _ in }
        #expect(calls.alarm.withLockedValue { $0 } == .seconds(6))
    }
}
