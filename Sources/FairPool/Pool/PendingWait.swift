// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// A task's wait for a connection: it ends once, with an answer or by its cancellation, in whatever order they come.
@available(FairDial 0.1, *)
final class PendingWait: Sendable {
    typealias Answer = PoolState.Answer

    private struct State: Sendable {
        var continuation: CheckedContinuation<Answer, Never>?
        var id: PoolWaiterID?
        var isCancelled = false
    }

    private let state = NIOLockedValueBox(State())

    /// The task waits from now on.
    func begin(_ continuation: CheckedContinuation<Answer, Never>) {
        state.withLockedValue { $0.continuation = continuation }
    }

    /// The pool has taken the wait in.
    ///
    /// - Returns: whether the task was cancelled before: then the caller takes the wait out of the pool at once.
    func began(_ id: PoolWaiterID) -> Bool {
        state.withLockedValue { state in
            state.id = id
            return state.isCancelled
        }
    }

    /// The task is cancelled.
    ///
    /// - Returns: the wait that the caller takes out of the pool; `nil` where the pool has not taken it in yet.
    func cancel() -> PoolWaiterID? {
        state.withLockedValue { state in
            state.isCancelled = true
            return state.id
        }
    }

    /// The wait is over; a second end changes nothing.
    func end(_ answer: Answer) {
        let continuation = state.withLockedValue { state in
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume(returning: answer)
    }
}
