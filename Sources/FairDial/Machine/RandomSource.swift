// SPDX-License-Identifier: Apache-2.0

/// Where a dialer takes its random numbers from: the system, or a simulation's generator, whose seed must say
/// everything.
@available(FairDial 0.1, *)
package struct RandomSource: RandomNumberGenerator, Sendable {
    /// The system's generator.
    package static let system = RandomSource {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }

    private let draw: @Sendable () -> UInt64

    /// A source that calls this for each number, on whichever thread a dial is.
    package init(_ draw: @escaping @Sendable () -> UInt64) {
        self.draw = draw
    }

    /// The next number.
    package mutating func next() -> UInt64 { draw() }
}
