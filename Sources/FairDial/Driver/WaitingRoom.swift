// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOCore

/// Where dials wait for a descriptor or a thread: one queue for all of a machine's, called from the loops they are on.
///
/// Every loop on which a dial waits has a timer for the one time that the queue names, and the first loop that reaches
/// it calls the dials whose turn it is: a blocked loop holds back no other loop's dials.
@available(FairDial 0.1, *)
package final class WaitingRoom: Sendable {
    private struct Waiter: Sendable {
        let loop: any EventLoop
        let call: @Sendable (ShortageQueue.Ticket) -> Void
    }

    /// A loop on which a dial waits; its timer is touched on the loop alone.
    private struct Attendance: Sendable {
        var count = 0
        var timer: Timer?
    }

    private struct Timer: Sendable {
        let number: UInt64
        let scheduled: Scheduled<Void>
    }

    private struct State: Sendable {
        var queue = ShortageQueue()
        var waiters: [ShortageQueue.Ticket: Waiter] = [:]
        var loops: [ObjectIdentifier: Attendance] = [:]
        var nextTimer: UInt64 = 1

        /// - Returns: a timer that no dial needs any more.
        mutating func remove(_ ticket: ShortageQueue.Ticket) -> (Waiter, Timer?)? {
            guard let waiter = waiters.removeValue(forKey: ticket) else { return nil }
            let loop = ObjectIdentifier(waiter.loop)
            loops[loop]?.count -= 1
            guard loops[loop]?.count == 0 else { return (waiter, nil) }
            return (waiter, loops.removeValue(forKey: loop)?.timer)
        }
    }

    static let shared = WaitingRoom()

    private let state = NIOLockedValueBox(State())

    package init() {}

    /// How many wait.
    package var count: Int { state.withLockedValue { $0.queue.count } }

    /// Joins the queue; on the loop.
    ///
    /// - Parameters:
    ///   - again: whether the last turn was for nothing.
    ///   - call: called, once and on the loop, when it is this dial's turn, if it does not leave before.
    func join(
        on loop: any EventLoop,
        again: Bool,
        _ call: @escaping @Sendable (ShortageQueue.Ticket) -> Void
    ) -> ShortageQueue.Ticket {
        let (ticket, needsTimer) = state.withLockedValue { state in
            let ticket = state.queue.join(again: again, at: Self.now(on: loop))
            state.waiters[ticket] = Waiter(loop: loop, call: call)
            state.loops[ObjectIdentifier(loop), default: Attendance()].count += 1
            return (ticket, state.loops[ObjectIdentifier(loop)]?.timer == nil)
        }
        if needsTimer { setTimer(on: loop) }
        return ticket
    }

    /// Leaves the queue; on the loop. `call` may be on its way already: it must do no harm after this.
    func leave(_ ticket: ShortageQueue.Ticket) {
        let timer = state.withLockedValue { state in
            state.queue.leave(ticket)
            return state.remove(ticket)?.1
        }
        timer?.scheduled.cancel()
    }

    private static func now(on loop: any EventLoop) -> Duration {
        .nanoseconds(Int64(clamping: loop.now.uptimeNanoseconds))
    }

    private func setTimer(on loop: any EventLoop) {
        let (wake, number) = state.withLockedValue { state in
            defer { state.nextTimer += 1 }
            return (state.queue.wakeTime, state.nextTimer)
        }
        guard let wake else { return }
        let nanoseconds = max(0, ((wake - Self.now(on: loop)) / .nanoseconds(1)).rounded(.up))
        let timer = loop.scheduleTask(in: .nanoseconds(Int64(nanoseconds))) { self.wake(on: loop, number) }
        state.withLockedValue {
            $0.loops[ObjectIdentifier(loop)]?.timer = Timer(number: number, scheduled: timer)
        }
    }

    private func wake(on loop: any EventLoop, _ number: UInt64) {
        let (called, unneeded) = state.withLockedValue { state -> ([(ShortageQueue.Ticket, Waiter)], [Timer]) in
            // All dials of this loop may have left since, and others have come, with a timer of their own.
            guard state.loops[ObjectIdentifier(loop)]?.timer?.number == number else { return ([], []) }
            state.loops[ObjectIdentifier(loop)]?.timer = nil
            var called: [(ShortageQueue.Ticket, Waiter)] = []
            var unneeded: [Timer] = []
            for ticket in state.queue.advance(to: Self.now(on: loop)) {
                guard let (waiter, timer) = state.remove(ticket) else { continue }
                called.append((ticket, waiter))
                if let timer { unneeded.append(timer) }
            }
            return (called, unneeded)
        }
        for timer in unneeded { timer.scheduled.cancel() }
        for (ticket, waiter) in called {
            if waiter.loop === loop { waiter.call(ticket) } else { waiter.loop.execute { waiter.call(ticket) } }
        }
        let isNeeded = state.withLockedValue { state in
            state.loops[ObjectIdentifier(loop)].map { $0.timer == nil } ?? false
        }
        if isNeeded { setTimer(on: loop) }
    }
}
