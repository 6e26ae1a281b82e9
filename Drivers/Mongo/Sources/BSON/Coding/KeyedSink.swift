// SPDX-License-Identifier: Apache-2.0

/// Writes the fields of one document.
struct KeyedSink<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let sink: EncodingSink
    let id: Int

    var codingPath: [any CodingKey] { sink.path(of: id) }

    func encodeNil(forKey key: Key) throws { try sink.write(.null, key, in: id) { _ in } }

    func encode(_ value: Bool, forKey key: Key) throws {
        try sink.write(.bool, key, in: id) { $0.byte(value ? 1 : 0) }
    }

    func encode(_ value: String, forKey key: Key) throws { try sink.write(.string, key, in: id) { $0.string(value) } }

    func encode(_ value: Double, forKey key: Key) throws {
        try sink.write(.double, key, in: id) { $0.integer(value.bitPattern) }
    }

    func encode(_ value: Int32, forKey key: Key) throws { try sink.write(.int32, key, in: id) { $0.integer(value) } }
    func encode(_ value: Int64, forKey key: Key) throws { try sink.write(.int64, key, in: id) { $0.integer(value) } }
    func encode(_ value: Float, forKey key: Key) throws { try encode(Double(value), forKey: key) }
    func encode(_ value: Int, forKey key: Key) throws { try encode(Int64(value), forKey: key) }
    func encode(_ value: Int8, forKey key: Key) throws { try encode(Int32(value), forKey: key) }
    func encode(_ value: Int16, forKey key: Key) throws { try encode(Int32(value), forKey: key) }
    func encode(_ value: UInt8, forKey key: Key) throws { try encode(Int32(value), forKey: key) }
    func encode(_ value: UInt16, forKey key: Key) throws { try encode(Int32(value), forKey: key) }
    func encode(_ value: UInt32, forKey key: Key) throws { try encode(Int64(value), forKey: key) }
    func encode(_ value: UInt64, forKey key: Key) throws {
        try encode(try sink.signed(value, key, in: id), forKey: key)
    }
    func encode(_ value: UInt, forKey key: Key) throws { try encode(UInt64(value), forKey: key) }
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws { try sink.encode(value, key, in: id) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy keyType: Nested.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        KeyedEncodingContainer(KeyedSink<Nested>(sink: sink, id: sink.nested(.document, key, in: id)))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        UnkeyedSink(sink: sink, id: sink.nested(.array, key, in: id))
    }

    func superEncoder() -> any Encoder { LateEncoder(sink: sink, id: id, key: BSONKey.super) }
    func superEncoder(forKey key: Key) -> any Encoder { LateEncoder(sink: sink, id: id, key: key) }
}
