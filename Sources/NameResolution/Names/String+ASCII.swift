// SPDX-License-Identifier: Apache-2.0

@available(FairDial 0.1, *)
extension String {
    /// The text with A … Z in lower case and every other byte as it is: how names are compared (RFC 4343 §3).
    ///
    /// `lowercased()` is another thing: it turns the Kelvin sign into a `k`, and so one name into another.
    var asciiLowercased: String {
        // Bytes in a row are looked through faster than a string's, and nearly every name is in lower case.
        let hasUppercase =
            utf8.withContiguousStorageIfAvailable { $0.contains(where: Self.isUppercase) }
            ?? utf8.contains(where: Self.isUppercase)
        guard hasUppercase else { return self }
        return String(decoding: utf8.map { Self.isUppercase($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    private static func isUppercase(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "A") < 26
    }
}
