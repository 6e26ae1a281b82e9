// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit

/// Texts that are nearly addresses: corpus texts with a few bytes changed, taken out, put in, or doubled.
enum Mutation {
    static let ipv4: [String] = [
        "0.0.0.0", "127.0.0.1", "1.2.3.4", "192.168.0.1", "255.255.255.255", "198.51.100.99", "10.0.0.0", "100.64.9.25",
        "42.42.42", "016.016.016.016", "256.0.0.1", "1.2.3.4.5", "0x0a.1.2.3", "42..42.42.42",
    ]

    static let ipv6: [String] = [
        "::", "::1", "fe80::a", "2001:db8::8:800:200c:417a", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8",
        "1:2:3:4::6:7:8", "::ffff:192.168.1.1", "::1.2.3.42", "1:2:3:4:5:6:1.2.3.4", "c0a8:1::", "0000::0000",
        "abcd:ef01:2345:6789:abcd:ef01:2345:6789", "64:ff9b::203.0.113.9", "FF01::101", "1::2::3", "3ffe::127.0.1",
    ]

    /// What takes the place of a byte: what addresses are made of, most of the time, and what they are not.
    private static let bytes = Array("0123456789.:0123456789abcdefABCDEF::..%/[] xgX-+\u{7F}\t\u{FF11}".utf8)

    /// One to three changes to a text of the corpus; none in one of eight.
    static func text(of corpus: [String], using generator: inout SeededGenerator) -> String {
        var text = Array(corpus.pick(&generator).utf8)
        for _ in 0..<[0, 1, 1, 1, 1, 2, 2, 3].pick(&generator) { change(&text, using: &generator) }
        return String(decoding: text, as: UTF8.self)
    }

    private static func change(_ text: inout [UInt8], using generator: inout SeededGenerator) {
        guard !text.isEmpty else { return }
        let place = text.indices.pick(&generator)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: text.remove(at: place)
        case 1: text.insert(bytes.pick(&generator), at: place)
        case 2: text.append(bytes.pick(&generator))
        case 3: text.swapAt(place, text.indices.pick(&generator))
        case 4: text.insert(contentsOf: text[place...].prefix(4), at: place)
        default: text[place] = bytes.pick(&generator)
        }
    }
}
