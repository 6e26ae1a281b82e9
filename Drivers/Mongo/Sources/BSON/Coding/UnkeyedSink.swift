// SPDX-License-Identifier: Apache-2.0

/// Writes the values of one array.
struct UnkeyedSink: UnkeyedEncodingContainer {
    let sink: EncodingSink
    let id: Int

    var codingPath: [any CodingKey] { sink.path(of: id) }
    var count: Int { sink.state.pointee.containers[id].count }

    func encodeNil() throws { try sink.write(.null, nil, in: id) { _ in } }
    func encode(_ value: Bool) throws { try sink.write(.bool, nil, in: id) { $0.byte(value ? 1 : 0) } }
    func encode(_ value: String) throws { try sink.write(.string, nil, in: id) { $0.string(value) } }
    func encode(_ value: Double) throws { try sink.write(.double, nil, in: id) { $0.integer(value.bitPattern) } }
    func encode(_ value: Int32) throws { try sink.write(.int32, nil, in: id) { $0.integer(value) } }
    func encode(_ value: Int64) throws { try sink.write(.int64, nil, in: id) { $0.integer(value) } }
    func encode(_ value: Float) throws { try encode(Double(value)) }
    func encode(_ value: Int) throws { try encode(Int64(value)) }
    func encode(_ value: Int8) throws { try encode(Int32(value)) }
    func encode(_ value: Int16) throws { try encode(Int32(value)) }
    func encode(_ value: UInt8) throws { try encode(Int32(value)) }
    func encode(_ value: UInt16) throws { try encode(Int32(value)) }
    func encode(_ value: UInt32) throws { try encode(Int64(value)) }
    func encode(_ value: UInt64) throws { try encode(try sink.signed(value, nil, in: id)) }
    func encode(_ value: UInt) throws { try encode(UInt64(value)) }
    func encode<Value: Encodable>(_ value: Value) throws {
        if Value.self == String.self { return try encode(KnownScalar.same(value, as: String.self)) }
        if Value.self == Double.self { return try encode(KnownScalar.same(value, as: Double.self)) }
        if Value.self == Int.self { return try encode(KnownScalar.same(value, as: Int.self)) }
        if Value.self == Int32.self { return try encode(KnownScalar.same(value, as: Int32.self)) }
        if Value.self == Int64.self { return try encode(KnownScalar.same(value, as: Int64.self)) }
        if Value.self == Bool.self { return try encode(KnownScalar.same(value, as: Bool.self)) }
        try sink.encode(value, nil, in: id)
    }

    func nestedContainer<Nested: CodingKey>(keyedBy keyType: Nested.Type) -> KeyedEncodingContainer<Nested> {
        KeyedEncodingContainer(KeyedSink<Nested>(sink: sink, id: sink.nested(.document, nil, in: id)))
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        UnkeyedSink(sink: sink, id: sink.nested(.array, nil, in: id))
    }

    func superEncoder() -> any Encoder { LateEncoder(sink: sink, id: id, key: nil) }
}
