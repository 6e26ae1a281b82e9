// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
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
        // RFC 2765 §2.1.
        ("::ffff:0:192.0.2.33", "192.0.2.33"),
        ("::ffff:0:0:0", "0.0.0.0"),
        // RFC 5214 §6.1, with and without the bit for "unique in the world".
        ("fe80::5efe:192.0.2.33", "192.0.2.33"),
        ("2001:db8::200:5efe:192.0.2.33", "192.0.2.33"),
    ])
    func `is found in a mapped, compatible, translated, NAT64, 6to4, Teredo or ISATAP address`(
        text: String,
        embedded: String
    ) throws {
        #expect(try IPv6Address(text).embeddedIPv4 == IPv4Address(embedded))
        #expect(try IPAddress(text).embeddedIPv4 == IPv4Address(embedded))
        #expect(try IPAddress(text + "%1").embeddedIPv4 == IPv4Address(embedded))
    }

    @Test(arguments: [
        "::", "::1", "::1:0:0", "::fffe:192.0.2.33", "::ffff:1:192.0.2.33", "::fffe:0:192.0.2.33", "1::ffff:192.0.2.33",
        "64:ff9b:1::192.0.2.33", "64:ff9b::1:c000:221", "64:ff9b:0:1::192.0.2.33", "64:ff9a::192.0.2.33",
        "2001:1::c000:221", "2001:db8::192.0.2.33", "2003:c000:221::", "2001:ffff:c000:221::", "fe80::c000:221",
        "ff02::c000:221", "2001:db8::100:5efe:192.0.2.33", "2001:db8::5eff:192.0.2.33", "1::ffff:0:192.0.2.33",
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

/// All that an address may lead to, for a policy: one too many is a refusal that can be explained, one too few a hole.
@Suite struct `Embedded IPv4 addresses` {
    private func found(_ text: String, behind prefixes: String...) throws -> [String] {
        let prefixes = try prefixes.map { try #require(NAT64Prefix(try IPNetwork($0))) }
        return try IPv6Address(text).embeddedIPv4Addresses(behind: prefixes).map { "\($0)" }
    }

    @Test(arguments: [
        ("::ffff:10.0.0.1", ["10.0.0.1"], true), ("::10.0.0.1", ["10.0.0.1"], true),
        ("::ffff:0:10.0.0.1", ["10.0.0.1"], true),
        ("64:ff9b::10.0.0.1", ["10.0.0.1"], true), ("2002:a00:1::1", ["10.0.0.1"], true),
        // The client's, and the server's.
        ("2001:0:a00:1:8000:63bf:3fff:fdd2", ["192.0.2.45", "10.0.0.1"], true),
        ("2001:0:102:304:0:5efe:f7f7:f7f7", ["8.8.8.8", "1.2.3.4"], true),
        // The tunnel, and the tunnel in the tunnel.
        ("2002:808:808::5efe:10.0.0.1", ["8.8.8.8", "10.0.0.1"], true),
        ("2606:4700::5efe:10.0.0.1", ["10.0.0.1"], false), ("2606:4700::200:5efe:a00:1", ["10.0.0.1"], false),
        // 48, 56, 64 and 96 bits, where something stands there.
        ("64:ff9b:1:a00:0:100::", ["10.0.0.1", "0.0.1.0", "0.1.0.0"], false),
        ("64:ff9b:1:a:0:1::", ["0.10.0.0", "10.0.0.1", "0.0.1.0"], false),
        ("64:ff9b:1::a:0:100:0", ["0.0.10.0", "0.10.0.0", "10.0.0.1", "1.0.0.0"], false),
        ("64:ff9b:1::10.0.0.1", ["0.0.0.10", "10.0.0.1"], false), ("64:ff9b:1::", ["0.0.0.0"], false),
        ("2606:4700::1", [], false), ("::1", [], false), ("::", [], false),
    ])
    func `are all of them, and whether they stand for the address`(text: String, expected: [String], isAll: Bool) throws
    {
        let found = try IPv6Address(text).embeddedIPv4Addresses()
        #expect(found.map { "\($0)" } == expected)
        #expect(found.areAllThatIsReached == isAll)
    }

    // RFC 6052 §2.4.
    @Test(arguments: [
        ("2001:db8::/32", "2001:db8:c000:221::"), ("2001:db8:100::/40", "2001:db8:1c0:2:21::"),
        ("2001:db8:122::/48", "2001:db8:122:c000:2:2100::"), ("2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"),
        ("2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::"),
        ("2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33"),
        ("64:ff9b:1::/48", "64:ff9b:1:c000:2:2100::"), ("64:ff9b:1:fffe::/96", "64:ff9b:1:fffe::192.0.2.33"),
    ])
    func `stand behind a prefix that is known, whatever is in the bits between and behind`(
        prefix: String,
        address: String
    ) throws {
        #expect(try found(address, behind: prefix).contains("192.0.2.33"))
        #expect(try found(address, behind: prefix).count == 1)
        #expect(try found("2620::1", behind: prefix) == [])
        #expect(
            try !IPv6Address(address).embeddedIPv4Addresses().contains { "\($0)" == "192.0.2.33" }
                || address.hasPrefix("64:")
        )
        var address = try IPv6Address(address)
        if try IPNetwork(prefix).prefixLength < 96 {
            address.low |= 0xFF00_0000_0000_00FF
            let known = try #require(NAT64Prefix(try IPNetwork(prefix)))
            #expect(address.embeddedIPv4Addresses(behind: [known]).map { "\($0)" } == ["192.0.2.33"])
        }
    }

    @Test(arguments: ["10.0.0.0/8", "2001:db8::/33", "2001:db8:0:0:100::/96", "::/0", "2001:db8::1/128"])
    func `have no prefix of another kind`(text: String) throws {
        #expect(NAT64Prefix(try IPNetwork(text)) == nil)
    }

    @Test func `have as many prefixes as there are lengths, the same one twice is one`() throws {
        let address = try IPv6Address("0:0:102:304:5:607:808:a0b")
        let known = try [32, 40, 48, 56, 64, 96, 96].map { length in
            try #require(IPNetwork(containing: .v6(address, zone: nil), prefixLength: length).flatMap(NAT64Prefix.init))
        }
        let found = address.embeddedIPv4Addresses(behind: known)
        #expect(found.map { "\($0)" } == ["1.2.3.4", "2.3.4.5", "3.4.5.6", "4.5.6.7", "5.6.7.8", "8.8.10.11"])
    }

    @Test func `tell of the network's prefixes, RFC 7050`() throws {
        let answers = try [
            "64:ff9b::192.0.0.170", "64:ff9b::192.0.0.171", "2001:db8:122:344:c0:0:aa00::", "2001:db8::192.0.0.172",
            "2001:db8::1",
        ]
        .map { try IPv6Address($0) }
        let prefixes = NAT64Prefix.all(in: answers)
        #expect(prefixes.map { "\($0.network)" } == ["64:ff9b::/96", "2001:db8:122:344::/64"])
        #expect(prefixes.first == .wellKnown)
    }
}
