// SPDX-License-Identifier: Apache-2.0

import BSON
import Testing

/// Of fields with the same key the first counts, whichever way a document is read.
@Suite struct `Keys that are there twice` {
    private struct User: Codable, Equatable {
        var name: String?
        var role: String?
    }

    private struct RoleFirst: Decodable {
        var role: String
        var name: String
        var note: String?
    }

    private static func document(_ pairs: [(String, BSONValue)]) throws -> BSONDocument {
        var document = BSONDocument()
        for (key, value) in pairs { try document.append(value, forKey: key) }
        return document
    }

    @Test(arguments: [
        [("role", "user"), ("name", "x"), ("role", "admin")], [("name", "x"), ("role", "user"), ("role", "admin")],
        [("role", "user"), ("role", "admin"), ("name", "x")], [("role", "user"), ("name", "x"), ("name", "y")],
        [("role", "user"), ("name", "x"), ("role", "admin"), ("name", "y"), ("role", "root")],
    ])
    func `Codable and the subscript agree`(_ pairs: [(String, String)]) throws {
        let document = try Self.document(pairs.map { ($0.0, .string($0.1)) })
        #expect(document["role"] == "user")
        let user = try BSONDecoder().decode(User.self, from: document)
        #expect(user == User(name: "x", role: "user"))
        let other = try BSONDecoder().decode(RoleFirst.self, from: document)
        #expect([other.role, other.name] == ["user", "x"])
        #expect(other.note == nil)
        #expect(try BSONDecoder().decode([String: String].self, from: document) == ["role": "user", "name": "x"])
    }

    /// Asks for the keys that it is told of, one after the other, some of them as documents of their own.
    private struct Asked: Decodable {
        struct Key: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init?(intValue: Int) { nil }
            init(stringValue: String) { self.stringValue = stringValue }
        }

        static let keys = CodingUserInfoKey(rawValue: "keys").unsafelyUnwrapped
        var found: [Int?] = []

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            for key in decoder.userInfo[Self.keys] as? [String] ?? [] {
                let key = Key(stringValue: key)
                // Both ways that a program has.
                let isEven = found.count.isMultiple(of: 2)
                if isEven, let nested = try? container.nestedContainer(keyedBy: Key.self, forKey: key) {
                    found.append(try nested.decodeIfPresent(Int.self, forKey: Key(stringValue: "a")))
                } else if let inner = try? container.decode([String: Int].self, forKey: key) {
                    found.append(inner["a"])
                } else {
                    found.append(try container.decodeIfPresent(Int.self, forKey: key))
                }
            }
        }
    }

    /// What the subscript says to the same.
    private static func slow(_ document: BSONDocument, _ key: String) -> Int? {
        document[key].flatMap { $0.document?["a"]?.integer ?? $0.integer }
    }

    @Test(arguments: 0..<80) func `in any order of fields, and of questions`(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        // Few keys, so that many are there twice; some documents with more fields than are noted.
        let alphabet = Int.random(in: 1...12, using: &random) * (seed % 4 == 0 ? 10 : 1)
        func key() -> String { "k\(Int.random(in: 0..<alphabet, using: &random))" }
        var pairs: [(String, BSONValue)] = []
        for number in 0..<Int.random(in: 0...(seed % 4 == 0 ? 90 : 20), using: &random) {
            let value = Int32(number)
            let isNested = Int.random(in: 0..<5, using: &random) == 0
            let nested: BSONDocument = ["b": 1, "a": .int32(value), "a": -1]
            pairs.append((key(), isNested ? .document(nested) : .int32(value)))
        }
        let document = try Self.document(pairs)
        let asked = (0..<40).map { _ in key() } + document.keys
        var decoder = BSONDecoder()
        decoder.userInfo[Asked.keys] = asked
        let found = try decoder.decode(Asked.self, from: document).found
        #expect(found == asked.map { Self.slow(document, $0) })
    }

    @Test func `texts that only look the same are keys of their own`() throws {
        // Enough of them that the document gets an index.
        let padding = (0..<100).map { ("p\($0)", BSONValue.int32(0)) }
        let document = try Self.document(padding + [("e\u{301}", 1), ("\u{E9}", 2)] + padding)
        var decoder = BSONDecoder()
        let asked = padding.map(\.0) + ["p0", "\u{E9}", "e\u{301}", "\u{E9}"]
        decoder.userInfo[Asked.keys] = asked
        let found = try decoder.decode(Asked.self, from: document).found
        #expect(found.suffix(3) == [2, 1, 2])
    }
}
