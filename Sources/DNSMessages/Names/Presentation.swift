// SPDX-License-Identifier: Apache-2.0

/// How zone files write bytes (RFC 1035 §5.1).
@available(FairDial 0.1, *)
enum Presentation {
    /// A byte as itself, after a backslash where it is special, or as `\DDD` where it is no printing ASCII character.
    static func escaped(_ byte: UInt8, special: some Collection<UInt8>) -> [UInt8] {
        let backslash = UInt8(ascii: "\\")
        guard (0x21...0x7E).contains(byte) else {
            let zero = UInt8(ascii: "0")
            return [backslash, zero + byte / 100, zero + byte / 10 % 10, zero + byte % 10]
        }
        return special.contains(byte) ? [backslash, byte] : [byte]
    }

    /// A character string between quotation marks.
    static func quoted(_ bytes: some Sequence<UInt8>) -> String {
        var text = [UInt8(ascii: "\"")]
        for byte in bytes {
            if byte == 0x20 { text.append(byte) } else { text += escaped(byte, special: #""\"#.utf8) }
        }
        text.append(UInt8(ascii: "\""))
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes in hexadecimal.
    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
