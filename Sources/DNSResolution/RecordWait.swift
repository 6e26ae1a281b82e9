// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NameResolution

/// One caller's wait for records: over once, by the answer or because the caller's task was cancelled.
final class RecordWait: Sendable {
    typealias Result = Swift.Result<ServerAnswer, ResolutionError>

    private struct State: Sendable {
        var continuation: CheckedContinuation<Result, Never>?
        var withdraw: (@Sendable () -> Void)?
        var isCancelled = false
        var isOver = false
    }

    private let state = NIOLockedValueBox(State())

    func begin(_ continuation: CheckedContinuation<Result, Never>) {
        state.withLockedValue { $0.continuation = continuation }
    }

    /// The look-up can be taken back from now on; at once, if the task has been cancelled by now.
    func isUnderWay(_ withdraw: @escaping @Sendable () -> Void) {
        let isCancelled = state.withLockedValue { state in
            if !state.isOver { state.withdraw = withdraw }
            return state.isCancelled
        }
        if isCancelled { cancel() }
    }

    func end(_ result: Result) {
        let continuation = state.withLockedValue { state in
            state.isOver = true
            state.withdraw = nil
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume(returning: result)
    }

    func cancel() {
        let withdraw = state.withLockedValue { state in
            state.isCancelled = true
            return state.withdraw
        }
        // Before there is anything to take back, `isUnderWay` does this.
        guard let withdraw else { return }
        withdraw()
        end(.failure(ResolutionError(.cancelled, "nobody waits for the answer any more")))
    }
}
