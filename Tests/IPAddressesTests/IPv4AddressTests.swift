// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import Testing

@Suite struct `IPv4 address` {
    @Test(
        arguments: [
            ("0.0.0.0", 0),
            ("127.0.0.1", 0x7F00_0001),
            ("1.2.3.4", 0x0102_0304),
            ("10.20.30.40", 0x0A14_1E28),
            ("192.0.2.235", 0xC000_02EB),
            ("198.51.100.99", 0xC633_6463),
            ("249.250.199.200", 0xF9FA_C7C8),
            ("255.255.255.255", .max),
        ] as [(String, UInt32)]
    )
    func `four decimal octets are an address, and print as they were`(text: String, bits: UInt32) throws {
        let address = try IPv4Address(text)
        #expect(address == IPv4Address(bits: bits))
        #expect(address.description == text)
    }

    @Test func `every octet is read and printed in every place`() throws {
        for octet in 0...255 as ClosedRange<UInt32> {
            for place in 0..<4 {
                var parts = ["1", "2", "3", "4"]
                parts[place] = "\(octet)"
                let text = parts.joined(separator: ".")
                let address = try IPv4Address(text)
                #expect(address.bits >> UInt32(24 - place * 8) & 0xFF == octet)
                #expect(address.description == text)
            }
        }
    }

    @Test(arguments: [
        Refusal("", .empty, at: 0),
        Refusal("1", .truncated, at: 1),
        Refusal("1.", .truncated, at: 2),
        Refusal("42.42.42", .truncated, at: 8),
        Refusal("1.2.3.", .truncated, at: 6),
        Refusal(".", unexpected: ".", at: 0),
        Refusal("...", unexpected: ".", at: 0),
        Refusal(".42.42.42.42", unexpected: ".", at: 0),
        Refusal("42..42.42.42", unexpected: ".", at: 3),
        Refusal("42.42.42.42.", .tooManyParts, at: 11),
        Refusal("1.2.3.4.5", .tooManyParts, at: 7),
        Refusal("257.0.0.0", .octetOutOfRange, at: 2),
        Refusal("256.0.0.0", .octetOutOfRange, at: 2),
        Refusal("192.168.0.999", .octetOutOfRange, at: 12),
        Refusal("1000", .octetOutOfRange, at: 3),
        Refusal("1000000000000000", .octetOutOfRange, at: 3),
        Refusal("4294967297.0.0.0", .octetOutOfRange, at: 2),
        Refusal("000", .leadingZero, at: 1),
        Refusal("016.016.016.016", .leadingZero, at: 1),
        Refusal("192.168.000.001", .leadingZero, at: 9),
        Refusal("1.2.3.040", .leadingZero, at: 7),
        Refusal("-0.0.0.0", unexpected: "-", at: 0),
        Refusal("+0.0.0.0", unexpected: "+", at: 0),
        Refusal(" 1.2.3.4", unexpected: " ", at: 0),
        Refusal("127.0.0.1 ", unexpected: " ", at: 9),
        Refusal("127.0.0.1\n", unexpected: "\n", at: 9),
        Refusal("1.2.3.4e0", unexpected: "e", at: 7),
        Refusal("1.2.3.4/24", unexpected: "/", at: 7),
        Refusal("1.2.3.4::", unexpected: ":", at: 7),
        Refusal("1.a.2.3", unexpected: "a", at: 2),
        Refusal("0x0a", unexpected: "x", at: 1),
        Refusal("0x0a.0x0a.0x0a.0x0a", unexpected: "x", at: 1),
        Refusal("1e100.net", unexpected: "e", at: 1),
        Refusal("1.2.3.4\0", unexpected: "\0", at: 7),
        Refusal("1.2.\0003.4", unexpected: "\0", at: 4),
        Refusal("\u{FF11}.2.3.4", .unexpectedByte(0xEF), at: 0),
        Refusal("1.2.3\u{FF0E}4", .unexpectedByte(0xEF), at: 5),
        Refusal("1.2.3.4\u{301}", .unexpectedByte(0xCC), at: 7),
        Refusal("1.2.3.\u{663}", .unexpectedByte(0xD9), at: 6),
    ])
    func `a refusal says why, and at which byte`(refusal: Refusal) {
        #expect(Refusal(of: refusal.text) { text throws(AddressParseError) in try IPv4Address(text) } == refusal)
    }

    @Test(arguments: [
        Refusal(String(repeating: "1", count: 65_536), .octetOutOfRange, at: 3),
        Refusal(String(repeating: "0", count: 65_536), .leadingZero, at: 1),
        Refusal(String(repeating: "1.", count: 32_768), .tooManyParts, at: 7),
        Refusal("1.2.3.4" + String(repeating: " ", count: 65_536), unexpected: " ", at: 7),
        Refusal(String(repeating: "\0", count: 65_536), unexpected: "\0", at: 0),
    ])
    func `a text of 64 KiB is refused where it goes wrong`(refusal: Refusal) {
        #expect(Refusal(of: refusal.text) { text throws(AddressParseError) in try IPv4Address(text) } == refusal)
    }

    @Test func `a part of a longer text is read alone, and its offsets count from its beginning`() throws {
        let line = "from 192.0.2.7 to 192.0.2.x"
        #expect(try IPv4Address(line.dropFirst(5).prefix(9)) == IPv4Address(bits: 0xC000_0207))
        let rest = String(line.dropFirst(18))
        #expect(
            Refusal(of: rest) { _ throws(AddressParseError) in try IPv4Address(line.dropFirst(18)) }
                == Refusal(rest, unexpected: "x", at: 8)
        )
    }

    @Test func `the constants are what the RFCs call so`() throws {
        #expect(try IPv4Address("0.0.0.0") == .unspecified)
        #expect(try IPv4Address("127.0.0.1") == .loopback)
        #expect(try IPv4Address("255.255.255.255") == .broadcast)
    }
}
