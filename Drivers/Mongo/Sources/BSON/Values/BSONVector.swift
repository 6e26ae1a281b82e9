// SPDX-License-Identifier: Apache-2.0

/// A vector of numbers in a binary of subtype 9.
///
/// - Source: the drivers' specification "BSON Binary Subtype 9 - Vector".
public enum BSONVector: Sendable, Hashable {
    case int8([Int8])
    case float32([Float])
    /// Bits, eight to a byte, the highest first; the last byte's lowest `padding` bits, 0 to 7, do not count.
    case packedBits([UInt8], padding: UInt8)

    private static let int8Type: UInt8 = 0x03
    private static let float32Type: UInt8 = 0x27
    private static let bitsType: UInt8 = 0x10

    /// Reads the vector of a binary.
    /// - Throws: `BSONError` with `invalidVector` for another subtype, an unknown type of number, padding that the type
    ///   does not have or that is over seven, bits set in the padding, or a length that is no whole number of numbers.
    public init(_ binary: BSONBinary) throws(BSONError) {
        let bytes = Array(binary.bytes)
        guard binary.subtype == .vector else { throw BSONError(.invalidVector, "subtype is not 9") }
        guard bytes.count >= 2 else { throw BSONError(.invalidVector, "under two bytes") }
        let padding = bytes[1]
        let numbers = bytes[2...]
        switch bytes[0] {
        case Self.int8Type:
            guard padding == 0 else { throw BSONError(.invalidVector, "int8 has no padding") }
            self = .int8(numbers.map { Int8(bitPattern: $0) })
        case Self.float32Type:
            guard padding == 0 else { throw BSONError(.invalidVector, "float32 has no padding") }
            guard numbers.count.isMultiple(of: 4) else { throw BSONError(.invalidVector, "a float32 is cut off") }
            self = .float32(
                stride(from: 2, to: bytes.count, by: 4).map { start in
                    let bits = bytes[start..<start + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                    return Float(bitPattern: bits)
                }
            )
        case Self.bitsType:
            guard padding <= 7, padding == 0 || !numbers.isEmpty else {
                throw BSONError(.invalidVector, "padding of \(padding) bits in \(numbers.count) bytes")
            }
            let unused = (UInt8(1) << padding) - 1
            guard (numbers.last ?? 0) & unused == 0 else { throw BSONError(.invalidVector, "bits set in the padding") }
            self = .packedBits(Array(numbers), padding: padding)
        default:
            throw BSONError(.invalidVector, "unknown type of number \(bytes[0])")
        }
    }

    /// The binary that holds the vector. Bits in the padding are written as zero; padding over seven counts as seven,
    /// and an empty vector has none.
    public var binary: BSONBinary {
        switch self {
        case .int8(let numbers):
            return BSONBinary([Self.int8Type, 0] + numbers.map { UInt8(bitPattern: $0) }, subtype: .vector)
        case .float32(let numbers):
            let bytes = numbers.flatMap { number in
                (0..<4).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * $0)) }
            }
            return BSONBinary([Self.float32Type, 0] + bytes, subtype: .vector)
        case .packedBits(var bits, let padding):
            let padding = bits.isEmpty ? 0 : min(padding, 7)
            if let last = bits.popLast() { bits.append(last & ~((UInt8(1) << padding) - 1)) }
            return BSONBinary([Self.bitsType, padding] + bits, subtype: .vector)
        }
    }
}
