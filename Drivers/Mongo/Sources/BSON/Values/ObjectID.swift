// SPDX-License-Identifier: Apache-2.0

/// The twelve bytes that name a document unless its writer chose another `_id`.
public struct ObjectID: Sendable, Hashable, Comparable {
    /// Bytes 0 to 7, the first one highest: the order of the IDs is the order of their bytes.
    let high: UInt64
    /// Bytes 8 to 11.
    let low: UInt32

    init(high: UInt64, low: UInt32) {
        self.high = high
        self.low = low
    }

    /// From exactly twelve bytes; `nil` for any other number.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 12 else { return nil }
        self.init(
            high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
            low: bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt32($1) }
        )
    }

    /// From 24 hexadecimal digits of either case; `nil` for anything else.
    public init?(_ text: some StringProtocol) {
        guard let bytes = Hexadecimal.bytes(text.utf8) else { return nil }
        self.init(bytes: bytes)
    }

    /// The twelve bytes, in the order of the wire.
    public var bytes: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: high >> (56 - 8 * $0)) }
            + (0..<4).map { UInt8(truncatingIfNeeded: low >> (24 - 8 * $0)) }
    }

    /// When the ID was made, in seconds since 1970, if it was made as the specification says. Good until 2106.
    public var seconds: UInt32 { UInt32(truncatingIfNeeded: high >> 32) }

    /// The order of the values, the earlier or smaller first.
    public static func < (left: ObjectID, right: ObjectID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension ObjectID: CustomStringConvertible {
    /// 24 hexadecimal digits, lower case.
    public var description: String { Hexadecimal.text(bytes) }
}
