// SPDX-License-Identifier: Apache-2.0

/// Keys that were passed on the way through a document, in 64 bits: says of a key that it is not among them, or that it
/// may be.
struct PassedKeys {
    private var bits: UInt64 = 0
    private var count: Int32 = 0

    /// Whether so many were passed that the bits say little.
    var areMany: Bool { count > 32 }

    @inline(__always)
    mutating func add(_ base: UnsafeRawPointer, from start: Int, to end: Int) {
        bits |= Self.bit(UnsafeRawBufferPointer(start: base + start, count: end - start))
        count &+= 1
    }

    @inline(__always)
    func mayHave(_ key: UnsafeBufferPointer<UInt8>) -> Bool {
        bits & Self.bit(UnsafeRawBufferPointer(key)) != 0
    }

    /// By the key's length, and its first, middle and last bytes, in which names differ mostly.
    @inline(__always)
    private static func bit(_ key: UnsafeRawBufferPointer) -> UInt64 {
        guard !key.isEmpty else { return 1 }
        let ends = UInt32(key[0]) &* 31 &+ UInt32(key[key.count - 1]) &* 17
        let mixed = ends &+ UInt32(key[key.count / 2]) &* 13 &+ UInt32(truncatingIfNeeded: key.count) &* 7
        return 1 << UInt64(mixed & 63)
    }
}
