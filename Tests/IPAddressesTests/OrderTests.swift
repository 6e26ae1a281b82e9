// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import Testing

@Suite struct `Order` {
    @Test func `IPv4 before IPv6, then by number, then no zone, indexes, names`() throws {
        let texts = [
            "0.0.0.0", "1.2.3.4", "1.2.3.10", "2.0.0.0", "127.0.0.1", "128.0.0.0", "255.255.255.255",
            "::", "::%1", "::1", "::1%1", "::1%2", "::1%10", "::1%4294967295", "::1%a", "::1%b", "::1%b1",
            "::2", "::8000:0:0:0", "0:0:0:1::", "::1:0:0:0:1", "1::", "7fff::", "8000::", "fe80::%9", "ffff::",
        ]
        try expectAscending(texts.map { try IPAddress($0) })
    }

    @Test func `the numbers of one family, whatever their texts`() throws {
        try expectAscending(["0.0.0.9", "0.0.0.10", "9.0.0.0", "10.0.0.0", "200.0.0.0"].map { try IPv4Address($0) })
        try expectAscending(["::9", "::a", "::10", "9::", "a::", "10::", "8000::"].map { try IPv6Address($0) })
    }

    @Test func `endpoints by address, then by port`() throws {
        let texts = ["1.2.3.4:0", "1.2.3.4:9", "1.2.3.4:80", "1.2.3.5:1", "[::1]:80", "[::1%1]:1", "[::1%1]:65535"]
        try expectAscending(texts.map { try Endpoint($0) })
    }

    @Test func `networks by first address, the wider first`() throws {
        let texts = ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/9", "10.0.0.0/32", "10.0.0.1/32", "::/0", "::/128", "1::/16"]
        try expectAscending(texts.map { try IPNetwork($0) })
    }

    @Test(arguments: [31, 32, 33] as [UInt64])
    func `random addresses are in the order of their bytes`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5_000 {
            let left = RandomValues.ipv6(using: &generator)
            let right = RandomValues.ipv6(using: &generator)
            #expect((left < right) == bytes(of: left).lexicographicallyPrecedes(bytes(of: right)))
        }
    }

    private func bytes(of address: IPv6Address) -> [UInt8] {
        withUnsafeBytes(of: (address.high.bigEndian, address.low.bigEndian)) { Array($0) }
    }

    /// Each pair both ways, so that the order is a total one.
    private func expectAscending<Value: Comparable>(_ values: [Value]) throws {
        for (place, left) in values.enumerated() {
            for (other, right) in values.enumerated() {
                #expect((left < right) == (place < other), "\(left) and \(right)")
                #expect((left == right) == (place == other), "\(left) and \(right)")
            }
        }
        #expect(values.reversed().sorted() == values)
    }
}

@Suite struct `Families` {
    @Test func `an address's family`() throws {
        #expect(try IPAddress("1.2.3.4").family == .ipv4)
        #expect(try IPAddress("::1%1").family == .ipv6)
    }

    @Test func `a set holds the families it was made from`() {
        #expect(AddressFamilies(.ipv4) == .ipv4)
        #expect(AddressFamilies(.ipv6) == .ipv6)
        #expect(AddressFamilies.both == [.ipv4, .ipv6])
        for family in AddressFamily.allCases {
            #expect(AddressFamilies.both.contains(family))
            #expect(!AddressFamilies().contains(family))
            #expect(AddressFamily.allCases.filter { AddressFamilies(family).contains($0) } == [family])
        }
    }

    @Test func `the bits are those of the documentation`() {
        #expect(AddressFamilies.ipv4.rawValue == 1)
        #expect(AddressFamilies.ipv6.rawValue == 2)
        #expect(AddressFamilies(rawValue: 3) == .both)
    }
}
