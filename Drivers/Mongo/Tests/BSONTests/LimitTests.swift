// SPDX-License-Identifier: Apache-2.0

import BSON
import Testing

@Suite struct `Limits` {
    /// So many documents, each in the one before, written from the inside out.
    private func nested(_ levels: Int, type: UInt8 = 0x03) -> [UInt8] {
        var bytes: [UInt8] = [5, 0, 0, 0, 0]
        for _ in 1..<levels {
            let size = bytes.count + 8
            bytes = (0..<4).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) } + [type, 0x61, 0] + bytes + [0]
        }
        return bytes
    }

    @Test(arguments: [UInt8(0x03), 0x04]) func `of depth: 100 levels are read, 101 are refused`(type: UInt8) throws {
        #expect(try BSONDocument(validating: nested(100, type: type)).count == 1)
        let error = #expect(throws: BSONError.self) { try BSONDocument(validating: nested(101, type: type)) }
        #expect(error?.code == .tooDeep)
        #expect(try BSONDocument(validating: nested(7), limits: BSONLimits(depth: 7)).count == 1)
        #expect(throws: BSONError.self) { try BSONDocument(validating: nested(8), limits: BSONLimits(depth: 7)) }
    }

    @Test func `of depth hold on a stack of 64 KiB, for bytes and for text`() {
        let bytes = nested(1_000)
        let text = String(repeating: "{\"a\":", count: 1_000) + "1" + String(repeating: "}", count: 1_000)
        let array = "{\"a\":" + String(repeating: "[", count: 100_000)
        nonisolated(unsafe) var codes: [BSONError.Code?] = []
        nonisolated(unsafe) var deepest = 0
        let ran = SmallStack.run {
            func code(_ body: () throws(BSONError) -> Void) -> BSONError.Code? {
                do {
                    try body()
                    return nil
                } catch {
                    return error.code
                }
            }
            codes.append(code { () throws(BSONError) in _ = try BSONDocument(validating: bytes) })
            codes.append(code { () throws(BSONError) in _ = try BSONDocument(extendedJSON: text) })
            codes.append(code { () throws(BSONError) in _ = try BSONDocument(extendedJSON: array) })
            // With a higher limit a thousand levels are read, printed, parsed, compared and walked over.
            codes.append(
                code { () throws(BSONError) in
                    let limits = BSONLimits(depth: 1_000)
                    let document = try BSONDocument(validating: bytes, limits: limits)
                    let again = try BSONDocument(extendedJSON: document.extendedJSON(.canonical), limits: limits)
                    guard again == document else { return }
                    document.read { reader in while reader.next(), reader.enter() { deepest = reader.depth } }
                }
            )
        }
        #expect(ran)
        #expect(codes == [.tooDeep, .tooDeep, .tooDeep, nil])
        #expect(deepest == 999)
    }

    @Test func `of size hold for bytes, writers and edits`() throws {
        let limits = BSONLimits(size: 1_000)
        let text = String(repeating: "x", count: 990)
        let large = try BSONWriter.document { writer throws(BSONError) in try writer.append(text, forKey: "text") }
        let codes = [
            #expect(throws: BSONError.self) { try BSONDocument(validating: Array(large.bytes), limits: limits) }?.code,
            #expect(throws: BSONError.self) {
                try BSONWriter.document(limits: limits) { writer throws(BSONError) in
                    try writer.append(text, forKey: "text")
                }
            }?.code,
            #expect(throws: BSONError.self) {
                var document = BSONDocument()
                try document.append(.string(text), forKey: "text", limits: limits)
            }?.code,
            #expect(throws: BSONError.self) {
                try BSONDocument(extendedJSON: "{\"text\":\"\(text)\"}", limits: limits)
            }?.code,
        ]
        #expect(codes == [.tooLarge, .tooLarge, .tooLarge, .tooLarge])
        #expect(throws: EncodingError.self) { try BSONEncoder(limits: limits).encode(["text": text]) }
        let huge = [UInt8](repeating: 0, count: 17 << 20)
        #expect(throws: BSONError.self) { try BSONDocument(validating: huge) }
    }

    @Test func `of depth hold for writers and encoders`() throws {
        let error = #expect(throws: BSONError.self) {
            try BSONWriter.document { writer throws(BSONError) in
                for _ in 0..<100 { try writer.beginDocument(forKey: "a") }
            }
        }
        #expect(error?.code == .tooDeep)
        let endless = Endless()
        #expect(throws: EncodingError.self) { try BSONEncoder().encode(endless) }
    }

    /// Encodes itself for ever.
    private final class Endless: Encodable {
        enum CodingKeys: CodingKey { case again }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(self, forKey: .again)
        }
    }
}
