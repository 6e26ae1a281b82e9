// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import Testing

@Suite struct `Printing, RFC 5952 §4 and §5` {
    @Test(arguments: [
        // §4.1: no leading zeros.
        ("2001:0db8::0001", "2001:db8::1"),
        ("2001:db8:0000:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        // §4.2.1: the gap takes all it can.
        ("2001:db8:0:0:0:0:2:1", "2001:db8::2:1"),
        ("2001:db8::0:1", "2001:db8::1"),
        // §4.2.2: not one group alone.
        ("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("0:1:1:1:1:1:1:1", "0:1:1:1:1:1:1:1"),
        ("1:1:1:1:1:1:1::", "1:1:1:1:1:1:1:0"),
        // §4.2.3: the longest run, the first of equally long ones.
        ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("0:0:1:0:0:1:0:0", "::1:0:0:1:0:0"),
        ("1:0:0:1:1:0:0:0", "1:0:0:1:1::"),
        ("0:0:0:1:1:0:0:1", "::1:1:0:0:1"),
        // §4.3: lower case.
        ("2001:DB8::AAAA", "2001:db8::aaaa"),
        ("ABCD:EF01:2345:6789:ABCD:EF01:2345:6789", "abcd:ef01:2345:6789:abcd:ef01:2345:6789"),
        // §5: dotted decimal where the prefix says so, and only there.
        ("::ffff:c000:201", "::ffff:192.0.2.1"),
        ("::ffff:0:0", "::ffff:0.0.0.0"),
        ("::192.0.2.1", "::c000:201"),
        ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ("::ffff:0:192.0.2.1", "::ffff:0:c000:201"),
        ("0:0:0:0:0:0:0:0", "::"),
        ("0:0:0:0:0:0:0:1", "::1"),
        ("1:0:0:0:0:0:0:0", "1::"),
    ])
    func `an address has one text`(text: String, canonical: String) throws {
        #expect(try IPv6Address(text).description == canonical)
        #expect(try IPv6Address(canonical) == IPv6Address(text))
    }

    @Test func `all patterns of zero groups are printed as the RFC says, word by word`() {
        for pattern in 0..<256 as Range<UInt64> {
            for group in [1, 0xA0, 0xFFFF] as [UInt64] {
                let groups = (0..<8).map { pattern >> $0 & 1 == 0 ? 0 : group }
                let address = IPv6Address(
                    high: groups[..<4].reduce(0) { $0 << 16 | $1 },
                    low: groups[4...].reduce(0) { $0 << 16 | $1 }
                )
                #expect(address.description == SlowPrinter.text(of: address))
            }
        }
    }

    @Test(arguments: [11, 12, 13] as [UInt64])
    func `random addresses are printed as the RFC says, word by word`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<10_000 {
            let address = RandomValues.ipv6(using: &generator)
            guard address.description == SlowPrinter.text(of: address) else {
                Issue.record("\(address) is \(SlowPrinter.text(of: address))")
                return
            }
        }
    }
}
