// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NameResolution

/// Waits for records, for a timer or for a cancellation, whichever comes first.
final class PendingRecords: Sendable {
    typealias Outcome = Result<RecordAnswer, ResolutionError>?

    private enum State {
        case new
        case waiting(CheckedContinuation<Outcome, Never>)
        case ended(Outcome)
    }

    private let state = NIOLockedValueBox(State.new)

    func value() async -> Outcome {
        await withCheckedContinuation { continuation in
            let ended = state.withLockedValue { state -> Outcome? in
                if case .ended(let outcome) = state { return .some(outcome) }
                state = .waiting(continuation)
                return nil
            }
            if let ended { continuation.resume(returning: ended) }
        }
    }

    /// The first call counts. `nil` for no answer.
    func end(_ outcome: Outcome) {
        let waiting = state.withLockedValue { state -> CheckedContinuation<Outcome, Never>? in
            switch state {
            case .new: state = .ended(outcome)
            case .waiting(let continuation):
                state = .ended(outcome)
                return continuation
            case .ended: break
            }
            return nil
        }
        waiting?.resume(returning: outcome)
    }
}
