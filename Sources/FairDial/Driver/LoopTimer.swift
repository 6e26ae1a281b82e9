// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NIOConcurrencyHelpers
import NIOCore

/// A timer on an event loop for a task that waits; the task is told when the loop is shut down before.
@available(FairDial 0.1, *)
final class LoopTimer: Sendable {
    /// What became of a timer.
    enum End: Sendable {
        case rang
        case cancelled
        case loopShutdown
    }

    private struct State: Sendable {
        var end: End?
        var waiting: CheckedContinuation<End, Never>?
    }

    /// What the loop holds. A loop that has been shut down lets go of it at once.
    private final class WakeUp: NIOScheduledCallbackHandler, Sendable {
        private let timer: LoopTimer

        init(_ timer: LoopTimer) {
            self.timer = timer
        }

        func handleScheduledCallback(eventLoop: some EventLoop) {
            timer.end(as: .rang)
        }

        func didCancelScheduledCallback(eventLoop: some EventLoop) {
            timer.end(as: .loopShutdown)
        }

        deinit {
            timer.end(as: .loopShutdown)
        }
    }

    private let state = NIOLockedValueBox(State())
    private let scheduled = NIOLockedValueBox<NIOScheduledCallback?>(nil)

    /// - Parameter delay: from now; a negative one is none.
    init(in delay: Duration, on loop: any EventLoop) {
        let deadline = loop.now + TimeAmount(delay.bounded)
        let callback = try? loop.scheduleCallback(at: deadline, handler: WakeUp(self))
        // A loop that takes no timer has dropped the handler, and the end is known.
        scheduled.withLockedValue { $0 = callback }
    }

    /// Returns once the timer has ended, one way or another; to one who waits.
    func ended() async -> End {
        await withCheckedContinuation { continuation in
            let end = state.withLockedValue { state in
                if state.end == nil { state.waiting = continuation }
                return state.end
            }
            if let end { continuation.resume(returning: end) }
        }
    }

    /// Ends it, where it has not ended.
    func cancel() {
        end(as: .cancelled)
        scheduled.withLockedValue { $0 }?.cancel()
    }

    /// The first one counts.
    private func end(as end: End) {
        let waiting = state.withLockedValue { state -> CheckedContinuation<End, Never>? in
            guard state.end == nil else { return nil }
            state.end = end
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: end)
    }
}
