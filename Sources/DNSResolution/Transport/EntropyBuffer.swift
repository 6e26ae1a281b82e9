// SPDX-License-Identifier: Apache-2.0

import CSockets

/// The system's random bits, fetched many at a time: a query needs a few, and each fetch is a system call.
@available(FairDial 0.1, *)
struct EntropyBuffer: RandomNumberGenerator, Sendable {
    private static let count = 512
    private var numbers: [UInt64] = []

    mutating func next() -> UInt64 {
        if let number = numbers.popLast() { return number }
        let length = Self.count * MemoryLayout<UInt64>.size
        numbers = Array(unsafeUninitializedCapacity: Self.count) { buffer, count in
            count = fairdial_random(buffer.baseAddress, length) == 0 ? Self.count : 0
        }
        if let number = numbers.popLast() { return number }
        // A system that has no bulk to give gives one number, or stops the process: never a number that can be
        // foreseen.
        var system = SystemRandomNumberGenerator()
        return system.next()
    }
}
