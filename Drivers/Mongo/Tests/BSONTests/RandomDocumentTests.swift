// SPDX-License-Identifier: Apache-2.0

import BSON
import Testing

@Suite struct `Random documents` {
    @Test func `come back the same from bytes, from values and from canonical extended JSON`() throws {
        var random = SeededGenerator(seed: 17)
        for _ in 0..<2_000 {
            let document = try random.document(depth: 4)
            #expect(try BSONDocument(validating: Array(document.bytes)) == document)
            #expect(try Corpus.rebuilt(document) == document)
            #expect(try BSONDocument(extendedJSON: document.extendedJSON(.canonical)) == document)
            let relaxed = document.extendedJSON(.relaxed)
            #expect(try BSONDocument(extendedJSON: relaxed).extendedJSON(.relaxed) == relaxed)
        }
    }

    /// What the validator lets through is read to its last byte: run it with `--sanitize=address` to see a wrong
    /// offset.
    @Test func `with damaged bytes are refused or read, and never trap: 100,000 of them`() throws {
        var random = SeededGenerator(seed: 18)
        var accepted = 0
        for _ in 0..<1_000 {
            let whole = Array(try random.document(depth: 3).bytes)
            for _ in 0..<100 {
                var bytes = whole
                for _ in 0...Int.random(in: 0...2, using: &random) {
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0:
                        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
                            in: 0...255,
                            using: &random
                        )
                    case 1:
                        bytes[Int.random(in: 0..<bytes.count, using: &random)] ^=
                            1 << UInt8.random(in: 0...7, using: &random)
                    case 2: bytes.remove(at: Int.random(in: 0..<bytes.count, using: &random))
                    default: bytes.insert(0, at: Int.random(in: 0..<bytes.count, using: &random))
                    }
                    if bytes.isEmpty { bytes = [0] }
                }
                do {
                    let document = try BSONDocument(validating: bytes)
                    accepted += 1
                    visit(document)
                    _ = document.extendedJSON(.relaxed)
                    #expect(try BSONDocument(validating: Array(Corpus.rebuilt(document).bytes)).count == document.count)
                } catch let error as BSONError {
                    #expect((0...bytes.count).contains(error.offset ?? -1), "\(error)")
                }
            }
        }
        #expect(accepted > 1_000)
    }

    private func visit(_ document: BSONDocument) {
        document.read { reader in
            while true {
                if reader.next() {
                    _ = reader.key
                    _ = reader.value
                    _ = reader.enter()
                } else if !reader.leave() {
                    return
                }
            }
        }
    }

    @Test func `as damaged text are refused or read, and never trap`() throws {
        var random = SeededGenerator(seed: 19)
        for _ in 0..<300 {
            let whole = Array(try random.document(depth: 3).extendedJSON(.canonical).utf8)
            for _ in 0..<20 {
                var text = whole
                let at = Int.random(in: 0..<text.count, using: &random)
                if Bool.random(using: &random) {
                    text.remove(at: at)
                } else {
                    text[at] = UInt8.random(in: 0...127, using: &random)
                }
                do {
                    _ = try BSONDocument(extendedJSON: String(decoding: text, as: UTF8.self))
                } catch {
                    #expect((0...text.count).contains(error.offset ?? -1), "\(error)")
                }
            }
        }
    }
}
