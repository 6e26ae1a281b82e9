// SPDX-License-Identifier: Apache-2.0

/// Reads the values of one array, one after the other.
struct UnkeyedSource: UnkeyedDecodingContainer {
    private let source: DecodingSource
    private let start: Int
    /// The element that is read next; `nil` at the end.
    private var element: ElementLayout?
    private(set) var currentIndex = 0

    init(source: DecodingSource, start: Int) {
        self.source = source
        self.start = start
        element = source.withBase { ElementLayout($0, at: start + 4) }
    }

    var codingPath: [any CodingKey] { source.path(to: start) }
    var isAtEnd: Bool { element == nil }

    /// A walk over the array: asked for by those who know that they want it.
    var count: Int? {
        source.withBase { base in
            var count = 0
            var at = start + 4
            while let element = ElementLayout(base, at: at) {
                at = element.end
                count += 1
            }
            return count
        }
    }

    /// The value at hand, which stays if reading it throws.
    @inline(__always)
    private func current(_ wanted: Any.Type) throws -> ValueDecoder {
        guard let element else {
            throw DecodingError.valueNotFound(wanted, source.context("no value \(currentIndex) in", at: start))
        }
        return ValueDecoder(source, element)
    }

    @inline(__always)
    private mutating func advance() {
        guard let end = element?.end else { return }
        element = source.withBase { ElementLayout($0, at: end) }
        currentIndex += 1
    }

    @inline(__always)
    private mutating func read<Value>(_ body: (ValueDecoder) throws -> Value) throws -> Value {
        let value = try body(try current(Value.self))
        advance()
        return value
    }

    mutating func decodeNil() throws -> Bool {
        guard try current(Any?.self).decodeNil() else { return false }
        advance()
        return true
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try read { try $0.decode(type) } }
    mutating func decode(_ type: String.Type) throws -> String { try read { try $0.decode(type) } }
    mutating func decode(_ type: Double.Type) throws -> Double { try read { try $0.decode(type) } }
    mutating func decode(_ type: Float.Type) throws -> Float { try read { try $0.decode(type) } }
    mutating func decode(_ type: Int.Type) throws -> Int { try read { try $0.integer(type) } }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try read { try $0.integer(type) } }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try read { try $0.integer(type) } }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try read { try $0.integer(type) } }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try read { try $0.integer(type) } }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try read { try $0.integer(type) } }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try read { try $0.integer(type) } }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try read { try $0.integer(type) } }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try read { try $0.integer(type) } }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try read { try $0.integer(type) } }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if type == String.self { return KnownScalar.same(try decode(String.self), as: type) }
        if type == Double.self { return KnownScalar.same(try decode(Double.self), as: type) }
        if type == Int.self { return KnownScalar.same(try decode(Int.self), as: type) }
        if type == Int32.self { return KnownScalar.same(try decode(Int32.self), as: type) }
        if type == Int64.self { return KnownScalar.same(try decode(Int64.self), as: type) }
        if type == Bool.self { return KnownScalar.same(try decode(Bool.self), as: type) }
        return try read { try Value(from: $0) }
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try read { try $0.container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try read { try $0.unkeyedContainer() }
    }

    mutating func superDecoder() throws -> any Decoder { try read { $0 } }
}
