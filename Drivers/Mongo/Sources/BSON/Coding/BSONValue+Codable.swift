// SPDX-License-Identifier: Apache-2.0

/// A type that BSON has, and Swift's coding has not: it is read and written whole, by this module's coders only.
protocol BSONCodable: Codable {
    /// `nil` if the value is of another type.
    init?(_ value: BSONValue)
    var bsonValue: BSONValue { get }
}

extension BSONCodable {
    /// Reads the value whole; only a `BSONDecoder` can.
    public init(from decoder: any Decoder) throws {
        // A decoder may be wrapped, as by an `init(from:)` that reads a single value.
        guard let decoder = decoder as? ValueDecoder else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "\(Self.self) needs a BSONDecoder")
            )
        }
        guard let value = Self(decoder.value()) else { throw decoder.mismatch(Self.self) }
        self = value
    }

    /// Writes the value whole; only a `BSONEncoder` can.
    public func encode(to encoder: any Encoder) throws {
        switch encoder {
        case let encoder as ValueEncoder: try encoder.write(bsonValue)
        case let encoder as LateEncoder: try encoder.encode(self)
        default:
            throw EncodingError.invalidValue(
                self,
                .init(codingPath: encoder.codingPath, debugDescription: "\(Self.self) needs a BSONEncoder")
            )
        }
    }
}

extension BSONValue: BSONCodable {
    init?(_ value: BSONValue) { self = value }
    var bsonValue: BSONValue { self }
}

extension BSONDocument: BSONCodable {
    init?(_ value: BSONValue) {
        guard case .document(let document) = value else { return nil }
        self = document
    }

    var bsonValue: BSONValue { .document(self) }
}

extension BSONArray: BSONCodable {
    init?(_ value: BSONValue) {
        guard case .array(let array) = value else { return nil }
        self = array
    }

    var bsonValue: BSONValue { .array(self) }
}

extension BSONBinary: BSONCodable {
    init?(_ value: BSONValue) {
        guard case .binary(let binary) = value else { return nil }
        self = binary
    }

    var bsonValue: BSONValue { .binary(self) }
}

/// Written in the standard order, and read from it alone: the bytes do not say which driver wrote another one.
extension BSONUUID: BSONCodable {
    init?(_ value: BSONValue) {
        guard case .binary(let binary) = value, let uuid = binary.uuid() else { return nil }
        self = uuid
    }

    var bsonValue: BSONValue { .binary(BSONBinary(self)) }
}

extension ObjectID: BSONCodable {
    init?(_ value: BSONValue) {
        guard case .objectID(let id) = value else { return nil }
        self = id
    }

    var bsonValue: BSONValue { .objectID(self) }
}

extension BSONDate: BSONCodable {
    init?(_ value: BSONValue) {
        guard case .date(let date) = value else { return nil }
        self = date
    }

    var bsonValue: BSONValue { .date(self) }
}

extension BSONTimestamp: BSONCodable {
    init?(_ value: BSONValue) {
        guard case .timestamp(let timestamp) = value else { return nil }
        self = timestamp
    }

    var bsonValue: BSONValue { .timestamp(self) }
}

extension BSONRegularExpression: BSONCodable {
    init?(_ value: BSONValue) {
        guard case .regularExpression(let expression) = value else { return nil }
        self = expression
    }

    var bsonValue: BSONValue { .regularExpression(self) }
}

extension BSONDBPointer: BSONCodable {
    init?(_ value: BSONValue) {
        guard case .dbPointer(let pointer) = value else { return nil }
        self = pointer
    }

    var bsonValue: BSONValue { .dbPointer(self) }
}

extension BSONCodeWithScope: BSONCodable {
    init?(_ value: BSONValue) {
        guard case .codeWithScope(let code) = value else { return nil }
        self = code
    }

    var bsonValue: BSONValue { .codeWithScope(self) }
}

extension Decimal128: BSONCodable {
    init?(_ value: BSONValue) {
        guard case .decimal128(let decimal) = value else { return nil }
        self = decimal
    }

    var bsonValue: BSONValue { .decimal128(self) }
}
