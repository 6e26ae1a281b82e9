// SPDX-License-Identifier: Apache-2.0

/// The system's random bits, fetched many at a time: a query needs a few, and each fetch is a system call.
struct EntropyBuffer: RandomNumberGenerator, Sendable {
    private static let count = 128
    private var numbers: [UInt64] = []

    mutating func next() -> UInt64 {
        if let number = numbers.popLast() { return number }
        var system = SystemRandomNumberGenerator()
        numbers = (0..<Self.count).map { _ in system.next() }
        return system.next()
    }
}
