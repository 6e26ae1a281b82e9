// SPDX-License-Identifier: Apache-2.0

import BSON
import Testing

@Suite struct `Errors` {
    /// `{"a": {"b": [0, 1, 2, <value>]}}`, with what stands in for the last value's type and bytes.
    private func document(type: UInt8, _ value: [UInt8]) -> [UInt8] {
        func sized(_ body: [UInt8]) -> [UInt8] {
            let size = body.count + 5
            return (0..<4).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) } + body + [0]
        }
        let numbers = (0..<3).flatMap { (index: UInt8) -> [UInt8] in [0x10, 0x30 + index, 0, index, 0, 0, 0] }
        let array = sized(numbers + [type, 0x33, 0] + value)
        let inner = sized([0x04, 0x62, 0] + array)
        return sized([0x03, 0x61, 0] + inner)
    }

    @Test func `name the field and the byte`() throws {
        #expect(try BSONDocument(validating: document(type: 0x08, [1]))[path: "a", "b", "3"] == .bool(true))
        let cases: [(UInt8, [UInt8], BSONError.Code, Int)] = [
            (0x08, [2], .invalidBool, 42),
            (0x20, [1], .unknownType, 39),
            (0x02, [2, 0, 0, 0, 0xFF, 0], .invalidText, 46),
            (0x02, [2, 0, 0, 0, 0x61, 0x62], .invalidTerminator, 47),
            (0x02, [9, 0, 0, 0, 0x61, 0], .truncated, 42),
            (0x02, [0, 0, 0, 0x80, 0x61, 0], .invalidLength, 42),
            (0x03, [4, 0, 0, 0, 0], .invalidLength, 42),
            (0x05, [5, 0, 0, 0, 2, 2, 0, 0, 0, 7], .invalidLength, 47),
        ]
        for (type, value, code, offset) in cases {
            let error = #expect(throws: BSONError.self) { try BSONDocument(validating: document(type: type, value)) }
            #expect(error?.code == code)
            #expect(error?.offset == offset, "\(code)")
            if code != .unknownType { #expect(error?.path == "a.b.3", "\(code)") }
        }
    }

    @Test func `of extended JSON name the field and the byte of the text`() throws {
        let cases: [(String, BSONError.Code, String, Int)] = [
            ("{\"a\": {\"b\": [0, {\"$oid\": \"xyz\"}]}}", .invalidExtendedJSON, "a.b.1", 16),
            ("{\"a\": {\"b\": [0, tru]}}", .invalidJSON, "a.b.1", 16),
            ("{\"a\": 1,}", .invalidJSON, "", 8),
            ("{\"a\": 01}", .invalidJSON, "a", 7),
            ("{\"a\": \"\\ud800\"}", .invalidJSON, "a", 13),
            ("{\"a\": 1e999}", .invalidJSON, "a", 11),
            ("{\"a\": {\"$date\": 1356351330501}}", .invalidExtendedJSON, "a", 6),
            ("{\"a\": {\"$date\": {\"$numberInt\": \"1\"}}}", .invalidExtendedJSON, "a", 6),
            ("{\"a\": {\"$numberInt\": \"+1\"}}", .invalidExtendedJSON, "a", 6),
            ("{\"a\": {\"$numberDouble\": \"0x1p3\"}}", .invalidExtendedJSON, "a", 6),
            ("{\"a\": {\"$binary\": {\"base64\": \"AB==\", \"subType\": \"00\"}}}", .invalidExtendedJSON, "a", 6),
            ("{\"a\": {\"b\": 1, \"$oid\": \"000000000000000000000000\"}}", .invalidExtendedJSON, "a", 6),
            ("{\"a\": 1} x", .invalidJSON, "", 9),
            ("[1]", .invalidJSON, "", 0),
            ("{\"$oid\": \"000000000000000000000000\"}", .invalidExtendedJSON, "", 0),
        ]
        for (text, code, path, offset) in cases {
            let error = #expect(throws: BSONError.self, "\(text)") { try BSONDocument(extendedJSON: text) }
            #expect(error?.code == code, "\(text)")
            #expect(error?.path.hasPrefix(path) == true, "\(text): \(error?.path ?? "")")
            #expect(error?.offset == offset, "\(text)")
        }
    }

    @Test func `are one line to read`() {
        let error = #expect(throws: BSONError.self) { try BSONDocument(validating: document(type: 0x08, [2])) }
        #expect(error?.description == "invalidBool: truth value 2 in a.b.3 at byte 42")
    }

    @Test func `of a writer say what was misused`() {
        func code(_ body: (inout BSONWriter) throws(BSONError) -> Void) -> BSONError.Code? {
            do {
                _ = try BSONWriter.document(body)
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code { writer throws(BSONError) in try writer.append(Int32(1)) } == .misuse)
        #expect(code { writer throws(BSONError) in try writer.end() } == .misuse)
        #expect(code { writer throws(BSONError) in try writer.append(true, forKey: "a\0b") } == .zeroByteInText)
        let inArray = code { writer throws(BSONError) in
            try writer.beginArray(forKey: "a")
            try writer.append(true, forKey: "b")
        }
        #expect(inArray == .misuse)
        #expect(throws: BSONError.self) { try BSONRegularExpression(pattern: "a\0") }
        #expect(throws: BSONError.self) {
            var document = BSONDocument()
            try document.append(1, forKey: "a\0")
        }
    }
}
