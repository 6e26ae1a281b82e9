// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import FairDial

/// A dial that has failed leaves its channel to an initializer that is still at work, and not for ever.
@Suite(.timeLimit(.minutes(15))) struct `An initializer that is still at work` {
    @Test func `keeps its channel for ten seconds at most`() async throws {
        let script = try ScriptedDialer(network: ["192.0.2.1:80": .connects(after: .milliseconds(1))])
        let made = NIOLockedValueBox<(any Channel)?>(nil)
        let never = script.clock.loop.makePromise(of: Void.self)
        let dial = Task {
            try await script.dialer.connect(to: "192.0.2.1", port: 80) { channel in
                made.withLockedValue { $0 = channel }
                return never.futureResult
            }
        }
        await script.clock.sleepers()
        await script.clock.advance(to: .seconds(1))
        dial.cancel()
        #expect(await failure { try await dial.value }?.code == .cancelled)
        let channel = try #require(made.withLockedValue { $0 })
        let isClosed = NIOLockedValueBox(false)
        channel.closeFuture.whenComplete { _ in isClosed.withLockedValue { $0 = true } }
        await script.clock.advance(to: .milliseconds(10_900))
        #expect(!isClosed.withLockedValue { $0 })
        await script.clock.advance(to: .milliseconds(11_100))
        #expect(isClosed.withLockedValue { $0 })
        never.succeed()
        #expect(script.isClean)
    }
}
