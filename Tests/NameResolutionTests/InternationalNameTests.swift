// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NameResolution
import TestHelpers
import Testing

@Suite struct `International names` {
    /// Whether the system's libidn2 is installed.
    private static let areConverted = (try? InternationalName.ascii("ü.test")) != nil

    @Test(
        .enabled(if: areConverted, "needs libidn2"),
        arguments: [
            ("münchen.de", "xn--mnchen-3ya.de"), ("MÜNCHEN.de", "xn--mnchen-3ya.de"), ("straße.de", "xn--strae-oqa.de"),
            ("u\u{308}.test", "xn--tda.test"), ("日本語.jp", "xn--wgv71a119e.jp"), ("a_b.é.", "a_b.xn--9ca."),
            ("é\u{3002}test", "xn--9ca.test"), ("plain.test", "plain.test"), ("Plain/", "Plain/"),
        ]
    )
    func `are their A-labels in DNS`(text: String, ascii: String) throws {
        #expect(try InternationalName.ascii(text) == ascii)
    }

    @Test(
        .enabled(if: areConverted, "needs libidn2"),
        arguments: [
            ("é/x.test", DomainNameError.Reason.hostCharacter, 2), ("a@é.test", .hostCharacter, 1),
            (#"é\.x"#, .hostCharacter, 2), ("☃.net", .notASCII, 0), ("aא.test", .notASCII, 1),
            ("a\u{200C}b.test", .notASCII, 1), (String(repeating: "é", count: 60), .notASCII, 0),
            // These come to "a/c.test", "127.1" and "a:b".
            ("\u{2100}.test", .notASCII, 0), ("１２７.1", .notASCII, 0), ("a：b", .notASCII, 1),
        ]
    )
    func `that have none are refused, with the place`(text: String, reason: DomainNameError.Reason, offset: Int) {
        let error = #expect(throws: DomainNameError.self) { try InternationalName.host(text) }
        #expect(error?.reason == reason)
        #expect(error?.offset == offset)
    }

    @Test func `never go out as they are`() throws {
        for text in ["münchen.de", "☃.net", "\u{FFFD}"] {
            let name = try? InternationalName.host(text).name
            #expect(name?.wire.allSatisfy { $0 < 0x80 } != false)
        }
    }

    @Test(.enabled(if: areConverted, "needs libidn2"))
    func `share one key with their A-labels, and keep their spelling`() {
        let question = LookupQuestion(name: "MÜNCHEN.De")
        #expect(question == LookupQuestion(name: "xn--Mnchen-3ya.de"))
        #expect(question.hashValue == LookupQuestion(name: "xn--mnchen-3ya.de").hashValue)
        #expect(question.name == "MÜNCHEN.De")
        #expect(question.key == "xn--mnchen-3ya.de")
    }

    @Test(arguments: ["sp@ce", "sla/sh", "*", "-dash", "a..b", "münchen.de", "☃.net", "a\u{1}b"])
    func `and odd ones are found in the hosts file as they stand there`(name: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("192.0.2.1 \(name)\n", to: "hosts")
        let names = LocalNames(hostsPath: folder.path("hosts"), nameServiceSwitchPath: folder.path("nsswitch.conf"))
        #expect(names.answer(LookupQuestion(name: name))?.addresses == [.v4(IPv4Address(bits: 0xC000_0201))])
    }

    @Test(.enabled(if: areConverted, "needs libidn2"))
    func `are found in the hosts file under their A-labels too`() throws {
        let folder = try TemporaryFolder()
        try folder.write("192.0.2.1 xn--mnchen-3ya.de\n192.0.2.2 bücher.de\n192.0.2.3 xn--bcher-kva.de\n", to: "hosts")
        let names = LocalNames(hostsPath: folder.path("hosts"), nameServiceSwitchPath: folder.path("nsswitch.conf"))
        func last(_ name: String) -> String? {
            names.answer(LookupQuestion(name: name))?.addresses.map(\.description).joined()
        }
        #expect(last("münchen.de") == "192.0.2.1")
        #expect(last("bücher.de") == "192.0.2.2")
        #expect(last("XN--bcher-kva.de") == "192.0.2.3")
    }
}
