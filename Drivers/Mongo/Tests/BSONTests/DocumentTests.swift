// SPDX-License-Identifier: Apache-2.0

import BSON
import Testing

@Suite struct `A document` {
    @Test func `keeps the order of its keys, and finds the first of two`() {
        let document: BSONDocument = ["z": 1, "a": "two", "z": 3.5]
        #expect(document.keys == ["z", "a", "z"])
        #expect(document["z"] == .int32(1))
        #expect(document["a"] == .string("two"))
        #expect(document["b"] == nil)
        #expect(document.contains("a") && !document.contains("aa") && !document.contains(""))
        #expect(document.map(\.value) == [.int32(1), .string("two"), .double(3.5)])
        #expect(document != ["a": "two", "z": 1, "z": 3.5])
    }

    @Test func `is edited in place, and one read out of another leaves that one alone`() throws {
        let outer: BSONDocument = ["inner": ["a": 1, "b": 2, "c": 3], "d": 4]
        var inner = try #require(outer["inner"]?.document)
        try inner.set("two", forKey: "b")
        try inner.append(.null, forKey: "e")
        let removed = [inner.removeValue(forKey: "a"), inner.removeValue(forKey: "a")]
        #expect(removed == [true, false])
        try inner.set(5, forKey: "f")
        #expect(inner == ["b": "two", "c": 3, "e": nil, "f": 5])
        #expect(outer == ["inner": ["a": 1, "b": 2, "c": 3], "d": 4])
        #expect(try BSONDocument(validating: Array(inner.bytes)) == inner)
    }

    @Test func `read out of another shares its bytes`() throws {
        let outer: BSONDocument = ["inner": ["bytes": .binary(BSONBinary([1, 2, 3]))]]
        let inner = try #require(outer["inner"]?.document)
        let binary = try #require(inner["bytes"].flatMap { if case .binary(let binary) = $0 { binary } else { nil } })
        let start = outer.bytes.withUnsafeBytes { $0.baseAddress }
        let shared = binary.bytes.withUnsafeBytes { $0.baseAddress }
        #expect(start.map { $0 + (binary.bytes.startIndex - outer.bytes.startIndex) } == shared)
    }

    @Test func `lies among other bytes without a copy`() throws {
        let document: BSONDocument = ["a": ["b": 7]]
        let message = [1, 2, 3] + Array(document.bytes) + [4]
        let range = 3..<3 + document.bytes.count
        let read = try BSONDocument(validating: message, in: range)
        #expect(read == document)
        #expect(read[path: "a", "b"] == 7)
        var first = try BSONDocument(validating: Array(document.bytes) + [4], in: 0..<document.bytes.count)
        try first.append(1, forKey: "c")
        #expect(first == ["a": ["b": 7], "c": 1])
        #expect(throws: BSONError.self) { try BSONDocument(validating: message, in: 3..<99) }
        let error = #expect(throws: BSONError.self) { try BSONDocument(validating: message, in: 3..<7) }
        #expect(error?.offset == 0)
    }

    @Test func `replaces a zero byte in a literal's key, which nothing could read back`() {
        let document: BSONDocument = ["a\0b": 1]
        #expect(document.keys == ["a\u{FFFD}b"])
    }

    @Test func `is walked over level by level`() {
        let document: BSONDocument = [
            "a": [1, ["b": 2]], "c": .codeWithScope(.init(code: "x", scope: ["d": 3])), "e": 4,
        ]
        var seen: [String] = []
        document.read { reader in
            while true {
                if reader.next() {
                    seen.append("\(reader.depth) \(reader.key) \(reader.int32.map(String.init) ?? "-")")
                    #expect(reader.hasKey("e") == (reader.key == "e"))
                    _ = reader.enter()
                } else if !reader.leave() {
                    return
                }
            }
        }
        #expect(seen == ["0 a -", "1 0 1", "1 1 -", "2 b 2", "0 c -", "1 d 3", "0 e 4"])
    }

    @Test func `gives whole numbers whichever type the server chose`() {
        let document: BSONDocument = ["a": 1, "b": .int64(1), "c": 1.0, "d": 1.5, "e": "1"]
        #expect(document.map { $0.value.integer } == [1, 1, 1, nil, nil])
        #expect(document["d"]?.double == 1.5)
    }

    @Test func `has arrays, by index and in order`() {
        let array: BSONArray = [1, "b", nil]
        #expect(array.count == 3)
        #expect(array[checked: 1] == "b")
        #expect(array[checked: 3] == nil && array[checked: -1] == nil)
        #expect(Array(array) == [1, "b", .null])
        let document: BSONDocument = ["a": .array(BSONArray((0..<1_000).map { .int32($0) }))]
        #expect(document[path: "a", "999"] == 999)
    }
}
