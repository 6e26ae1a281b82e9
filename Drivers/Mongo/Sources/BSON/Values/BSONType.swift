// SPDX-License-Identifier: Apache-2.0

/// The type of an element, with the byte that stands for it.
///
/// - Source: bsonspec.org, version 1.1. `undefined`, `dbPointer`, `symbol` and `codeWithScope` are deprecated there,
///   and read and written here all the same.
public enum BSONType: UInt8, Sendable, CaseIterable {
    case double = 0x01
    case string = 0x02
    case document = 0x03
    case array = 0x04
    case binary = 0x05
    case undefined = 0x06
    case objectID = 0x07
    case bool = 0x08
    case date = 0x09
    case null = 0x0A
    case regularExpression = 0x0B
    case dbPointer = 0x0C
    case code = 0x0D
    case symbol = 0x0E
    case codeWithScope = 0x0F
    case int32 = 0x10
    case timestamp = 0x11
    case int64 = 0x12
    case decimal128 = 0x13
    case maxKey = 0x7F
    case minKey = 0xFF
}

extension BSONType {
    /// As `init(rawValue:)`, which the compiler does not inline: it took a twentieth of a walk's time.
    @inlinable @inline(__always)
    static func of(_ byte: UInt8) -> BSONType? {
        switch byte {
        case 0x01: .double
        case 0x02: .string
        case 0x03: .document
        case 0x04: .array
        case 0x05: .binary
        case 0x06: .undefined
        case 0x07: .objectID
        case 0x08: .bool
        case 0x09: .date
        case 0x0A: .null
        case 0x0B: .regularExpression
        case 0x0C: .dbPointer
        case 0x0D: .code
        case 0x0E: .symbol
        case 0x0F: .codeWithScope
        case 0x10: .int32
        case 0x11: .timestamp
        case 0x12: .int64
        case 0x13: .decimal128
        case 0x7F: .maxKey
        case 0xFF: .minKey
        default: nil
        }
    }
}
