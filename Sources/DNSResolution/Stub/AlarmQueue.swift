// SPDX-License-Identifier: Apache-2.0

import DequeModule
import HeapModule

/// What is to be looked at and when, the soonest first.
///
/// Mostly what is added is due after everything that is there, for a server's timeout hardly changes from one query to
/// the next: that waits in a row, and costs nothing to keep in order. The rest goes into a heap.
@available(FairDial 0.1, *)
struct AlarmQueue<Subject: Sendable>: Sendable {
    private struct Alarm: Comparable, Sendable {
        let time: Duration
        let subject: Subject

        static func < (left: Alarm, right: Alarm) -> Bool { left.time < right.time }
        static func == (left: Alarm, right: Alarm) -> Bool { left.time == right.time }
    }

    private var row = Deque<Alarm>()
    private var heap = Heap<Alarm>()

    /// When the soonest is due; `nil` when there is none.
    var nextTime: Duration? {
        guard let first = row.first?.time else { return heap.min?.time }
        guard let other = heap.min?.time else { return first }
        return min(first, other)
    }

    /// - Parameter isFar: whether it is due long after what is to be added next, and would stand in the way in the row.
    mutating func add(_ subject: Subject, at time: Duration, isFar: Bool = false) {
        let alarm = Alarm(time: time, subject: subject)
        if isFar {
            heap.insert(alarm)
            return
        }
        if let last = row.last, time < last.time {
            // A server's timeout has shrunk: a new row begins. Each alarm is moved once at most.
            for alarm in row { heap.insert(alarm) }
            row.removeAll()
        }
        row.append(alarm)
    }

    /// Takes the soonest, if it is due.
    mutating func popFirst(dueBy now: Duration) -> Subject? {
        guard let time = nextTime, time <= now else { return nil }
        if let first = row.first, first.time == time { return row.removeFirst().subject }
        return heap.removeMin().subject
    }

    mutating func removeAll() {
        self = AlarmQueue()
    }
}
