// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// What a `TopologyMachine` has decided and no thread has done yet, in its order.
///
/// Pure: several threads decide, under a lock; one of them at a time does what all have decided, outside of it. Else a
/// pool could be told that it is ready before it is told of the fault that came first, and stay shut.
///
/// ```
/// idle ──add: it is yours──▶ under way ──next: nothing──▶ idle
///                              │    ▲
///                              └────┘ add: it is somebody else's; next: an action
/// ```
struct UndoneActions: Sendable {
    private var actions = CircularBuffer<TopologyMachine.Action>()
    /// Whether a thread is doing it: until then the pools are not what the machine says.
    private(set) var isUnderWay = false

    /// More is to be done.
    ///
    /// - Returns: whether the caller must do it: all of it, until `next()` has nothing.
    mutating func add(_ decided: [TopologyMachine.Action]) -> Bool {
        actions.append(contentsOf: decided)
        defer { isUnderWay = true }
        return !isUnderWay
    }

    /// For who does it; `nil` when all is done, and the next one who adds something does that.
    mutating func next() -> TopologyMachine.Action? {
        let next = actions.popFirst()
        isUnderWay = next != nil
        return next
    }
}
