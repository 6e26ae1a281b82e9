// SPDX-License-Identifier: Apache-2.0

/// The server's own timestamp: where an operation stands in the replica set's log. For moments, use `BSONDate`.
public struct BSONTimestamp: Sendable, Hashable, Comparable {
    /// Seconds since 1970.
    public var seconds: UInt32
    /// Counts the operations within one second.
    public var increment: UInt32

    /// A timestamp from its two halves.
    public init(seconds: UInt32, increment: UInt32) {
        self.seconds = seconds
        self.increment = increment
    }

    /// The order of the values, the earlier or smaller first.
    public static func < (left: BSONTimestamp, right: BSONTimestamp) -> Bool {
        (left.seconds, left.increment) < (right.seconds, right.increment)
    }

    var bits: UInt64 { UInt64(seconds) << 32 | UInt64(increment) }

    init(bits: UInt64) {
        self.init(seconds: UInt32(truncatingIfNeeded: bits >> 32), increment: UInt32(truncatingIfNeeded: bits))
    }
}
