// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import Testing

@Suite struct `Endpoint's text` {
    @Test(
        arguments: [
            ("192.0.2.1:80", "192.0.2.1", 80),
            ("192.0.2.1:0", "192.0.2.1", 0),
            ("192.0.2.1:65535", "192.0.2.1", .max),
            ("[2001:db8::1]:80", "2001:db8::1", 80),
            ("[::]:0", "::", 0),
            ("[::ffff:1.2.3.4]:443", "::ffff:1.2.3.4", 443),
            ("[fe80::1%eth0]:80", "fe80::1%eth0", 80),
            ("[fe80::1%3]:80", "fe80::1%3", 80),
            ("[fe80::1%eth0:1]:80", "fe80::1%eth0:1", 80),
            ("[fe80::1%a]]:80", "fe80::1%a]", 80),
        ] as [(String, String, UInt16)]
    )
    func `an address, in brackets if it is IPv6, a colon and a port`(text: String, address: String, port: UInt16) throws
    {
        let endpoint = try Endpoint(text)
        #expect(endpoint == Endpoint(address: try IPAddress(address), port: port))
        #expect(endpoint.description == text)
    }

    @Test(arguments: [
        Refusal("", .badPort, at: 0),
        Refusal("192.0.2.1", .badPort, at: 9),
        Refusal("192.0.2.1:", .badPort, at: 10),
        Refusal("192.0.2.1:65536", .badPort, at: 10),
        Refusal("192.0.2.1:99999999999999999999", .badPort, at: 10),
        Refusal("192.0.2.1:-1", .badPort, at: 10),
        Refusal("192.0.2.1:+80", .badPort, at: 10),
        Refusal("192.0.2.1: 80", .badPort, at: 10),
        Refusal("192.0.2.1:80 ", .badPort, at: 10),
        Refusal("192.0.2.1:http", .badPort, at: 10),
        Refusal("192.0.2.1:0x50", .badPort, at: 10),
        Refusal("192.0.2.1:8_0", .badPort, at: 10),
        Refusal("192.0.2.1:80\0", .badPort, at: 10),
        Refusal("192.0.2.1:\u{FF18}\u{FF10}", .badPort, at: 10),
        Refusal("[::1]:", .badPort, at: 6),
        Refusal("[::1]:65536", .badPort, at: 6),
        Refusal("::1:80", .badBrackets, at: 0),
        Refusal("2001:db8::1", .badBrackets, at: 0),
        Refusal("[::1]", .badBrackets, at: 0),
        Refusal("[::1:80", .badBrackets, at: 0),
        Refusal("::1]:80", .badBrackets, at: 0),
        Refusal("[192.0.2.1]:80", .badBrackets, at: 0),
        Refusal("[]:80", .badBrackets, at: 0),
        Refusal("[:80", .badBrackets, at: 0),
        Refusal("]:80", .badBrackets, at: 0),
        Refusal("[::1] :80", .badBrackets, at: 0),
        Refusal("[::1]80:80", .badBrackets, at: 0),
        Refusal("[[::1]]:80", unexpected: "[", at: 1),
        Refusal(":80", .empty, at: 0),
        Refusal("example.com:80", unexpected: "e", at: 0),
        Refusal("192.0.2.256:80", .octetOutOfRange, at: 10),
        Refusal("192.0.2.1%eth0:80", .zoneOnIPv4, at: 9),
        Refusal("[::g]:80", unexpected: "g", at: 3),
        Refusal("[fe80::1%]:80", .badZone, at: 9),
        Refusal("[fe80::1%0]:80", .badZone, at: 9),
        Refusal(String(repeating: ":", count: 65_536), .badBrackets, at: 0),
        Refusal("1.2.3.4:" + String(repeating: "9", count: 65_536), .badPort, at: 8),
        Refusal("[" + String(repeating: ":", count: 65_536) + "]:80", unexpected: ":", at: 3),
    ])
    func `a refusal says why, and at which byte of the whole text`(refusal: Refusal) {
        #expect(Refusal(of: refusal.text) { text throws(AddressParseError) in try Endpoint(text) } == refusal)
    }

    @Test func `the port sets endpoints apart, and what is equal has one hash`() throws {
        let texts = ["1.2.3.4:80", "1.2.3.4:81", "1.2.3.5:80", "[::1]:80", "[::1%1]:80", "[::ffff:1.2.3.4]:80"]
        #expect(Set(try texts.map { try Endpoint($0) }).count == texts.count)
        #expect(try Endpoint("[::1]:80").hashValue == Endpoint("[0::0.0.0.1]:80").hashValue)
    }
}
