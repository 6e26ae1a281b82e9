// SPDX-License-Identifier: Apache-2.0

import BSON
import Testing

@Suite(.enabled(if: !Corpus.names.isEmpty, "needs the vectors beside the project"))
struct `The BSON corpus` {
    @Test(arguments: Corpus.names)
    func `has valid documents, which are read and written as it says`(name: String) throws {
        for example in try Corpus.file(name).valid ?? [] {
            let what = Comment(rawValue: example.description)
            let bytes = Corpus.bytes(example.canonical_bson)
            let isLossy = example.lossy ?? false
            let document = try BSONDocument(validating: bytes)
            #expect(Array(document.bytes) == bytes, what)
            #expect(Array(try Corpus.rebuilt(document).bytes) == bytes, what)
            #expect(try BSONDecoder().decode(BSONDocument.self, from: BSONEncoder().encode(document)) == document, what)

            let canonical = Corpus.normalized(example.canonical_extjson)
            #expect(Corpus.normalized(document.extendedJSON(.canonical)) == canonical, what)
            let parsed = try BSONDocument(extendedJSON: example.canonical_extjson)
            if !isLossy { #expect(Array(parsed.bytes) == bytes, what) }
            if let relaxed = example.relaxed_extjson {
                #expect(Corpus.normalized(document.extendedJSON(.relaxed)) == Corpus.normalized(relaxed), what)
                let again = try BSONDocument(extendedJSON: relaxed)
                #expect(Corpus.normalized(again.extendedJSON(.relaxed)) == Corpus.normalized(relaxed), what)
            }
            if let degenerate = example.degenerate_bson {
                let read = try BSONDocument(validating: Corpus.bytes(degenerate))
                #expect(Array(try Corpus.rebuilt(read).bytes) == bytes, what)
                #expect(Corpus.normalized(read.extendedJSON(.canonical)) == canonical, what)
            }
            if let degenerate = example.degenerate_extjson {
                let read = try BSONDocument(extendedJSON: degenerate)
                if !isLossy { #expect(Array(read.bytes) == bytes, what) }
                #expect(Corpus.normalized(read.extendedJSON(.canonical)) == canonical, what)
            }
        }
    }

    @Test(arguments: Corpus.names)
    func `has bytes that are no document, which are refused with field and byte`(name: String) throws {
        for example in try Corpus.file(name).decodeErrors ?? [] {
            let bytes = Corpus.bytes(example.bson)
            let error = #expect(throws: BSONError.self, Comment(rawValue: example.description)) {
                try BSONDocument(validating: bytes)
            }
            let offset = try #require(error?.offset)
            #expect((0...bytes.count).contains(offset))
        }
    }

    @Test(arguments: Corpus.names)
    func `has text that is no value, which is refused`(name: String) throws {
        let file = try Corpus.file(name)
        for example in file.parseErrors ?? [] {
            #expect(throws: BSONError.self, Comment(rawValue: example.description)) {
                if file.bson_type == "0x13" {
                    _ = try Decimal128(example.string)
                } else {
                    _ = try BSONDocument(extendedJSON: example.string)
                }
            }
        }
    }

    /// The forms that the specification calls converted are what a driver makes of deprecated types that it does not
    /// have; this one has them, and reads the converted forms like any document.
    @Test func `is all there, and nothing of it is skipped`() throws {
        var count = 0
        for name in Corpus.names {
            let file = try Corpus.file(name)
            count += file.count
            for example in file.valid ?? [] {
                guard let converted = example.converted_bson, let text = example.converted_extjson else { continue }
                let document = try BSONDocument(validating: Corpus.bytes(converted))
                #expect(Corpus.normalized(document.extendedJSON(.canonical)) == Corpus.normalized(text))
            }
        }
        print("bson-corpus: \(count) cases in \(Corpus.names.count) files, 0 skipped")
        #expect(count == 983)
    }
}
