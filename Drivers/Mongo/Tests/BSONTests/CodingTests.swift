// SPDX-License-Identifier: Apache-2.0

import BSON
import Testing

@Suite struct `Codable values` {
    struct Everything: Codable, Equatable {
        var bool = true
        var int = Int.min
        var int8 = Int8.min
        var int16 = Int16.min
        var int32 = Int32.min
        var int64 = Int64.min
        var uint = UInt(Int64.max)
        var uint8 = UInt8.max
        var uint16 = UInt16.max
        var uint32 = UInt32.max
        var uint64 = UInt64(Int64.max)
        var double = -0.1
        var float: Float = 1.5
        var string = "é\0x"
        var present: String? = "here"
        var absent: String?
        var numbers = [1.5, -2]
        var gaps: [Int?] = [1, nil, 3]
        var nested = ["a": [["b": [true]]]]
        var id = ObjectID()
        var date = BSONDate(milliseconds: .min)
        var timestamp = BSONTimestamp(seconds: .max, increment: 1)
        var decimal = Decimal128(7)
        var binary = BSONBinary([1, 2], subtype: .md5)
        var uuid = BSONUUID(bytes: 0..<16)
        var document: BSONDocument = ["x": [1, nil]]
        var array: BSONArray = [1, "two"]
        var value: BSONValue = .minKey
        var code = BSONCodeWithScope(code: "f", scope: ["a": 1])
        var pointer = BSONDBPointer(reference: "r", id: ObjectID())
        var empty: [String: Int] = [:]
        var nothing: [Int] = []
    }

    @Test func `of every type come back the same`() throws {
        let value = Everything()
        let document = try BSONEncoder().encode(value)
        #expect(try BSONDecoder().decode(Everything.self, from: document) == value)
        #expect(document["int"]?.type == .int64 && document["int16"]?.type == .int32)
        #expect(document["gaps"] == [.int64(1), nil, .int64(3)])
        #expect(!document.contains("absent"))
        #expect(document["empty"] == .document([:]) && document["nothing"] == .array([]))
    }

    @Test func `are read in any order of the fields, and past unknown ones`() throws {
        struct Pair: Codable, Equatable { var a: Int, b: Int, c: String? }
        let document: BSONDocument = ["x": [1, 2], "c": nil, "b": 2.0, "y": ["a": 9], "a": .int64(1)]
        #expect(try BSONDecoder().decode(Pair.self, from: document) == Pair(a: 1, b: 2, c: nil))
    }

    /// Bytes that a peer has damaged, and that are still a document, meet a type that wants all of its fields.
    @Test func `are refused or read out of damaged documents, and never trap`() throws {
        var random = SeededGenerator(seed: 22)
        let whole = Array(try BSONEncoder().encode(Everything()).bytes)
        var accepted = 0
        for _ in 0..<20_000 {
            var bytes = whole
            bytes[Int.random(in: 4..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            guard let document = try? BSONDocument(validating: bytes) else { continue }
            do {
                let value = try BSONDecoder().decode(Everything.self, from: document)
                accepted += 1
                _ = try BSONEncoder().encode(value)
            } catch is DecodingError {
            }
        }
        #expect(accepted > 1_000)
    }

    class Base: Codable {
        var base = 1
        init() {}
    }

    final class Derived: Base {
        var derived: Int
        enum CodingKeys: CodingKey { case derived, shared }

        init(_ derived: Int) {
            self.derived = derived
            super.init()
        }

        required init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            derived = try container.decode(Int.self, forKey: .derived)
            try super.init(from: container.superDecoder())
        }

        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try super.encode(to: container.superEncoder())
            try container.encode(derived, forKey: .derived)
        }
    }

    @Test func `of a class have its superclass under "super"`() throws {
        let document = try BSONEncoder().encode(Derived(5))
        #expect(document == ["super": ["base": .int64(1)], "derived": .int64(5)])
        let again = try BSONDecoder().decode(Derived.self, from: document)
        #expect(again.base == 1 && again.derived == 5)
    }

    /// Writes containers in turns, as the protocols allow.
    struct Turns: Encodable {
        enum CodingKeys: CodingKey { case a, b, c, d }

        func encode(to encoder: any Encoder) throws {
            var root = encoder.container(keyedBy: CodingKeys.self)
            var first = root.nestedContainer(keyedBy: CodingKeys.self, forKey: .a)
            var second = root.nestedUnkeyedContainer(forKey: .b)
            try first.encode(1, forKey: .a)
            try second.encode("x")
            try first.encode("late", forKey: .b)
            try second.encode(["k": true])
            var third = first.nestedContainer(keyedBy: CodingKeys.self, forKey: .c)
            try root.encode(2, forKey: .c)
            try third.encode("later", forKey: .a)
            try second.encodeNil()
            var fourth = third.nestedUnkeyedContainer(forKey: .d)
            try fourth.encode(4)
            try third.encode(3, forKey: .c)
            var again = encoder.container(keyedBy: CodingKeys.self)
            try again.encode(5, forKey: .d)
        }
    }

    @Test func `may write their containers in turns`() throws {
        let document = try BSONEncoder().encode(Turns())
        let expected: BSONDocument = [
            "a": ["a": .int64(1), "b": "late", "c": ["a": "later", "d": [.int64(4)], "c": .int64(3)]],
            "b": ["x", ["k": true], nil], "c": .int64(2), "d": .int64(5),
        ]
        #expect(document == expected)
    }

    struct Outer: Codable {
        struct Inner: Codable { let values: [Int8] }
        let inner: Inner
    }

    @Test func `that do not fit name the field and the byte`() throws {
        let document: BSONDocument = ["inner": ["values": [1, 2, 300]]]
        let error = #expect(throws: DecodingError.self) { try BSONDecoder().decode(Outer.self, from: document) }
        guard case .dataCorrupted(let context)? = error else {
            return #expect(Bool(false), "\(String(describing: error))")
        }
        #expect(context.codingPath.map(\.stringValue) == ["inner", "values", "2"])
        #expect(context.codingPath.last?.intValue == 2)
        #expect(context.debugDescription == "a number that no Int8 holds: inner.values.2, at byte 44")

        let wrong: BSONDocument = ["inner": ["values": "none"]]
        let mismatch = #expect(throws: DecodingError.self) { try BSONDecoder().decode(Outer.self, from: wrong) }
        guard case .typeMismatch(_, let other)? = mismatch else { return #expect(Bool(false)) }
        #expect(other.codingPath.map(\.stringValue) == ["inner", "values"])

        let missing = #expect(throws: DecodingError.self) { try BSONDecoder().decode(Outer.self, from: ["inner": [:]]) }
        guard case .keyNotFound(let key, let third)? = missing else { return #expect(Bool(false)) }
        #expect(key.stringValue == "values" && third.codingPath.map(\.stringValue) == ["inner"])
    }

    @Test func `that BSON cannot hold are refused with their field`() throws {
        struct Large: Encodable { let list: [[String: UInt64]] }
        let error = #expect(throws: EncodingError.self) { try BSONEncoder().encode(Large(list: [["n": .max]])) }
        guard case .invalidValue(_, let context)? = error else { return #expect(Bool(false)) }
        #expect(context.codingPath.map(\.stringValue) == ["list", "0", "n"])
        #expect(throws: EncodingError.self) { try BSONEncoder().encode(["a\0": 1]) }
        #expect(throws: EncodingError.self) { try BSONEncoder().encode([1, 2]) }
        #expect(throws: EncodingError.self) { try BSONEncoder().encode(7) }
        #expect(throws: EncodingError.self) { try BSONEncoder().encode(Optional<Int>.none) }
    }

    /// Two values for one key, which no document can hold.
    struct Twice: Encodable {
        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(1)
            try container.encode(2)
        }
    }

    @Test func `that write themselves twice are refused`() {
        #expect(throws: EncodingError.self) { try BSONEncoder().encode(["a": Twice()]) }
    }

    @Test func `may be made of documents, whole or inside a wrapper`() throws {
        struct Wrapper: Codable, Equatable {
            let document: BSONDocument
            init(_ document: BSONDocument) { self.document = document }
            init(from decoder: any Decoder) throws {
                document = try decoder.singleValueContainer().decode(BSONDocument.self)
            }
            func encode(to encoder: any Encoder) throws {
                var container = encoder.singleValueContainer()
                try container.encode(document)
            }
        }
        let wrapper = Wrapper(["a": [1, ["b": 2]]])
        #expect(try BSONEncoder().encode(wrapper) == wrapper.document)
        #expect(try BSONDecoder().decode(Wrapper.self, from: wrapper.document) == wrapper)
        let list = try BSONEncoder().encode(["list": [wrapper, wrapper]])
        #expect(try BSONDecoder().decode([String: [Wrapper]].self, from: list) == ["list": [wrapper, wrapper]])
    }
}
