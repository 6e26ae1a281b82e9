// SPDX-License-Identifier: Apache-2.0

@available(FairDial 0.1, *)
extension IPv4Address: CustomStringConvertible {
    /// The length of `255.255.255.255`.
    package static let longestText = 15

    /// Dotted decimal: `192.0.2.1`.
    public var description: String {
        String(unsafeUninitializedCapacity: Self.longestText) { write(to: $0) }
    }

    /// Writes dotted decimal to memory that has room for `longestText` bytes.
    ///
    /// - Returns: how many bytes it is.
    package func write(to text: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var count = 0
        for index in 0..<4 {
            if index > 0 {
                text[count] = UInt8(ascii: ".")
                count += 1
            }
            let octet = UInt8(truncatingIfNeeded: bits >> UInt32(24 - 8 * index))
            if octet >= 100 {
                text[count] = UInt8(ascii: "0") + octet / 100
                count += 1
            }
            if octet >= 10 {
                text[count] = UInt8(ascii: "0") + octet / 10 % 10
                count += 1
            }
            text[count] = UInt8(ascii: "0") + octet % 10
            count += 1
        }
        return count
    }
}

@available(FairDial 0.1, *)
extension IPv4Address: Comparable {
    /// The order of the numbers.
    public static func < (left: IPv4Address, right: IPv4Address) -> Bool {
        left.bits < right.bits
    }
}
