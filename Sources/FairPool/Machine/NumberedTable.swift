// SPDX-License-Identifier: Apache-2.0

/// Values by a pool's own numbers, which begin with 1 and only grow.
///
/// A number lies where its low bits say, or behind. So a value is found without hashing, and changed without an
/// allocation: with a dictionary that was half of what taking an idle connection cost.
@available(FairDial 0.1, *)
struct NumberedTable<Value: Sendable>: Sendable {
    /// 0 for none; a power of two of them, of which at most half are taken.
    private var numbers: [UInt64] = Array(repeating: 0, count: 8)
    private var slots: [Value?] = Array(repeating: nil, count: 8)

    private(set) var count = 0

    var isEmpty: Bool { count == 0 }
    var keys: [UInt64] { numbers.filter { $0 != 0 } }
    var values: [Value] { slots.compactMap { $0 } }

    subscript(number: UInt64) -> Value? {
        get {
            let slot = slot(of: number)
            return numbers[slot] == number ? slots[slot] : nil
        }
        _modify {
            let slot = slotToChange(of: number)
            yield &slots[slot]
            settle(number, slot)
        }
    }

    /// Changes a value that is there. Unlike the subscript it never allocates: what the compiler does not
    /// inline of that one has its frame on the heap.
    mutating func change(_ number: UInt64, _ body: (inout Value) -> Void) {
        let slot = slot(of: number)
        guard numbers[slot] == number, var value = slots[slot] else { return }
        body(&value)
        slots[slot] = value
    }

    mutating func removeValue(forKey number: UInt64) -> Value? {
        let slot = slot(of: number)
        guard numbers[slot] == number else { return nil }
        defer { settle(number, slot) }
        return slots[slot].take()
    }

    /// Where a number lies, or would.
    private func slot(of number: UInt64) -> Int {
        let mask = numbers.count - 1
        var slot = home(of: number)
        while numbers[slot] != 0, numbers[slot] != number { slot = (slot + 1) & mask }
        return slot
    }

    private func home(of number: UInt64) -> Int { Int(truncatingIfNeeded: number) & (numbers.count - 1) }

    private mutating func slotToChange(of number: UInt64) -> Int {
        let found = slot(of: number)
        guard numbers[found] != number, 2 * (count + 1) > numbers.count else { return found }
        let (oldNumbers, oldSlots) = (numbers, slots)
        numbers = Array(repeating: 0, count: 2 * oldNumbers.count)
        slots = Array(repeating: nil, count: 2 * oldNumbers.count)
        for (number, value) in zip(oldNumbers, oldSlots) where number != 0 {
            let slot = slot(of: number)
            (numbers[slot], slots[slot]) = (number, value)
        }
        return slot(of: number)
    }

    /// A value may have come or gone.
    private mutating func settle(_ number: UInt64, _ slot: Int) {
        switch (numbers[slot] == number, slots[slot] == nil) {
        case (true, false), (false, true): break
        case (false, false):
            numbers[slot] = number
            count += 1
        case (true, true):
            count -= 1
            close(slot)
        }
    }

    /// Moves up what stands behind a slot that is empty by now, and would be found no more.
    private mutating func close(_ slot: Int) {
        let mask = numbers.count - 1
        var (empty, next) = (slot, (slot + 1) & mask)
        numbers[empty] = 0
        while numbers[next] != 0 {
            // Only what does not lie between its home and here may move.
            if (next - home(of: numbers[next])) & mask >= (next - empty) & mask {
                (numbers[empty], slots[empty]) = (numbers[next], slots[next])
                (numbers[next], slots[next]) = (0, nil)
                empty = next
            }
            next = (next + 1) & mask
        }
    }
}
