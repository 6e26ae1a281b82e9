// SPDX-License-Identifier: Apache-2.0

/// Reads the fields of one document.
struct KeyedSource<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let source: DecodingSource
    let start: Int

    var codingPath: [any CodingKey] { source.path(to: start) }

    var allKeys: [Key] {
        source.withBase { base in
            var keys: [Key] = []
            var at = start + 4
            while let element = ElementLayout(base, at: at) {
                if let key = Key(stringValue: base.text(from: element.keyStart, to: element.keyEnd)) {
                    keys.append(key)
                }
                at = element.end
            }
            return keys
        }
    }

    func contains(_ key: Key) -> Bool { source.element(key.stringValue, in: start) != nil }

    @inline(__always)
    private func field(_ key: Key) throws -> ValueDecoder {
        guard let element = source.element(key.stringValue, in: start) else { throw missing(key) }
        return ValueDecoder(source, element)
    }

    private func missing(_ key: Key) -> DecodingError {
        .keyNotFound(key, source.context("no field \(key.stringValue) in", at: start))
    }

    func decodeNil(forKey key: Key) throws -> Bool { try field(key).decodeNil() }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try field(key).decode(type) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try field(key).decode(type) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try field(key).decode(type) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try field(key).decode(type) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try field(key).integer(type) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try field(key).integer(type) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try field(key).integer(type) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try field(key).integer(type) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try field(key).integer(type) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try field(key).integer(type) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try field(key).integer(type) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try field(key).integer(type) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try field(key).integer(type) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try field(key).integer(type) }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        guard let element = source.element(key.stringValue, in: start) else { throw missing(key) }
        let position = source.position
        let value = try Value(from: ValueDecoder(source, element))
        // What was read in between had its own fields.
        source.position = position
        return value
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try field(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try field(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        guard let element = source.element(BSONKey.super.stringValue, in: start) else {
            throw DecodingError.keyNotFound(BSONKey.super, source.context("no field super in", at: start))
        }
        return ValueDecoder(source, element)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder { try field(key) }
}
