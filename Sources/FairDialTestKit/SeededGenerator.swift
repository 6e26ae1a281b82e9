// SPDX-License-Identifier: Apache-2.0

/// Random numbers that are the same for the same seed, so that a failure can be repeated (SplitMix64).
@available(FairDial 0.1, *)
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// A generator that starts from a seed.
    public init(seed: UInt64) {
        state = seed
    }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@available(FairDial 0.1, *)
extension RandomAccessCollection {
    /// One of the elements; only for collections that have some.
    package func pick(_ generator: inout SeededGenerator) -> Element {
        self[index(startIndex, offsetBy: Int.random(in: 0..<count, using: &generator))]
    }
}
