// SPDX-License-Identifier: Apache-2.0

import Dispatch
import NIOConcurrencyHelpers
import Testing

@testable import SystemSupport

@Suite struct `Ordered outbox` {
    /// Hands out numbers; its actions are the numbers.
    private struct Counter: Sendable {
        var next = 0

        mutating func take(_ count: Int) -> [Int] {
            defer { next += count }
            return Array(next..<next + count)
        }
    }

    @Test func `actions are carried out in their order before the change returns`() {
        let outbox = OrderedOutbox<Counter, Int>(Counter())
        var done: [Int] = []
        outbox.update(carryingOut: { done.append($0) }, { $0.take(3) })
        outbox.update(carryingOut: { done.append($0) }, { $0.take(0) })
        outbox.update(carryingOut: { done.append($0) }, { $0.take(2) })
        #expect(done == [0, 1, 2, 3, 4])
    }

    @Test func `a change from inside an action is made at once, and carried out after what was there before`() {
        let outbox = OrderedOutbox<Counter, Int>(Counter())
        let done = NIOLockedValueBox<[Int]>([])
        let seen = NIOLockedValueBox<[Int]>([])
        @Sendable func carryOut(_ action: Int) {
            done.withLockedValue { $0.append(action) }
            guard action == 1 else { return }
            outbox.update(carryingOut: carryOut) { $0.take(2) }
            seen.withLockedValue { $0.append(outbox.withMachine { $0.next }) }
            seen.withLockedValue { $0 += done.withLockedValue { $0 } }
        }
        outbox.update(carryingOut: carryOut) { $0.take(3) }
        #expect(seen.withLockedValue { $0 } == [5, 0, 1])
        #expect(done.withLockedValue { $0 } == [0, 1, 2, 3, 4])
    }

    @Test func `no lock is held while an action is carried out`() {
        let outbox = OrderedOutbox<Counter, Int>(Counter())
        var seen: [Int] = []
        outbox.update(carryingOut: { _ in seen.append(outbox.withMachine { $0.next }) }, { $0.take(2) })
        #expect(seen == [2, 2])
    }

    @Test func `another thread's change is carried out by whoever is at it, and the other does not wait`() async {
        let outbox = OrderedOutbox<Counter, Int>(Counter())
        let done = NIOLockedValueBox<[Int]>([])
        await withCheckedContinuation { (everything: CheckedContinuation<Void, Never>) in
            @Sendable func carryOut(_ action: Int) {
                if action == 0 {
                    // The other one returns although its action cannot have been carried out: this one is at it.
                    let returned = ConditionLock(value: false)
                    DispatchQueue.global().async {
                        outbox.update(carryingOut: carryOut) { $0.take(1) }
                        returned.lock()
                        returned.unlock(withValue: true)
                    }
                    returned.lock(whenValue: true)
                    returned.unlock()
                }
                done.withLockedValue { $0.append(action) }
                if action == 1 { everything.resume() }
            }
            outbox.update(carryingOut: carryOut) { $0.take(1) }
        }
        #expect(done.withLockedValue { $0 } == [0, 1])
    }

    @Test func `under many changes at once, one action runs at a time and none overtakes another`() async {
        let outbox = OrderedOutbox<Counter, Int>(Counter())
        let done = NIOLockedValueBox<[Int]>([])
        let running = NIOLockedValueBox(0)
        let overlaps = NIOLockedValueBox(0)
        @Sendable func carryOut(_ action: Int) {
            let isAlone = running.withLockedValue { running in
                running += 1
                return running == 1
            }
            if !isAlone { overlaps.withLockedValue { $0 += 1 } }
            done.withLockedValue { $0.append(action) }
            if action % 10 == 0, action < 20_000 { outbox.update(carryingOut: carryOut) { $0.take(1) } }
            running.withLockedValue { $0 -= 1 }
        }
        await withTaskGroup { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<500 { outbox.update(carryingOut: carryOut) { $0.take((task + number) % 4) } }
                }
            }
        }
        let count = outbox.withMachine { $0.next }
        #expect(count >= 6_000)
        #expect(done.withLockedValue { $0 } == Array(0..<count))
        #expect(overlaps.withLockedValue { $0 } == 0)
    }
}
