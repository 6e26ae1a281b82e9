// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NameResolution

/// One caller's wait for records: over once, by the answer or because the caller's task was cancelled.
@available(FairDial 0.1, *)
final class RecordWait: Sendable {
    typealias Result = Swift.Result<ServerAnswer, ResolutionError>

    private struct State: Sendable {
        var continuation: CheckedContinuation<Result, Never>?
        var cancel: (@Sendable () -> Void)?
        var isCancelled = false
        var isOver = false
    }

    private let state = NIOLockedValueBox(State())

    func begin(_ continuation: CheckedContinuation<Result, Never>) {
        state.withLockedValue { $0.continuation = continuation }
    }

    /// The lookup can be cancelled from now on. A task that was cancelled before has its end here.
    func isInFlight(_ cancel: @escaping @Sendable () -> Void) {
        let isCancelled = state.withLockedValue { state in
            if !state.isOver { state.cancel = cancel }
            return state.isCancelled
        }
        if isCancelled { self.cancel() }
    }

    func end(_ result: Result) {
        let continuation = state.withLockedValue { state in
            state.isOver = true
            state.cancel = nil
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume(returning: result)
    }

    func cancel() {
        let cancel = state.withLockedValue { state in
            state.isCancelled = true
            return state.cancel
        }
        // Before there is anything to cancel, `isInFlight` calls this once more.
        guard let cancel else { return }
        cancel()
        end(.failure(ResolutionError(.cancelled, "cancelled by the caller")))
    }
}
