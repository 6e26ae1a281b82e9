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

    func begin(_ continuation: CheckedContinuation<Answer, Never>) {
        state.withLockedValue { $0.continuation = continuation }
    }

    /// The pool knows of it.
    ///
    /// - Returns: whether it is to leave at once.
    func began(_ id: PoolWaiterID) -> Bool {
        state.withLockedValue { state in
            state.id = id
            return state.isCancelled
        }
    }

    /// - Returns: the wait that is to leave; `nil` where the pool does not know of it yet.
    func cancel() -> PoolWaiterID? {
        state.withLockedValue { state in
            state.isCancelled = true
            return state.id
        }
    }

    func end(_ answer: Answer) {
        let continuation = state.withLockedValue { state in
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume(returning: answer)
    }
}
