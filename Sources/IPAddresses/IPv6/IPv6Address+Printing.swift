// SPDX-License-Identifier: Apache-2.0

@available(FairDial 0.1, *)
extension IPv6Address: CustomStringConvertible {
    /// The length of the longest text: eight groups of four digits, or one with an IPv4 part.
    package static let longestText = 39

    /// RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups as `::`, the first of equally
    /// long ones; IPv4-mapped addresses with their IPv4 part in dotted decimal (§5).
    public var description: String {
        String(unsafeUninitializedCapacity: Self.longestText) { write(to: $0) }
    }

    /// Writes the text of RFC 5952 to memory that has room for `longestText` bytes.
    ///
    /// - Returns: how many bytes it is.
    package func write(to text: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var count = 0
        if let embedded = mappedIPv4 {
            for byte in "::ffff:".utf8 {
                text[count] = byte
                count += 1
            }
            return count + embedded.write(to: UnsafeMutableBufferPointer(rebasing: text[count...]))
        }
        let gap = longestZeroRun
        var index = 0
        while index < 8 {
            if index == gap.lowerBound, !gap.isEmpty {
                text[count] = UInt8(ascii: ":")
                text[count + 1] = UInt8(ascii: ":")
                count += 2
                index = gap.upperBound
                continue
            }
            if index > 0, index != gap.upperBound || gap.isEmpty {
                text[count] = UInt8(ascii: ":")
                count += 1
            }
            let group = group(index)
            // Four bits to a digit; a zero has one digit all the same.
            var shift = UInt16(15 - (group | 1).leadingZeroBitCount) / 4 * 4
            while true {
                let digit = UInt8(truncatingIfNeeded: group >> shift & 0xF)
                text[count] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                count += 1
                if shift == 0 { break }
                shift -= 4
            }
            index += 1
        }
        return count
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

@available(FairDial 0.1, *)
extension IPv6Address: Comparable {
    /// The order of the numbers.
    public static func < (left: IPv6Address, right: IPv6Address) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}
