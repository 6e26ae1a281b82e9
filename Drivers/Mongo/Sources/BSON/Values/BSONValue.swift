// SPDX-License-Identifier: Apache-2.0

/// One value of a document: every type of BSON, the deprecated ones included.
///
/// A document, an array or a binary in it shares the bytes of the document it was read from.
/// Equality is that of the parts: `int32(1)` is not `int64(1)`, and a NaN `double` equals nothing.
public enum BSONValue: Sendable, Hashable {
    case double(Double)
    case string(String)
    case document(BSONDocument)
    case array(BSONArray)
    case binary(BSONBinary)
    /// Deprecated by the specification.
    case undefined
    case objectID(ObjectID)
    case bool(Bool)
    case date(BSONDate)
    case null
    indirect case regularExpression(BSONRegularExpression)
    /// Deprecated by the specification.
    indirect case dbPointer(BSONDBPointer)
    /// JavaScript without variables.
    case code(String)
    /// Deprecated by the specification.
    case symbol(String)
    /// Deprecated by the specification.
    indirect case codeWithScope(BSONCodeWithScope)
    case int32(Int32)
    case timestamp(BSONTimestamp)
    case int64(Int64)
    case decimal128(Decimal128)
    case minKey
    case maxKey

    /// The type, as the bytes name it.
    public var type: BSONType {
        switch self {
        case .double: .double
        case .string: .string
        case .document: .document
        case .array: .array
        case .binary: .binary
        case .undefined: .undefined
        case .objectID: .objectID
        case .bool: .bool
        case .date: .date
        case .null: .null
        case .regularExpression: .regularExpression
        case .dbPointer: .dbPointer
        case .code: .code
        case .symbol: .symbol
        case .codeWithScope: .codeWithScope
        case .int32: .int32
        case .timestamp: .timestamp
        case .int64: .int64
        case .decimal128: .decimal128
        case .minKey: .minKey
        case .maxKey: .maxKey
        }
    }
}

extension BSONValue {
    /// The text, if this is a string.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The document, if this is one.
    public var document: BSONDocument? { if case .document(let value) = self { value } else { nil } }
    /// The array, if this is one.
    public var array: BSONArray? { if case .array(let value) = self { value } else { nil } }
    /// The truth value, if this is one.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The object's ID, if this is one.
    public var objectID: ObjectID? { if case .objectID(let value) = self { value } else { nil } }

    /// The whole number, whichever of the two integer types holds it, or a double without a fraction. Servers answer
    /// `1`, `1.0` and `NumberLong(1)` for the same field.
    public var integer: Int? {
        switch self {
        case .int32(let value): Int(value)
        case .int64(let value): Int(exactly: value)
        case .double(let value): Int(exactly: value)
        default: nil
        }
    }

    /// The number as a double, if this is an integer or a double. A 64-bit integer may lose its last digits.
    public var double: Double? {
        switch self {
        case .double(let value): value
        case .int32(let value): Double(value)
        case .int64(let value): Double(value)
        default: nil
        }
    }
}

extension BSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A double.
    public init(floatLiteral value: Double) { self = .double(value) }
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// `null`.
    public init(nilLiteral: ()) { self = .null }

    /// A literal that fits becomes an `int32`, as other drivers do it; a larger one an `int64`.
    public init(integerLiteral value: Int64) {
        if let small = Int32(exactly: value) { self = .int32(small) } else { self = .int64(value) }
    }

    /// An array of these values.
    public init(arrayLiteral elements: BSONValue...) { self = .array(BSONArray(elements)) }

    /// See `BSONDocument.init(dictionaryLiteral:)` for keys with a zero byte.
    public init(dictionaryLiteral elements: (String, BSONValue)...) {
        self = .document(BSONDocument(literal: elements))
    }
}
