// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import Testing

@Suite struct `Embedded IPv4 address` {
    @Test(arguments: [
        // RFC 4291 §2.5.5.2 and §2.5.5.1.
        ("::ffff:192.0.2.33", "192.0.2.33"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("::ffff:0.0.0.0", "0.0.0.0"),
        ("::ffff:255.255.255.255", "255.255.255.255"),
        ("::192.0.2.33", "192.0.2.33"),
        ("::0.0.0.2", "0.0.0.2"),
        // RFC 6052 §2.4, the well-known prefix.
        ("64:ff9b::192.0.2.33", "192.0.2.33"),
        ("64:ff9b::", "0.0.0.0"),
        // RFC 3056 §2.
        ("2002:c000:221::", "192.0.2.33"),
        ("2002:c000:221:ffff:ffff:ffff:ffff:ffff", "192.0.2.33"),
        ("2002::", "0.0.0.0"),
        ("2002:7f00:1::1", "127.0.0.1"),
        // RFC 4380 §4 and §5.2.1: the server's address is 65.54.227.120, the client's 192.0.2.45.
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "192.0.2.45"),
        ("2001::", "255.255.255.255"),
        ("2001::ffff:ffff", "0.0.0.0"),
    ])
    func `is found in a mapped, compatible, NAT64, 6to4 or Teredo address`(text: String, embedded: String) throws {
        #expect(try IPv6Address(text).embeddedIPv4 == IPv4Address(embedded))
        #expect(try IPAddress(text).embeddedIPv4 == IPv4Address(embedded))
        #expect(try IPAddress(text + "%1").embeddedIPv4 == IPv4Address(embedded))
    }

    @Test(arguments: [
        "::", "::1", "::1:0:0", "::fffe:192.0.2.33", "::ffff:0:192.0.2.33", "1::ffff:192.0.2.33",
        "64:ff9b:1::192.0.2.33", "64:ff9b::1:c000:221", "64:ff9b:0:1::192.0.2.33", "64:ff9a::192.0.2.33",
        "2001:1::c000:221", "2001:db8::192.0.2.33", "2003:c000:221::", "2001:ffff:c000:221::", "fe80::c000:221",
        "ff02::c000:221",
    ])
    func `is not found in any other`(text: String) throws {
        #expect(try IPv6Address(text).embeddedIPv4 == nil)
        #expect(try IPAddress(text).embeddedIPv4 == nil)
    }

    @Test func `an IPv4 address has none`() throws {
        #expect(try IPAddress("192.0.2.33").embeddedIPv4 == nil)
    }

    @Test(arguments: [61] as [UInt64])
    func `every IPv4 address is found again`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<1_000 {
            let address = RandomValues.ipv4(using: &generator)
            let bits = UInt64(address.bits)
            #expect(IPv6Address(mapping: address).embeddedIPv4 == address)
            #expect(IPv6Address(high: 0x0064_FF9B_0000_0000, low: bits).embeddedIPv4 == address)
            #expect(IPv6Address(high: 0x2002 << 48 | bits << 16 | 7, low: .max).embeddedIPv4 == address)
            #expect(IPv6Address(high: 0x2001_0000_0000_0000 | bits, low: bits ^ 0xFFFF_FFFF).embeddedIPv4 == address)
            #expect(IPv6Address(high: 0, low: bits).embeddedIPv4 == (bits < 2 ? nil : address))
        }
    }
}
