// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import Testing

/// A zone by the name of an interface, which must be one.
private func named(_ name: String) throws -> Zone {
    .name(try #require(InterfaceName(name)))
}

@Suite struct `Address of either family` {
    @Test func `a colon makes it an IPv6 address`() throws {
        #expect(try IPAddress("192.0.2.1") == .v4(IPv4Address(bits: 0xC000_0201)))
        #expect(try IPAddress("::1") == .v6(.loopback, zone: nil))
        #expect(try IPAddress("::ffff:1.2.3.4").family == .ipv6)
        #expect(try IPAddress("1.2.3.4").family == .ipv4)
    }

    @Test(
        arguments: [
            ("fe80::1%1", 1), ("fe80::1%01", 1), ("fe80::1%4294967295", .max),
            ("fe80::1%0000000000000000000000001", 1), ("2001:db8::1%7", 7), ("::ffff:1.2.3.4%7", 7),
        ] as [(String, UInt32)]
    )
    func `any IPv6 address may have an index as its zone`(text: String, index: UInt32) throws {
        let plain = String(text.prefix { $0 != "%" })
        #expect(try IPAddress(text) == .v6(IPv6Address(plain), zone: .index(index)))
    }

    @Test(arguments: [
        "eth0", "ETH0", "0x4", "-1", "+4", "e", "br-0123456789ab", "vlan.7", "é", "\u{FF11}", "lo", "ééééééé",
    ])
    func `any IPv6 address may have a name as its zone`(name: String) throws {
        for address in ["fe80::1", "::1", "2001:db8::1"] {
            #expect(try IPAddress("\(address)%\(name)") == .v6(IPv6Address(address), zone: named(name)))
        }
        #expect(try named(name).description == name)
    }

    @Test(arguments: [
        Refusal("", .empty, at: 0),
        Refusal("%", .empty, at: 0),
        Refusal("%eth0", .empty, at: 0),
        Refusal("1.2.3.4%", .zoneOnIPv4, at: 7),
        Refusal("1.2.3.4%eth0", .zoneOnIPv4, at: 7),
        Refusal("1.2.3%eth0", .truncated, at: 5),
        Refusal("fe80::1%", .badZone, at: 8),
        Refusal("fe80::1%0", .badZone, at: 8),
        Refusal("fe80::1%00", .badZone, at: 8),
        Refusal("fe80::1%4294967296", .badZone, at: 8),
        Refusal("fe80::1%" + String(repeating: "9", count: 65_536), .badZone, at: 8),
        Refusal("fe80::1%0123456789abcdef", .badZone, at: 8),
        Refusal("fe80::1%ééééé123456", .badZone, at: 8),
        Refusal("fe80::1%" + String(repeating: "a", count: 65_536), .badZone, at: 8),
        Refusal("fe80::1% 4", .badZone, at: 8),
        Refusal("fe80::1%eth0 ", .badZone, at: 8),
        Refusal("fe80::1%eth\t0", .badZone, at: 8),
        Refusal("fe80::1%eth0\r\n", .badZone, at: 8),
        Refusal("fe80::1%eth0%x", .badZone, at: 8),
        Refusal("::1%scope%", .badZone, at: 4),
        Refusal("fe80::1%eth/0", .badZone, at: 8),
        Refusal("fe80::1%eth0\0", .badZone, at: 8),
        Refusal("fe80::1%\u{7F}", .badZone, at: 8),
        Refusal("fe80::g%eth0", unexpected: "g", at: 6),
        Refusal("dead", unexpected: "d", at: 0),
        Refusal("a.b.c.d", unexpected: "a", at: 0),
        Refusal("10.example.org", unexpected: "e", at: 3),
        Refusal("example.com", unexpected: "e", at: 0),
        Refusal("[::1]", unexpected: "[", at: 0),
    ])
    func `a refusal says why, and at which byte`(refusal: Refusal) {
        #expect(Refusal(of: refusal.text) { text throws(AddressParseError) in try IPAddress(text) } == refusal)
    }

    @Test func `a zone sets addresses apart, and what is equal has one hash`() throws {
        let texts = ["fe80::1", "fe80::1%1", "fe80::1%2", "fe80::1%one", "fe80::2%1", "1.2.3.4", "::ffff:1.2.3.4"]
        #expect(Set(try texts.map { try IPAddress($0) }).count == texts.count)
        let same = ["fe80::1%1", "FE80:0::1%1", "fe80::0.0.0.1%01", "fe80:0:0:0:0:0:0:1%001"]
        #expect(Set(try same.map { try IPAddress($0) }).count == 1)
        #expect(Set(try same.map { try IPAddress($0).hashValue }).count == 1)
    }

    @Test func `a part of a longer text is read alone`() throws {
        let text = "via fe80::1%eth0 dev"
        #expect(try IPAddress(text.dropFirst(4).dropLast(4)) == .v6(IPv6Address("fe80::1"), zone: named("eth0")))
    }
}

@Suite struct `A refusal's description` {
    @Test(arguments: [
        ("", "the address is empty (at byte 0)"),
        ("1.2", "the address is not finished (at byte 3)"),
        ("1.2.3.x", "an address cannot contain \"x\" (at byte 6)"),
        ("1.2.3.4 ", "an address cannot contain byte 0x20 (at byte 7)"),
        ("1.2.3.4\0", "an address cannot contain byte 0x00 (at byte 7)"),
        ("1.2.3.4\u{FF11}", "an address cannot contain byte 0xEF (at byte 7)"),
        ("1.2.3.256", "a part is over 255 (at byte 8)"),
        ("1.2.3.04", "a part begins with a zero (at byte 7)"),
        ("::12345", "a group has more than four digits (at byte 6)"),
        ("1.2.3.4.5", "the address has too many parts (at byte 7)"),
        ("1::2::3", "\"::\" appears a second time (at byte 5)"),
        ("1:2:3:4:5:6:7::8", "\"::\" leaves out no group (at byte 15)"),
        ("1.2.3.4%1", "an IPv4 address has no zone (at byte 7)"),
        ("::1%", "the zone is not an interface's index or name (at byte 4)"),
    ])
    func `is one clause: what is wrong, and where`(text: String, description: String) {
        do throws(AddressParseError) {
            Issue.record("\(try IPAddress(text)) was accepted")
        } catch {
            #expect(error.description == description)
        }
    }

    @Test func `names the port, the brackets, the prefix and the bits behind it`() {
        func description(of endpoint: String) -> String? {
            do throws(AddressParseError) {
                _ = try Endpoint(endpoint)
                return nil
            } catch {
                return error.description
            }
        }
        func description(ofNetwork network: String) -> String? {
            do throws(AddressParseError) {
                _ = try IPNetwork(network)
                return nil
            } catch {
                return error.description
            }
        }
        #expect(description(of: "1.2.3.4:") == "the port is not a number within 0 … 65535 (at byte 8)")
        #expect(description(of: "::1:80") == "brackets are missing, or do not match (at byte 0)")
        #expect(description(ofNetwork: "1.2.3.4/33") == "the prefix length does not fit the address (at byte 8)")
        #expect(description(ofNetwork: "1.2.3.4/8") == "bits behind the prefix are set (at byte 7)")
    }
}
