// SPDX-License-Identifier: Apache-2.0

/// What `superEncoder` gives: an encoder whose element is written when it gets its value, which may be never.
struct LateEncoder: Encoder, SingleValueEncodingContainer {
    let sink: EncodingSink
    let id: Int
    let key: (any CodingKey)?

    var codingPath: [any CodingKey] { sink.path(of: id) + (key.map { [$0] } ?? []) }
    var userInfo: [CodingUserInfoKey: Any] { sink.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(KeyedSink<Key>(sink: sink, id: sink.nested(.document, key, in: id)))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        UnkeyedSink(sink: sink, id: sink.nested(.array, key, in: id))
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func encodeNil() throws { try sink.write(.null, key, in: id) { _ in } }
    func encode(_ value: Bool) throws { try sink.encode(value, key, in: id) }
    func encode(_ value: String) throws { try sink.encode(value, key, in: id) }
    func encode(_ value: Double) throws { try sink.encode(value, key, in: id) }
    func encode(_ value: Float) throws { try sink.encode(value, key, in: id) }
    func encode(_ value: Int) throws { try sink.encode(value, key, in: id) }
    func encode(_ value: Int8) throws { try sink.encode(value, key, in: id) }
    func encode(_ value: Int16) throws { try sink.encode(value, key, in: id) }
    func encode(_ value: Int32) throws { try sink.encode(value, key, in: id) }
    func encode(_ value: Int64) throws { try sink.encode(value, key, in: id) }
    func encode(_ value: UInt) throws { try sink.encode(value, key, in: id) }
    func encode(_ value: UInt8) throws { try sink.encode(value, key, in: id) }
    func encode(_ value: UInt16) throws { try sink.encode(value, key, in: id) }
    func encode(_ value: UInt32) throws { try sink.encode(value, key, in: id) }
    func encode(_ value: UInt64) throws { try sink.encode(value, key, in: id) }
    func encode<Value: Encodable>(_ value: Value) throws { try sink.encode(value, key, in: id) }
}
