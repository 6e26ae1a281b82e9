// SPDX-License-Identifier: Apache-2.0

import IPAddresses

@available(FairDial 0.1, *)
extension IPv4Address {
    /// Reads an address from the start of a text, as `inet_aton` does.
    ///
    /// One to four parts, each decimal, octal (`0…`) or hexadecimal (`0x…`); the last one fills the bits that are left:
    /// `127.1`, `0x7f.1`, `0177.0.0.1` and `2130706433` are all 127.0.0.1.
    /// - Returns: the address and how many bytes it took, or `nil` where no address starts. What follows it is the
    ///   caller's to judge.
    static func inetAton(prefixOf text: UnsafeBufferPointer<UInt8>) -> (address: IPv4Address, length: Int)? {
        var offset = 0
        var leading: UInt32 = 0
        for dots in 0...3 {
            guard let part = part(of: text, at: &offset) else { return nil }
            guard offset < text.count, text[offset] == UInt8(ascii: ".") else {
                // The last part has 32 bits without a dot, 8 after three dots. A shift by all 32 gives 0.
                let width = 32 - 8 * dots
                guard part >> width == 0 else { return nil }
                return (IPv4Address(bits: leading << width | part), offset)
            }
            guard part <= 0xff else { return nil }
            leading = leading << 8 | part
            offset += 1
        }
        return nil
    }

    /// One number, its base told by its first digits; `nil` without a digit or beyond 32 bits.
    private static func part(of text: UnsafeBufferPointer<UInt8>, at offset: inout Int) -> UInt32? {
        guard offset < text.count, var digit = value(ofDigit: text[offset]), digit < 10 else { return nil }
        var base: UInt64 = 10
        if digit == 0 {
            base = 8
            // A bare "0x" is the number 0, and an "x" left over.
            if offset + 2 < text.count, text[offset + 1] | 0x20 == UInt8(ascii: "x"),
                let first = value(ofDigit: text[offset + 2])
            {
                base = 16
                digit = first
                offset += 2
            }
        }
        var number: UInt64 = 0
        while true {
            number = number * base + digit
            if number > 0xffff_ffff { return nil }
            offset += 1
            guard offset < text.count, let next = value(ofDigit: text[offset]), next < base else { break }
            digit = next
        }
        return UInt32(number)
    }

    @inline(__always)
    private static func value(ofDigit byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
