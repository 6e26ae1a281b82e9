// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NameResolution
import Testing

@Suite struct `Lookup question` {
    @Test(arguments: [
        ("db.example", "DB.Example"), ("x", "X"), ("", ""), ("bücher.example", "BüCHER.EXAMPLE"),
        ("Ä.example", "Ä.EXAMPLE"),
    ])
    func `names that differ in ASCII case alone are one question`(left: String, right: String) {
        #expect(LookupQuestion(name: left) == LookupQuestion(name: right))
        #expect(Set([LookupQuestion(name: left), LookupQuestion(name: right)]).count == 1)
    }

    @Test(arguments: [
        ("db.example", "db.example."), ("a", "b"), ("I", "\u{131}"),
        // No names in DNS, so their bytes tell them apart, two spellings of one character too.
        ("ä/.example", "Ä/.EXAMPLE"), ("k/.example", "\u{212A}/.EXAMPLE"), ("\u{e9}/.example", "e\u{301}/.example"),
        ("\u{c5}/.example", "\u{212B}/.example"), ("\u{130}/X", "i\u{307}/x"),
    ])
    func `names that differ in more are two`(left: String, right: String) {
        #expect(LookupQuestion(name: left) != LookupQuestion(name: right))
        #expect(Set([LookupQuestion(name: left), LookupQuestion(name: right)]).count == 2)
    }

    @Test(
        .enabled(if: (try? InternationalName.ascii("ü.test")) != nil, "needs libidn2"),
        arguments: [
            ("ä.example", "Ä.EXAMPLE"), ("k.example", "\u{212A}.EXAMPLE"), ("\u{e9}.example", "e\u{301}.example"),
            ("\u{c5}.example", "\u{212B}.example"), ("é.example", "xn--9ca.example"),
        ]
    )
    func `names that are one in DNS are one question`(left: String, right: String) {
        #expect(LookupQuestion(name: left) == LookupQuestion(name: right))
        #expect(Set([LookupQuestion(name: left), LookupQuestion(name: right)]).count == 1)
    }

    @Test func `other families are another question`() {
        let questions = [.both, .ipv4, .ipv6].map { LookupQuestion(name: "db.example", families: $0) }
        #expect(Set(questions).count == 3)
        #expect(LookupQuestion(name: "db.example").families == .both)
    }

    @Test func `other bindings are another question, and none are one of their own`() {
        let services: [BindingQuestion?] = [
            nil, .https(port: 443), .https(port: 8_443), .scheme("dns"), .scheme("dns", port: 853), .scheme("https"),
        ]
        #expect(Set(services.map { LookupQuestion(name: "db.example", service: $0) }).count == services.count)
        #expect(
            LookupQuestion(name: "DB.example", service: .https(port: 443))
                == LookupQuestion(name: "db.example", service: .https(port: 443))
        )
    }

    @Test func `bindings at the scheme's own port are asked for in two ways, and are one question`() {
        let named = LookupQuestion(name: "db.example", service: .https(port: 443))
        let unnamed = LookupQuestion(name: "db.example", service: .https())
        #expect(named == unnamed)
        #expect(named.hashValue == unnamed.hashValue)
        #expect(unnamed.service == .https(port: 443))
    }

    @Test func `the name stays as it was written`() {
        let question = LookupQuestion(name: "DB.Example")
        #expect(question.name == "DB.Example")
        #expect(question.key == "db.example")
    }

    @Test func `only ASCII letters are lowered`() {
        #expect(LookupQuestion(name: "@AZ[`az{ÄÖ").key == "@az[`az{ÄÖ")
    }
}
