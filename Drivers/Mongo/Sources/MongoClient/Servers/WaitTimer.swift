// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOCore

/// A timer for someone who waits, which also ends when its loop is shut down: such a loop drops its timers without a
/// word, and the wait would have no end.
struct WaitTimer: Sendable {
    enum End: Sendable {
        /// The time has come.
        case rang
        /// The loop runs nothing any more. It may be said before the timer's `init` returns.
        case loopShutdown
    }

    private final class Alarm: NIOScheduledCallbackHandler, Sendable {
        let ring: NIOLockedValueBox<(@Sendable (End) -> Void)?>

        init(_ ring: NIOLockedValueBox<(@Sendable (End) -> Void)?>) {
            self.ring = ring
        }

        func handleScheduledCallback(eventLoop: some EventLoop) { end(.rang) }

        func didCancelScheduledCallback(eventLoop: some EventLoop) { end(.loopShutdown) }

        // The loop alone holds it, so this is when a loop has dropped it.
        deinit { end(.loopShutdown) }

        private func end(_ end: End) {
            ring.withLockedValue { $0.take() }?(end)
        }
    }

    private let ring: NIOLockedValueBox<(@Sendable (End) -> Void)?>
    private let scheduled: NIOScheduledCallback?

    /// - Parameter ring: called once at most, on any thread, and not after `cancel()`.
    init(at deadline: NIODeadline, on loop: any EventLoop, _ ring: @escaping @Sendable (End) -> Void) {
        self.ring = NIOLockedValueBox(ring)
        scheduled = try? loop.scheduleCallback(at: deadline, handler: Alarm(self.ring))
    }

    /// Whether it has rung, or the loop was shut down.
    var isOver: Bool { ring.withLockedValue { $0 == nil } }

    func cancel() {
        ring.withLockedValue { $0 = nil }
        scheduled?.cancel()
    }
}
