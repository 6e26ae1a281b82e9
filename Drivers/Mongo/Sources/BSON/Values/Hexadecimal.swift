// SPDX-License-Identifier: Apache-2.0

/// Bytes as pairs of hexadecimal digits.
enum Hexadecimal {
    /// `nil` for an odd number of digits and for what is no digit.
    static func bytes(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        var high: UInt8?
        for character in text {
            guard let digit = digit(character) else { return nil }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return bytes
    }

    static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case 0x30...0x39: character - 0x30
        case 0x41...0x46: character - 0x41 + 10
        case 0x61...0x66: character - 0x61 + 10
        default: nil
        }
    }

    /// Lower case.
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        var characters: [UInt8] = []
        for byte in bytes {
            for digit in [byte >> 4, byte & 15] { characters.append(digit < 10 ? digit + 0x30 : digit + 0x57) }
        }
        return String(decoding: characters, as: UTF8.self)
    }
}
