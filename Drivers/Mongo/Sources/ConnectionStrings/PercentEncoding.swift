// SPDX-License-Identifier: Apache-2.0

/// Percent-encoding (RFC 3986 §2.1), strictly: each `%` has two hexadecimal digits, and the result is UTF-8.
enum PercentEncoding {
    static func decode(_ text: some StringProtocol, _ what: String) throws(ConnectionStringError) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                throw ConnectionStringError(.invalidEscape, "a percent sign without two hexadecimal digits in \(what)")
            }
            bytes.append(high << 4 | low)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw ConnectionStringError(.invalidEscape, "no UTF-8 in \(what)")
        }
        return decoded
    }

    private static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case 0x30...0x39: character - 0x30
        case 0x41...0x46: character - 0x41 + 10
        case 0x61...0x66: character - 0x61 + 10
        default: nil
        }
    }
}
