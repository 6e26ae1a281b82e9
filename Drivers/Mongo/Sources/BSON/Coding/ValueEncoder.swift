// SPDX-License-Identifier: Apache-2.0

/// Encodes one value into the place whose type and key have been written.
///
/// Three words, so that `any Encoder` holds it without an allocation.
struct ValueEncoder: Encoder, SingleValueEncodingContainer {
    let sink: EncodingSink
    /// The container that the value lies in, and the type's byte of its element; -1 each for the outermost document.
    let parent: Int
    let element: Int

    var codingPath: [any CodingKey] {
        guard let key else { return [] }
        return sink.path(of: parent) + [key]
    }

    /// The key or index that has been written; `nil` for the outermost document.
    private var key: BSONKey? { element < 0 ? nil : sink.key(at: element, in: parent) }

    var userInfo: [CodingUserInfoKey: Any] { sink.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(KeyedSink<Key>(sink: sink, id: sink.container(.document, at: element, in: parent)))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        UnkeyedSink(sink: sink, id: sink.container(.array, at: element, in: parent))
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    // MARK: - The one value

    @inline(__always)
    private func fill(_ type: BSONType, _ value: Any, _ body: (inout ByteWriter) -> Void) throws {
        guard element >= 0 else {
            throw sink.error(value, nil, in: 0, "the outermost value is no document, but a \(type)")
        }
        guard !sink.isFilled(element) else { throw sink.error(value, key, in: parent, "a second value for one key") }
        sink.fill(type, at: element, body)
    }

    /// What `BSONValue` and the types in it call.
    func write(_ value: BSONValue) throws {
        if element < 0, case .document(let document) = value, !sink.isRootTaken { return sink.fillRoot(document) }
        try fill(value.type, value) { $0.body(of: value) }
    }

    func encodeNil() throws { try fill(.null, Optional<Int>.none as Any) { _ in } }
    func encode(_ value: Bool) throws { try fill(.bool, value) { $0.byte(value ? 1 : 0) } }
    func encode(_ value: String) throws { try fill(.string, value) { $0.string(value) } }
    func encode(_ value: Double) throws { try fill(.double, value) { $0.integer(value.bitPattern) } }
    func encode(_ value: Float) throws { try encode(Double(value)) }
    func encode(_ value: Int) throws { try encode(Int64(value)) }
    func encode(_ value: Int8) throws { try encode(Int32(value)) }
    func encode(_ value: Int16) throws { try encode(Int32(value)) }
    func encode(_ value: Int32) throws { try fill(.int32, value) { $0.integer(value) } }
    func encode(_ value: Int64) throws { try fill(.int64, value) { $0.integer(value) } }
    func encode(_ value: UInt8) throws { try encode(Int32(value)) }
    func encode(_ value: UInt16) throws { try encode(Int32(value)) }
    func encode(_ value: UInt32) throws { try encode(Int64(value)) }
    func encode(_ value: UInt64) throws { try encode(try sink.signed(value, key, in: max(parent, 0))) }
    func encode(_ value: UInt) throws { try encode(UInt64(value)) }
    func encode<Value: Encodable>(_ value: Value) throws { try value.encode(to: self) }
}
