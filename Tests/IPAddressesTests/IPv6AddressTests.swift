// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import Testing

@Suite struct `IPv6 address, RFC 4291 §2.2` {
    @Test(arguments: [
        // Item 1: eight groups.
        Reading("ABCD:EF01:2345:6789:ABCD:EF01:2345:6789", 0xABCD_EF01_2345_6789, 0xABCD_EF01_2345_6789),
        Reading("2001:DB8:0:0:8:800:200C:417A", 0x2001_0DB8_0000_0000, 0x0008_0800_200C_417A),
        Reading("FF01:0:0:0:0:0:0:101", 0xFF01_0000_0000_0000, 0x101),
        Reading("0:0:0:0:0:0:0:1", 0, 1),
        Reading("0:0:0:0:0:0:0:0", 0, 0),
        // Item 2: a gap.
        Reading("2001:DB8::8:800:200C:417A", 0x2001_0DB8_0000_0000, 0x0008_0800_200C_417A),
        Reading("FF01::101", 0xFF01_0000_0000_0000, 0x101),
        Reading("::1", 0, 1),
        Reading("::", 0, 0),
        // Item 3: an IPv4 tail.
        Reading("0:0:0:0:0:0:13.1.68.3", 0, 0x0D01_4403),
        Reading("0:0:0:0:0:FFFF:129.144.52.38", 0, 0xFFFF_8190_3426),
        Reading("::13.1.68.3", 0, 0x0D01_4403),
        Reading("::FFFF:129.144.52.38", 0, 0xFFFF_8190_3426),
        Reading("1:2:3:4:5:6:1.2.3.4", 0x0001_0002_0003_0004, 0x0005_0006_0102_0304),
        Reading("1:2:3:4:5::1.2.3.4", 0x0001_0002_0003_0004, 0x0005_0000_0102_0304),
        Reading("1::1.2.3.4", 0x0001_0000_0000_0000, 0x0102_0304),
        // Section 2.3.
        Reading("2001:0DB8:0000:CD30:0000:0000:0000:0000", 0x2001_0DB8_0000_CD30, 0),
        Reading("2001:0DB8::CD30:0:0:0:0", 0x2001_0DB8_0000_CD30, 0),
    ])
    func `the forms of the RFC are read`(reading: Reading) throws {
        #expect(try IPv6Address(reading.text) == reading.address)
    }

    @Test(arguments: [
        Reading("0000::0000", 0, 0),
        Reading("000::c0a8:0001", 0, 0xC0A8_0001),
        Reading("c0a8:1::", 0xC0A8_0001_0000_0000, 0),
        Reading("::1.2.3.42", 0, 0x0102_032A),
        Reading("::ffff:c0a8:101", 0, 0xFFFF_C0A8_0101),
        Reading("::ffff:192.168.1.1", 0, 0xFFFF_C0A8_0101),
        Reading("FE80::A", 0xFE80_0000_0000_0000, 0xA),
        Reading("1:2:3:4:5:6:7::", 0x0001_0002_0003_0004, 0x0005_0006_0007_0000),
        Reading("::2:3:4:5:6:7:8", 0x0000_0002_0003_0004, 0x0005_0006_0007_0008),
        Reading("1::3:4:5:6:7:8", 0x0001_0000_0003_0004, 0x0005_0006_0007_0008),
        Reading("1:2::4:5:6:7:8", 0x0001_0002_0000_0004, 0x0005_0006_0007_0008),
        Reading("1:2:3::5:6:7:8", 0x0001_0002_0003_0000, 0x0005_0006_0007_0008),
        Reading("1:2:3:4::6:7:8", 0x0001_0002_0003_0004, 0x0000_0006_0007_0008),
        Reading("1:2:3:4:5::7:8", 0x0001_0002_0003_0004, 0x0005_0000_0007_0008),
        Reading("1:2:3:4:5:6::8", 0x0001_0002_0003_0004, 0x0005_0006_0000_0008),
        Reading("1:2:3:4::", 0x0001_0002_0003_0004, 0),
        Reading("::5:6:7:8", 0, 0x0005_0006_0007_0008),
        Reading("1:2:3:4:5::", 0x0001_0002_0003_0004, 0x0005_0000_0000_0000),
        Reading("::4:5:6:7:8", 0x4, 0x0005_0006_0007_0008),
    ])
    func `a gap takes as many zeros as there is room for, one at least`(reading: Reading) throws {
        #expect(try IPv6Address(reading.text) == reading.address)
    }

    @Test(arguments: [
        Refusal("", .empty, at: 0),
        Refusal(":", .truncated, at: 1),
        Refusal("1", .truncated, at: 1),
        Refusal("dead", .truncated, at: 4),
        Refusal("FEDC:9878", .truncated, at: 9),
        Refusal("7:6:5:4:3:2:1", .truncated, at: 13),
        Refusal("7:6:5:4:3:2:1:", .truncated, at: 14),
        Refusal("7:6:5:4:3:42.42.42.42", unexpected: ".", at: 12),
        Refusal("2001:db8::1:", .truncated, at: 12),
        Refusal("::1.2.3", .truncated, at: 7),
        Refusal("::1.2.3.", .truncated, at: 8),
        Refusal("3ffe::127.0.1", .truncated, at: 13),
        Refusal(":1", unexpected: "1", at: 1),
        Refusal(":2001:db8::1", unexpected: "2", at: 1),
        Refusal(":::", unexpected: ":", at: 2),
        Refusal("2001:db8:::1", unexpected: ":", at: 10),
        Refusal("1::2::3::4:5", .secondGap, at: 5),
        Refusal("9:8:7:6:5:4:3::2:1", .gapWithoutRoom, at: 15),
        Refusal("1:2:3:4::5:6:7:8", .gapWithoutRoom, at: 14),
        Refusal("::8:7:6:5:4:3:2:1", .gapWithoutRoom, at: 15),
        Refusal("1:2:3:4:5:6:7::8", .gapWithoutRoom, at: 15),
        Refusal("8:7:6:5:4:3:2:1::", .gapWithoutRoom, at: 15),
        Refusal("1:2:3:4:5:6::1.2.3.4", .gapWithoutRoom, at: 14),
        Refusal("::2:3:4:5:6:7:1.2.3.4", .gapWithoutRoom, at: 15),
        Refusal("1:2:3:4:5:6:7:8:9", .tooManyParts, at: 15),
        Refusal("1:2:3:4:5:6:7:8:", .tooManyParts, at: 15),
        Refusal("1:2:3:4:5:6:7:1.2.3.4", .tooManyParts, at: 15),
        Refusal("::1.2.3.4.5", .tooManyParts, at: 9),
        Refusal("::1.2.3.4:", unexpected: ":", at: 9),
        Refusal("1.2.3.4::", unexpected: ".", at: 1),
        Refusal("1.2.3.4", unexpected: ".", at: 1),
        Refusal("1::2:3:4:5:6:7::", .gapWithoutRoom, at: 14),
        Refusal("::00000", .groupTooLong, at: 6),
        Refusal("3ffe::10000", .groupTooLong, at: 10),
        Refusal("02001:db8::", .groupTooLong, at: 4),
        Refusal("::12345.1.1.1", .groupTooLong, at: 6),
        Refusal("::ffff:01.2.3.4", .leadingZero, at: 8),
        Refusal("::ffff:1.2.3.256", .octetOutOfRange, at: 15),
        Refusal("::.1.2.3", unexpected: ".", at: 2),
        Refusal("3ffe::1.net", unexpected: "n", at: 8),
        Refusal("3ffe::goog", unexpected: "g", at: 6),
        Refusal("3ffe::-1", unexpected: "-", at: 6),
        Refusal("::1/24", unexpected: "/", at: 3),
        Refusal("::1%1", unexpected: "%", at: 3),
        Refusal("[::1]", unexpected: "[", at: 0),
        Refusal("::1]", unexpected: "]", at: 3),
        Refusal(" ::1", unexpected: " ", at: 0),
        Refusal("::1 ", unexpected: " ", at: 3),
        Refusal("::0x1", unexpected: "x", at: 3),
        Refusal("::1\0", unexpected: "\0", at: 3),
        Refusal("::\0001", unexpected: "\0", at: 2),
        Refusal("\u{FF1A}:1", .unexpectedByte(0xEF), at: 0),
        Refusal("::\u{FF11}", .unexpectedByte(0xEF), at: 2),
        Refusal("::1:\u{301}2", .unexpectedByte(0xCC), at: 4),
    ])
    func `a refusal says why, and at the first byte that cannot be accepted`(refusal: Refusal) {
        #expect(Refusal(of: refusal.text) { text throws(AddressParseError) in try IPv6Address(text) } == refusal)
    }

    @Test(arguments: [
        Refusal(String(repeating: ":", count: 65_536), unexpected: ":", at: 2),
        Refusal(String(repeating: "0", count: 65_536), .groupTooLong, at: 4),
        Refusal(String(repeating: "1:", count: 32_768), .tooManyParts, at: 15),
        Refusal("::" + String(repeating: "1:", count: 32_768), .gapWithoutRoom, at: 15),
        Refusal(String(repeating: "1::", count: 21_846), .secondGap, at: 5),
        Refusal("::1" + String(repeating: "\0", count: 65_536), unexpected: "\0", at: 3),
        Refusal("::" + String(repeating: "1.", count: 32_768), .tooManyParts, at: 9),
    ])
    func `a text of 64 KiB is refused where it goes wrong`(refusal: Refusal) {
        #expect(Refusal(of: refusal.text) { text throws(AddressParseError) in try IPv6Address(text) } == refusal)
    }

    @Test func `every group is read and printed in every place, in either case`() throws {
        for place in 0..<8 {
            for bit in 0..<16 {
                let group = UInt64(1) << UInt64(bit)
                var groups = Array(repeating: "1", count: 8)
                groups[place] = String(group, radix: 16, uppercase: true)
                let address = try IPv6Address(groups.joined(separator: ":"))
                let half = place < 4 ? address.high : address.low
                #expect(half >> UInt64(48 - place % 4 * 16) & 0xFFFF == group)
                groups[place] = String(group, radix: 16)
                #expect(address.description == groups.joined(separator: ":"))
            }
        }
    }

    @Test func `the constants are what the RFCs call so`() throws {
        #expect(try IPv6Address("::") == .unspecified)
        #expect(try IPv6Address("::1") == .loopback)
    }

    @Test func `a mapped address gives its IPv4 address back, and its neighbours have none`() throws {
        let address = try IPv4Address("192.0.2.7")
        #expect(try IPv6Address("::ffff:192.0.2.7") == IPv6Address(mapping: address))
        #expect(IPv6Address(mapping: address).mappedIPv4 == address)
        #expect(IPv6Address(mapping: .unspecified).mappedIPv4 == .unspecified)
        #expect(IPv6Address(mapping: .broadcast).mappedIPv4 == .broadcast)
        for text in ["::fffe:c000:207", "::1:ffff:c000:207", "1::ffff:c000:207", "::192.0.2.7", "::1:0:c000:207"] {
            #expect(try IPv6Address(text).mappedIPv4 == nil)
        }
    }
}

/// A row of a table: a text and the address it stands for.
struct Reading: Sendable, CustomTestStringConvertible {
    let text: String
    let address: IPv6Address

    init(_ text: String, _ high: UInt64, _ low: UInt64) {
        self.text = text
        self.address = IPv6Address(high: high, low: low)
    }

    var testDescription: String { text }
}
