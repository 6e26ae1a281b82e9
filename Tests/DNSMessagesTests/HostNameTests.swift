// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import FairDialTestKit
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// What the C library allows in a host's name (`res_hnok`).
struct HostNameTests {
    private static let long = String(repeating: "a", count: 63)

    @Test(arguments: [
        "a.test", "A-9.test", "_a.test", "a_.test", "a-.test", "a.-b.test", "x.test.-", "a_b", "_", ".", "a.",
        "1.2.3.4.5", "xn--",
        #"\a.test"#, #"\097.test"#, #"a\_b.test"#, "\(long).test", "\(long).\(long).\(long).\(long.dropLast(2))",
        "\(long).\(long).\(long).\(long.dropLast(2)).",
    ])
    func `is read as any name is`(text: String) throws {
        #expect(try DomainName(host: text).wire == DomainName(text).wire)
    }

    @Test(arguments: [
        ("x.test/path", DomainNameError.Reason.hostCharacter, 6, "a host name cannot contain \"/\", as at byte 6"),
        ("a@b.test", .hostCharacter, 1, "a host name cannot contain \"@\", as at byte 1"),
        ("a b.test", .hostCharacter, 1, "a host name cannot contain \" \", as at byte 1"),
        ("a.test\n", .hostCharacter, 6, #"a host name cannot contain "\n", as at byte 6"#),
        ("a\u{7F}", .hostCharacter, 1, #"a host name cannot contain "\u{7F}", as at byte 1"#),
        ("*.test", .hostCharacter, 0, "a host name cannot contain \"*\", as at byte 0"),
        (#"a\.b.test"#, .hostCharacter, 1, "a host name cannot contain \".\", as at byte 1"),
        (#"ab\047.test"#, .hostCharacter, 2, "a host name cannot contain \"/\", as at byte 2"),
        (#"a\\b"#, .hostCharacter, 1, #"a host name cannot contain "\\", as at byte 1"#),
        (#"a\200"#, .hostCharacter, 1, "a host name cannot contain \"byte 200\", as at byte 1"),
        ("-a.test", .leadingHyphen, 0, "a host name cannot begin with a hyphen"),
        (#"\045a"#, .leadingHyphen, 0, "a host name cannot begin with a hyphen"),
        (
            "mü.de", .notASCII, 1, "not ASCII at byte 1: write its A-label, which begins with xn--"
        ),
        (#"a\2"#, .badEscape, 1, "the backslash at byte 1 escapes nothing"),
        ("a..b", .emptyLabel, 2, "the label at byte 2 is empty"),
        ("", .empty, 0, "the name is empty"),
    ])
    func `is refused with the character and its place`(
        text: String,
        reason: DomainNameError.Reason,
        offset: Int,
        description: String
    ) {
        let error = #expect(throws: DomainNameError.self) { try DomainName(host: text) }
        #expect(error?.reason == reason)
        #expect(error?.offset == offset)
        #expect(error?.description == description)
    }

    #if canImport(Glibc)
        private typealias Oracle = @convention(c) (UnsafePointer<CChar>) -> CInt

        private static func oracle() throws -> (String) -> Bool {
            let symbol = try #require(dlsym(nil, "__res_hnok") ?? dlsym(nil, "res_hnok"))
            let oracle = unsafeBitCast(symbol, to: Oracle.self)
            return { oracle($0) != 0 }
        }

        private static func isHost(_ text: String) -> Bool { (try? DomainName(host: text)) != nil }

        @Test func `every ASCII character is the C library's to allow, at every place of a label`() throws {
            let oracle = try Self.oracle()
            for code in 1..<0x80 as Range<UInt8> {
                let character = Character(UnicodeScalar(code))
                for text in [
                    "\(character)a.test", "a\(character)a.test", "a\(character).test", "x.\(character)a.test",
                    "x.a\(character)",
                    "\(character)", "x.\(character)", "\(character).x", #"a\"# + "\(character)a",
                    #"\"# + "\(character)",
                ] {
                    #expect(Self.isHost(text) == oracle(text), "\(text.debugDescription)")
                }
            }
        }

        @Test(arguments: [1, 2, 3] as [UInt64])
        func `random names are the C library's to allow`(seed: UInt64) throws {
            let oracle = try Self.oracle()
            var generator = SeededGenerator(seed: seed)
            let pieces = [
                "a", "-", "_", ".", ".", "\\", "0", "1", "9", "/", " ", "*", "Z", "\\045", "\\.", "\\097", "é", "\u{1}",
                Self.long, String(Self.long.dropFirst()),
            ]
            var allowed = 0
            for _ in 0..<100_000 {
                let count = Int.random(in: 1...7, using: &generator)
                let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
                let isAllowed = oracle(text)
                if isAllowed { allowed += 1 }
                if Self.isHost(text) != isAllowed {
                    Issue.record("\(text.debugDescription): the C library says \(isAllowed)")
                }
            }
            #expect(allowed > 5_000)
        }
    #endif
}
