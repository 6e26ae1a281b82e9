// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import Testing

@Suite struct `Network` {
    @Test(arguments: [
        ("0.0.0.0/0", "0.0.0.0", "255.255.255.255"),
        ("10.0.0.0/8", "10.0.0.0", "10.255.255.255"),
        ("172.16.0.0/12", "172.16.0.0", "172.31.255.255"),
        ("192.0.2.128/25", "192.0.2.128", "192.0.2.255"),
        ("192.0.2.6/31", "192.0.2.6", "192.0.2.7"),
        ("255.255.255.255/32", "255.255.255.255", "255.255.255.255"),
        ("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("fc00::/7", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2001:db8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2001:db8:0:cd30::/60", "2001:db8:0:cd30::", "2001:db8:0:cd3f:ffff:ffff:ffff:ffff"),
        ("2001:db8::/63", "2001:db8::", "2001:db8:0:1:ffff:ffff:ffff:ffff"),
        ("2001:db8::/64", "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff"),
        ("2001:db8::/65", "2001:db8::", "2001:db8::7fff:ffff:ffff:ffff"),
        ("::ffff:0.0.0.0/96", "::ffff:0:0", "::ffff:255.255.255.255"),
        ("::2/127", "::2", "::3"),
        ("::1/128", "::1", "::1"),
    ])
    func `it holds its first address, its last, and neither neighbour`(text: String, first: String, last: String) throws
    {
        let network = try IPNetwork(text)
        let (first, last) = (try IPAddress(first), try IPAddress(last))
        #expect(network.description == text)
        #expect(network.address == first)
        #expect(network.lastAddress == last)
        #expect(network.contains(first) && network.contains(last))
        #expect(first.previous.map(network.contains) != true)
        #expect(last.next.map(network.contains) != true)
        #expect(IPNetwork(containing: last, prefixLength: network.prefixLength) == network)
    }

    @Test(arguments: [
        Refusal("", .badPrefixLength, at: 0),
        Refusal("10.0.0.0", .badPrefixLength, at: 8),
        Refusal("10.0.0.0/", .badPrefixLength, at: 9),
        Refusal("10.0.0.0/33", .badPrefixLength, at: 9),
        Refusal("10.0.0.0/128", .badPrefixLength, at: 9),
        Refusal("2001:db8::/129", .badPrefixLength, at: 11),
        Refusal("2001:db8::/1000", .badPrefixLength, at: 11),
        Refusal("10.0.0.0/-1", .badPrefixLength, at: 9),
        Refusal("10.0.0.0/+8", .badPrefixLength, at: 9),
        Refusal("10.0.0.0/ 8", .badPrefixLength, at: 9),
        Refusal("10.0.0.0/8 ", .badPrefixLength, at: 9),
        Refusal("10.0.0.0/8/8", .badPrefixLength, at: 9),
        Refusal("10.0.0.0/255.0.0.0", .badPrefixLength, at: 9),
        Refusal("10.0.0.0/8\0", .badPrefixLength, at: 9),
        Refusal("10.0.0.0/\u{FF18}", .badPrefixLength, at: 9),
        Refusal("10.0.0.0/" + String(repeating: "0", count: 65_536), .badPrefixLength, at: 9),
        Refusal("10.0.0.1/8", .hostBitsSet, at: 8),
        Refusal("10.0.0.1/0", .hostBitsSet, at: 8),
        Refusal("10.0.0.1/31", .hostBitsSet, at: 8),
        Refusal("2001:db8::1/127", .hostBitsSet, at: 11),
        Refusal("2001:db8::1/32", .hostBitsSet, at: 11),
        Refusal("2001:db8:0:1::/32", .hostBitsSet, at: 14),
        Refusal("fe80::%eth0/10", .badZone, at: 11),
        Refusal("fe80::%1/64", .badZone, at: 8),
        Refusal("/8", .empty, at: 0),
        Refusal("10/8", .truncated, at: 2),
        Refusal("10.0.0/8", .truncated, at: 6),
        Refusal("2001:db8:/32", .truncated, at: 9),
        Refusal("[::]/0", unexpected: "[", at: 0),
    ])
    func `a refusal says why, and at which byte`(refusal: Refusal) {
        #expect(Refusal(of: refusal.text) { text throws(AddressParseError) in try IPNetwork(text) } == refusal)
    }

    @Test func `a prefix length must fit the address`() throws {
        for length in [-1, 33, 64, 128, .min, .max] {
            #expect(IPNetwork(containing: try IPAddress("10.0.0.1"), prefixLength: length) == nil)
        }
        for length in [-1, 129, 256, .min, .max] {
            #expect(IPNetwork(containing: try IPAddress("2001:db8::1"), prefixLength: length) == nil)
        }
    }

    @Test func `every prefix length keeps its leading bits and no other`() throws {
        let ones4 = IPAddress.v4(.broadcast)
        for length in 0...32 {
            let network = try #require(IPNetwork(containing: ones4, prefixLength: length))
            let bits = (0..<length).reduce(UInt32(0)) { $0 | 1 << UInt32(31 - $1) }
            #expect(network.address == .v4(IPv4Address(bits: bits)))
            #expect(network.prefixLength == length)
            #expect(network.lastAddress == ones4)
        }
        let ones6 = IPAddress.v6(IPv6Address(high: .max, low: .max), zone: nil)
        for length in 0...128 {
            let network = try #require(IPNetwork(containing: ones6, prefixLength: length))
            let bits = (0..<length).reduce(UInt128(0)) { $0 | 1 << UInt128(127 - $1) }
            #expect(network.address == IPAddress.v6(bits))
            #expect(network.prefixLength == length)
            #expect(network.lastAddress == ones6)
        }
    }

    @Test func `a zone is dropped, and does not matter to what the network holds`() throws {
        let network = try #require(IPNetwork(containing: try IPAddress("fe80::1%eth0"), prefixLength: 10))
        #expect(network == (try IPNetwork("fe80::/10")))
        #expect(network.contains(try IPAddress("fe80::2%eth1")))
    }

    @Test func `families never mix, mapped addresses included`() throws {
        #expect(!(try IPNetwork("0.0.0.0/0").contains(IPAddress("::"))))
        #expect(!(try IPNetwork("::/0").contains(IPAddress("0.0.0.0"))))
        #expect(!(try IPNetwork("10.0.0.0/8").contains(IPAddress("::ffff:10.0.0.1"))))
        #expect(!(try IPNetwork("::ffff:0:0/96").contains(IPAddress("10.0.0.1"))))
    }
}
