// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// RFC 5952 §4 and §5 word by word, with every candidate written out: slow, and too simple to be wrong in the same way.
enum SlowPrinter {
    static func text(of address: IPv6Address) -> String {
        let groups = [address.high, address.low].flatMap { half in
            [48, 32, 16, 0].map { UInt16(truncatingIfNeeded: half >> UInt64($0)) }
        }
        // §5: an IPv4 tail where the prefix tells that there is one.
        if groups[..<6] == [0, 0, 0, 0, 0, 0xFFFF] {
            return "::ffff:\(groups[6] >> 8).\(groups[6] & 0xFF).\(groups[7] >> 8).\(groups[7] & 0xFF)"
        }
        let digits = groups.map(digits)
        // §4.2.1, §4.2.2 and §4.2.3: as many zero groups as there are, not one alone, the first of equally long runs.
        for length in stride(from: 8, through: 2, by: -1) {
            for start in 0...(8 - length) where groups[start..<(start + length)].allSatisfy({ $0 == 0 }) {
                let head = digits[..<start].joined(separator: ":")
                return head + "::" + digits[(start + length)...].joined(separator: ":")
            }
        }
        return digits.joined(separator: ":")
    }

    /// §4.1 and §4.3: no leading zeros, lower case.
    private static func digits(of group: UInt16) -> String {
        let all = [12, 8, 4, 0].map { Array("0123456789abcdef")[Int(group >> UInt16($0) & 0xF)] }
        let leading = all.prefix(3).prefix { $0 == "0" }
        return String(all.dropFirst(leading.count))
    }
}
