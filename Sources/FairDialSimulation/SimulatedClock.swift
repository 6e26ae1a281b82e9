// SPDX-License-Identifier: Apache-2.0

import HeapModule

/// The one time line of a simulated run: events in the order of their times, and of their coming where those are equal.
///
/// A run uses one thread at a time, which is why its parts may call themselves `Sendable`.
final class SimulatedClock: @unchecked Sendable {
    private struct Event: Comparable {
        let time: UInt64
        let number: UInt64
        let happen: () -> Void

        static func < (left: Event, right: Event) -> Bool {
            (left.time, left.number) < (right.time, right.number)
        }

        static func == (left: Event, right: Event) -> Bool { left.number == right.number }
    }

    private var events = Heap<Event>()
    private var count: UInt64 = 0

    /// Nanoseconds since the machine was started, which was a while ago.
    private(set) var now: UInt64 = 1_000_000_000

    /// A duration in whole nanoseconds, to the last one.
    static func nanoseconds(_ duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        return UInt64(max(0, seconds)) * 1_000_000_000 + UInt64(max(0, attoseconds / 1_000_000_000))
    }

    /// Has something happen at a time; at once, after everything else of now, where that is past.
    func at(_ time: UInt64, _ happen: @escaping () -> Void) {
        count += 1
        events.insert(Event(time: max(time, now), number: count, happen: happen))
    }

    /// Has something happen after a while, in nanoseconds.
    func after(_ nanoseconds: UInt64, _ happen: @escaping () -> Void) {
        at(now + nanoseconds, happen)
    }

    /// Moves to the next event, and has it happen; `false` when there is none.
    func runNext() -> Bool {
        guard let event = events.popMin() else { return false }
        now = max(now, event.time)
        event.happen()
        return true
    }

    /// The machine sleeps, and wakes this many nanoseconds later; what fell due meanwhile happens then.
    func leap(_ nanoseconds: UInt64) {
        now += nanoseconds
    }
}
