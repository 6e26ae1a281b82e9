// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IPAddresses

@Suite struct `Texts from outside` {
    @Test(arguments: [
        ("", ""), ("db.example.org:27017", "db.example.org:27017"), ("münchen.de", "münchen.de"),
        ("a\\b \"c\"", "a\\b \"c\""),
        ("a\nb", "a\\nb"), ("a\r\nb", "a\\r\\nb"), ("\u{1B}[31m", "\\u{1B}[31m"), ("\u{0}", "\\0"),
        ("\u{7F}", "\\u{7F}"),
        ("\u{9B}31m", "\\u{009B}31m"), ("x\u{202E}y", "x\\u{202E}y"), ("x\u{2028}y", "x\\u{2028}y"),
        ("x\u{200D}y", "x\\u{200D}y"), ("😀", "😀"),
    ])
    func `stand on one line, with nothing hidden`(text: String, printable: String) {
        #expect(text.printable == printable)
        #expect(text.printable.printable == text.printable)
    }

    @Test func `keep their lines where that is wanted`() {
        #expect("Error: \u{1B}x\nUsage: y\n".printableLines == "Error: \\u{1B}x\nUsage: y\n")
    }

    @Test func `no control character of all there are comes through`() {
        let scalars = (0..<0x30_000 as Range<UInt32>).compactMap(Unicode.Scalar.init)
        let text = String(String.UnicodeScalarView(scalars)).printable
        #expect(text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
        #expect(text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .format })
    }
}

@Suite struct `Durations from outside` {
    @Test(arguments: [
        (Duration.zero, Duration.zero), (.seconds(1), .seconds(1)), (.nanoseconds(-1), .zero),
        (.seconds(1_000_000_000), .seconds(1_000_000_000)), (.seconds(1_000_000_001), .seconds(1_000_000_000)),
        (.seconds(Int64.max), .seconds(1_000_000_000)), (.seconds(Int64.min), .zero),
        (Duration(attoseconds: .max), .seconds(1_000_000_000)), (Duration(attoseconds: .min), .zero),
    ])
    func `are brought from zero to 31 years`(duration: Duration, bounded: Duration) {
        #expect(duration.bounded == bounded)
        #expect(.nanoseconds(duration.boundedNanoseconds) == bounded)
    }

    @Test(arguments: [
        (Duration.seconds(1), Duration.seconds(2), Duration.seconds(3)),
        (.seconds(1), .seconds(-2), .seconds(-1)),
        (Duration(attoseconds: .max), .nanoseconds(1), Duration(attoseconds: .max)),
        (Duration(attoseconds: .min), .nanoseconds(-1), Duration(attoseconds: .min)),
        (.nanoseconds(-1), Duration(attoseconds: .min), Duration(attoseconds: .min)),
        (Duration(attoseconds: .max), Duration(attoseconds: .min), Duration(attoseconds: -1)),
    ])
    func `add up as far as there are durations`(left: Duration, right: Duration, sum: Duration) {
        #expect(left.saturating(plus: right) == sum)
    }
}
