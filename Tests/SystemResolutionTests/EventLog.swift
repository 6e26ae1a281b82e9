// SPDX-License-Identifier: Apache-2.0

import Foundation
import NameResolution

/// What a lookup told, and a wait for its end.
final class EventLog: @unchecked Sendable {
    private let condition = NSCondition()
    private var told: [LookupEvent] = []

    var events: [LookupEvent] { condition.withLock { told } }

    /// What to give a resolver.
    @Sendable func receive(_ event: LookupEvent) {
        condition.withLock {
            told.append(event)
            condition.broadcast()
        }
    }

    /// Returns once the log satisfies the condition; blocks the thread, and not for ever.
    @discardableResult
    func wait(until isEnough: ([LookupEvent]) -> Bool) -> Bool {
        condition.withLock {
            let end = Date(timeIntervalSinceNow: 30)
            while !isEnough(told) {
                guard condition.wait(until: end) else { return false }
            }
            return true
        }
    }

    /// Returns once the lookup has ended.
    @discardableResult
    func waitForEnd() -> Bool {
        wait { events in
            if case .ended = events.last { true } else { false }
        }
    }
}
