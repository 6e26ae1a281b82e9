// SPDX-License-Identifier: Apache-2.0

/// SplitMix64: the same numbers for the same seed, so that a failure can be repeated.
public struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// A generator that starts anywhere.
    public init(seed: UInt64) {
        state = seed
    }

    /// The next number.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

extension RandomAccessCollection {
    /// One of the elements; only for collections that have some.
    public func pick(_ generator: inout SeededGenerator) -> Element {
        self[index(startIndex, offsetBy: Int.random(in: 0..<count, using: &generator))]
    }
}
