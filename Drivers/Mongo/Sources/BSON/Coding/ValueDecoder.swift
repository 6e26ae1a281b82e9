// SPDX-License-Identifier: Apache-2.0

/// Decodes one value, by its type and where it begins.
///
/// Two words and a byte, so that `any Decoder` holds it without an allocation.
struct ValueDecoder: Decoder, SingleValueDecodingContainer {
    let source: DecodingSource
    let start: Int32
    let type: BSONType

    var at: Int { Int(start) }
    var codingPath: [any CodingKey] { source.path(to: at) }
    var userInfo: [CodingUserInfoKey: Any] { source.userInfo }

    init(source: DecodingSource, start: Int32, type: BSONType) {
        self.source = source
        self.start = start
        self.type = type
    }

    @inline(__always)
    init(_ source: DecodingSource, _ element: ElementLayout) {
        self.init(source: source, start: Int32(truncatingIfNeeded: element.valueStart), type: element.type)
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard self.type == .document else { throw mismatch([String: Any].self) }
        return KeyedDecodingContainer(KeyedSource<Key>(source: source, start: at))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard type == .array else { throw mismatch([Any].self) }
        return UnkeyedSource(source: source, start: at)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    // MARK: - The one value

    /// What `BSONValue` and the types in it call.
    func value() -> BSONValue {
        source.withBase { base in
            if at == source.document.start { return .document(source.document) }
            return ElementLayout(type: type, valueAt: at, base).value(base, in: source.document.storage)
        }
    }

    func decodeNil() -> Bool { type == .null }

    @inline(__always)
    func decode(_ wanted: Bool.Type) throws -> Bool {
        guard type == .bool else { throw mismatch(wanted) }
        return source.withBase { $0.load(fromByteOffset: at, as: UInt8.self) != 0 }
    }

    @inline(__always)
    func decode(_ wanted: String.Type) throws -> String {
        guard type == .string || type == .symbol else { throw mismatch(wanted) }
        return source.withBase { $0.string(at: at) }
    }

    @inline(__always)
    func decode(_ wanted: Double.Type) throws -> Double {
        switch type {
        case .double: return source.withBase { Double(bitPattern: $0.bits(at: at)) }
        case .int32: return source.withBase { Double($0.length(at: at)) }
        case .int64:
            let number = source.withBase { Int64(bitPattern: $0.bits(at: at)) }
            guard let exact = Double(exactly: number) else { throw unfit(wanted) }
            return exact
        default: throw mismatch(wanted)
        }
    }

    func decode(_ wanted: Float.Type) throws -> Float {
        let number = try decode(Double.self)
        let rounded = Float(number)
        guard rounded.isFinite || !number.isFinite else { throw unfit(wanted) }
        return rounded
    }

    @inline(__always)
    func integer<Number: FixedWidthInteger>(_ wanted: Number.Type) throws -> Number {
        let found: Number?
        switch type {
        case .int32: found = source.withBase { Number(exactly: $0.length(at: at)) }
        case .int64: found = source.withBase { Number(exactly: Int64(bitPattern: $0.bits(at: at))) }
        case .double: found = source.withBase { Number(exactly: Double(bitPattern: $0.bits(at: at))) }
        default: throw mismatch(wanted)
        }
        guard let found else { throw unfit(wanted) }
        return found
    }

    func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: self) }

    // MARK: - Errors

    func mismatch(_ wanted: Any.Type) -> DecodingError {
        if type == .null { return .valueNotFound(wanted, source.context("null, not a \(wanted)", at: at)) }
        return .typeMismatch(wanted, source.context("\(type), not a \(wanted)", at: at))
    }

    private func unfit(_ wanted: Any.Type) -> DecodingError {
        .dataCorrupted(source.context("a number that no \(wanted) holds", at: at))
    }
}

extension ElementLayout {
    /// For a value whose key is not needed.
    init(type: BSONType, valueAt start: Int, _ base: UnsafeRawPointer) {
        self.type = type
        self.start = start - 2
        keyEnd = start - 1
        end = Self.end(of: type, base, at: start)
    }
}
