// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit

/// A run's randomness: everything random in it is drawn here, so that its seed decides all.
final class Dice: @unchecked Sendable {
    private var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    func next() -> UInt64 { generator.next() }

    /// True with this chance in percent.
    func chance(_ percent: Int) -> Bool {
        number(0..<100) < percent
    }

    func number(_ range: Range<Int>) -> Int {
        range.lowerBound + Int(generator.next() % UInt64(range.count))
    }

    func milliseconds(_ range: ClosedRange<Int>) -> UInt64 {
        // Odd microseconds, so that few things happen in the same instant by accident.
        let floor = UInt64(range.lowerBound) * 1_000_000
        return floor + generator.next() % (UInt64(range.upperBound - range.lowerBound) * 1_000_000 + 1)
    }

    func pick<Element>(_ elements: [Element]) -> Element {
        elements[number(0..<elements.count)]
    }

    /// A few of the elements, in a random order; perhaps none.
    func some<Element>(of elements: [Element]) -> [Element] {
        var left = elements
        return (0..<number(0..<elements.count + 1)).map { _ in left.remove(at: number(0..<left.count)) }
    }
}
