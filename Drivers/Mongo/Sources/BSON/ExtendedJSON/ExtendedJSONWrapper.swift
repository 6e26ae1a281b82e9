// SPDX-License-Identifier: Apache-2.0

/// The keys by which an object stands for a value that JSON does not have.
enum ExtendedJSONWrapper: String {
    case oid = "$oid"
    case symbol = "$symbol"
    case numberInt = "$numberInt"
    case numberLong = "$numberLong"
    case numberDouble = "$numberDouble"
    case numberDecimal = "$numberDecimal"
    case binary = "$binary"
    case uuid = "$uuid"
    case code = "$code"
    case timestamp = "$timestamp"
    case regularExpression = "$regularExpression"
    case dbPointer = "$dbPointer"
    case date = "$date"
    case minKey = "$minKey"
    case maxKey = "$maxKey"
    case undefined = "$undefined"

    /// The value that an object with such a key stands for.
    /// - Parameters:
    ///   - document: The object, its own values read already.
    ///   - hasPlainNumber: Whether a number in it was written as JSON has it.
    /// - Throws: `invalidExtendedJSON` if there is another key, or the value is of another kind.
    static func value(of document: BSONDocument, hasPlainNumber: Bool) throws(BSONError) -> BSONValue {
        let elements = Array(document)
        guard let wrapper = elements.lazy.compactMap({ ExtendedJSONWrapper(rawValue: $0.key) }).first else {
            return .document(document)
        }
        let found: BSONValue?
        if wrapper == .code, elements.count == 2 {
            found = codeWithScope(document)
        } else {
            guard elements.count == 1 else {
                throw BSONError(.invalidExtendedJSON, "another key beside \(wrapper.rawValue)")
            }
            found = try wrapper.read(elements[0].value, hasPlainNumber)
        }
        guard let found else { throw BSONError(.invalidExtendedJSON, "no value for \(wrapper.rawValue)") }
        return found
    }

    /// `nil` if it is not what the key asks for.
    private func read(_ value: BSONValue, _ hasPlainNumber: Bool) throws(BSONError) -> BSONValue? {
        switch (self, value) {
        case (.oid, .string(let text)): ObjectID(text).map { .objectID($0) }
        case (.symbol, .string(let text)): .symbol(text)
        case (.code, .string(let text)): .code(text)
        case (.numberInt, .string(let text)): Self.integer(text).map { .int32($0) }
        case (.numberLong, .string(let text)): Self.integer(text).map { .int64($0) }
        case (.numberDouble, .string(let text)): Self.double(text).map { .double($0) }
        case (.numberDecimal, .string(let text)): .decimal128(try Decimal128(text))
        case (.uuid, .string(let text)): BSONUUID(text).map { .binary(BSONBinary($0)) }
        case (.binary, .document(let parts)): Self.binary(parts)
        case (.timestamp, .document(let parts)): Self.timestamp(parts)
        case (.regularExpression, .document(let parts)): try Self.regularExpression(parts)
        case (.dbPointer, .document(let parts)): Self.dbPointer(parts)
        case (.date, .int64(let milliseconds)) where !hasPlainNumber: .date(BSONDate(milliseconds: milliseconds))
        case (.date, .string(let text)): BSONDate(iso8601: text).map { .date($0) }
        case (.minKey, .int32(1)): .minKey
        case (.maxKey, .int32(1)): .maxKey
        case (.undefined, .bool(true)): .undefined
        default: nil
        }
    }

    /// Swift reads a plus sign too, which the specification does not have.
    private static func integer<Number: FixedWidthInteger>(_ text: String) -> Number? {
        text.hasPrefix("+") ? nil : Number(text)
    }

    private static func double(_ text: String) -> Double? {
        switch text {
        case "NaN": .nan
        case "Infinity": .infinity
        case "-Infinity": -.infinity
        default:
            // Swift reads hexadecimal digits and "inf" too.
            text.utf8.allSatisfy { "0123456789+-.eE".utf8.contains($0) } ? Double(text) : nil
        }
    }

    private static func codeWithScope(_ document: BSONDocument) -> BSONValue? {
        guard case .string(let code)? = document["$code"], case .document(let scope)? = document["$scope"] else {
            return nil
        }
        return .codeWithScope(BSONCodeWithScope(code: code, scope: scope))
    }

    private static func binary(_ parts: BSONDocument) -> BSONValue? {
        guard parts.count == 2, case .string(let base64)? = parts["base64"], case .string(let type)? = parts["subType"],
            let bytes = Base64.bytes(base64.utf8), (1...2).contains(type.utf8.count),
            let subtype = UInt8(type, radix: 16), !type.hasPrefix("+")
        else { return nil }
        return .binary(BSONBinary(bytes, subtype: BSONBinary.Subtype(rawValue: subtype)))
    }

    private static func timestamp(_ parts: BSONDocument) -> BSONValue? {
        func number(_ key: String) -> UInt32? {
            switch parts[key] {
            case .int32(let value)?: UInt32(exactly: value)
            case .int64(let value)?: UInt32(exactly: value)
            default: nil
            }
        }
        guard parts.count == 2, let seconds = number("t"), let increment = number("i") else { return nil }
        return .timestamp(BSONTimestamp(seconds: seconds, increment: increment))
    }

    private static func regularExpression(_ parts: BSONDocument) throws(BSONError) -> BSONValue? {
        guard parts.count == 2, case .string(let pattern)? = parts["pattern"],
            case .string(let options)? = parts["options"]
        else { return nil }
        return .regularExpression(try BSONRegularExpression(pattern: pattern, options: options))
    }

    private static func dbPointer(_ parts: BSONDocument) -> BSONValue? {
        guard parts.count == 2, case .string(let reference)? = parts["$ref"], case .objectID(let id)? = parts["$id"]
        else { return nil }
        return .dbPointer(BSONDBPointer(reference: reference, id: id))
    }
}
