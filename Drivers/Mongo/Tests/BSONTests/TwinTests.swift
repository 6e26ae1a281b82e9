// SPDX-License-Identifier: Apache-2.0

import BSON
import Testing

@Suite struct `The validator and its slow twin` {
    private func isAccepted(_ bytes: [UInt8]) -> Bool { (try? BSONDocument(validating: bytes)) != nil }

    @Test func `accept the same documents, damaged in one or two bytes`() throws {
        var random = SeededGenerator(seed: 23)
        var accepted = 0
        for _ in 0..<400 {
            let whole = Array(try random.document(depth: 3).bytes)
            for _ in 0..<50 {
                var bytes = whole
                for _ in 0...Int.random(in: 0...1, using: &random) {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    bytes[place] = UInt8.random(in: 0...255, using: &random)
                }
                let isGood = isAccepted(bytes)
                accepted += isGood ? 1 : 0
                #expect(isGood == SlowReader.accepts(bytes), "\(bytes)")
            }
        }
        #expect((1_000..<19_000).contains(accepted))
    }

    /// A document whose one string has these bytes.
    private func document(_ text: [UInt8]) -> [UInt8] {
        let size = UInt8(text.count + 13)
        return [size, 0, 0, 0, 2, 0x61, 0, UInt8(text.count + 1), 0, 0, 0] + text + [0, 0]
    }

    @Test func `accept the same text, for each start of a character, in its place and behind eight letters`() {
        let edges: [UInt8] = [0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF]
        for first in UInt8.min...UInt8.max {
            for second in edges {
                for third in edges {
                    for prefix in [[], Array("12345678".utf8)] {
                        for text in [[first], [first, second], [first, second, third], [first, second, third, 0x80]] {
                            let bytes = document(prefix + text)
                            let isText = String(validating: prefix + text, as: UTF8.self) != nil
                            if isAccepted(bytes) != isText { Issue.record("\(prefix + text): \(isText)") }
                        }
                    }
                }
            }
        }
    }
}
