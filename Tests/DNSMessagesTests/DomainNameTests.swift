// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import Testing

struct DomainNameTests {
    @Test(arguments: [
        ("example.org", "example.org"), ("example.org.", "example.org"), (".", "."), ("EXAMPLE.Org", "EXAMPLE.Org"),
        (#"a\.b.org"#, #"a\.b.org"#), (#"a\046b.org"#, #"a\.b.org"#), (#"\000\255.org"#, #"\000\255.org"#),
        (#"a\ b"#, #"a\032b"#), ("_ldap._tcp", "_ldap._tcp"), (#"\\"#, #"\\"#), ("ü", #"\195\188"#),
    ])
    func `a name is read, printed, and read again as the same`(_ text: String, _ printed: String) throws {
        let name = try DomainName(text)
        #expect(name.description == printed)
        let again = try DomainName(printed)
        #expect(again.wire == name.wire)
    }

    @Test(arguments: [
        ("", DomainNameError.Reason.empty, 0), ("..", .emptyLabel, 0), (".a", .emptyLabel, 0), ("a..b", .emptyLabel, 2),
        ("a..", .emptyLabel, 2), (#"a\"#, .badEscape, 1), (#"a\25"#, .badEscape, 1), (#"a\256"#, .badEscape, 1),
        (#"a\2x5"#, .badEscape, 1), (String(repeating: "a", count: 64), .longLabel, 63),
    ])
    func `what is no name is refused with the reason and the place`(
        _ text: String,
        _ reason: DomainNameError.Reason,
        _ offset: Int
    ) {
        let error = #expect(throws: DomainNameError.self) { try DomainName(text) }
        #expect(error?.reason == reason)
        #expect(error?.offset == offset)
    }

    @Test func `255 bytes on the wire are a name, and 256 are none`() throws {
        let label = String(repeating: "a", count: 63)
        let longest = [label, label, label, String(repeating: "b", count: 61)].joined(separator: ".")
        #expect(try DomainName(longest).wire.count == 255)
        #expect(try DomainName(longest + ".").wire.count == 255)
        #expect(throws: DomainNameError.self) { try DomainName(longest + "b") }
        #expect(throws: DomainNameError.self) { try DomainName(longest + ".c") }
        #expect(throws: DomainNameError.self) { try DomainName("c").appending(DomainName(longest)) }
    }

    @Test func `case does not tell names apart, and is kept`() throws {
        let (upper, lower) = (try DomainName("WWW.Example.ORG"), try DomainName("www.example.org"))
        #expect(upper == lower)
        #expect(upper.hashValue == lower.hashValue)
        #expect(upper.wire != lower.wire)
        // Only letters have case: "[" and "{" are 0x20 apart as well.
        #expect(try DomainName("[") != DomainName("{"))
        #expect(try DomainName("@") != DomainName("`"))
    }

    @Test func `a name knows its labels, its parent and what it is within`() throws {
        let name = try DomainName("a.b.example")
        #expect(name.labels.map { String(decoding: $0, as: UTF8.self) } == ["a", "b", "example"])
        #expect(name.labelCount == 3)
        #expect(name.parent == (try DomainName("b.example")))
        #expect(DomainName.root.parent == nil)
        #expect(try name.isWithin(DomainName("B.Example")))
        #expect(name.isWithin(name))
        #expect(name.isWithin(.root))
        #expect(try !name.isWithin(DomainName("xample")))
        #expect(try !DomainName("ab.example").isWithin(DomainName("b.example")))
        #expect(try DomainName(labels: [Array("a".utf8), Array("b".utf8)]) == DomainName("a.b"))
        #expect(throws: DomainNameError.self) { try DomainName(labels: [[UInt8]()]) }
    }
}
