// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import Testing

@testable import DNSResolution

@Suite struct `Alarms` {
    private func at(_ milliseconds: Int) -> Duration { .milliseconds(milliseconds) }

    @Test func `the soonest goes first, in whatever order they were added`() {
        var alarms = AlarmQueue<Int>()
        #expect(alarms.nextTime == nil)
        for time in [30, 10, 20, 40, 5] { alarms.add(time, at: at(time)) }
        alarms.add(15, at: at(15), isFar: true)
        var order: [Int] = []
        while let next = alarms.nextTime {
            #expect(alarms.popFirst(dueBy: next - at(1)) == nil)
            if let subject = alarms.popFirst(dueBy: next) { order.append(subject) }
        }
        #expect(order == [5, 10, 15, 20, 30, 40])
    }

    @Test func `what is due together comes out together, and nothing is left after all have been taken away`() {
        var alarms = AlarmQueue<Int>()
        for subject in 0..<5 { alarms.add(subject, at: at(7)) }
        for subject in 0..<5 { #expect(alarms.popFirst(dueBy: at(7)) == subject) }
        alarms.add(1, at: at(1))
        alarms.add(2, at: at(9), isFar: true)
        alarms.removeAll()
        #expect(alarms.nextTime == nil)
        #expect(alarms.popFirst(dueBy: at(100)) == nil)
    }

    /// Against a list that is sorted each time.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `it agrees with a sorted list`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var alarms = AlarmQueue<Int>()
        var list: [Duration] = []
        var now = 0
        for number in 0..<2_000 {
            now += Int.random(in: 0...3, using: &generator)
            if Int.random(in: 0..<3, using: &generator) < 2 {
                // A timeout that grows and shrinks, and sometimes one that is much longer.
                let patience = number % 200 < 100 ? 50 : Int.random(in: 1...90, using: &generator)
                let isFar = Int.random(in: 0..<20, using: &generator) == 0
                let time = at(now + (isFar ? 500 : patience))
                alarms.add(number, at: time, isFar: isFar)
                list.append(time)
            } else {
                list.sort()
                #expect(alarms.nextTime == list.first)
                let isDue = list.first.map { $0 <= at(now) } ?? false
                #expect((alarms.popFirst(dueBy: at(now)) != nil) == isDue)
                if isDue { list.removeFirst() }
            }
        }
    }
}
