// SPDX-License-Identifier: Apache-2.0

extension String {
    /// The text with A … Z in lower case and every other byte as it is: how names are compared (RFC 4343 §3).
    ///
    /// `lowercased()` is another thing: it turns the Kelvin sign into a `k`, and so one name into another.
    var asciiLowercased: String {
        guard utf8.contains(where: Self.isUppercase) else { return self }
        return String(decoding: utf8.map { Self.isUppercase($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    private static func isUppercase(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }
}
