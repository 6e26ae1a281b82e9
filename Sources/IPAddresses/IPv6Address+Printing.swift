// SPDX-License-Identifier: Apache-2.0

extension IPv6Address: CustomStringConvertible {
    /// RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups as `::`, the first of equally
    /// long ones; IPv4-mapped addresses with their IPv4 part in dotted decimal (§5).
    public var description: String {
        if let embedded = mappedIPv4 { return "::ffff:\(embedded)" }
        let gap = longestZeroRun
        var text = ""
        var index = 0
        while index < 8 {
            if index == gap.lowerBound, !gap.isEmpty {
                text += "::"
                index = gap.upperBound
                continue
            }
            if index > 0, index != gap.upperBound || gap.isEmpty { text += ":" }
            text += String(group(index), radix: 16)
            index += 1
        }
        return text
    }

    /// The group at an index, 0 … 7 from the left.
    private func group(_ index: Int) -> UInt16 {
        let half = index < 4 ? high : low
        return UInt16(truncatingIfNeeded: half >> UInt64(48 - index % 4 * 16))
    }

    /// Where `::` goes; empty when no two zero groups stand side by side (RFC 5952 §4.2).
    private var longestZeroRun: Range<Int> {
        var longest = 0..<0
        var start = 0
        for index in 0...8 {
            if index < 8, group(index) == 0 { continue }
            if index - start > max(longest.count, 1) { longest = start..<index }
            start = index + 1
        }
        return longest
    }
}

extension IPv6Address: Comparable {
    /// The order of the numbers.
    public static func < (left: IPv6Address, right: IPv6Address) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}
