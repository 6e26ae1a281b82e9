// SPDX-License-Identifier: Apache-2.0

@available(FairDial 0.1, *)
extension DomainName {
    /// Reads a host name in presentation form. It allows what the C library allows: letters, digits, `-`, `_` and dots,
    /// and no `-` as the first byte. Other names are valid in DNS, but no program means one as a host, and a wildcard
    /// record would answer it.
    ///
    /// - Throws: `DomainNameError`, with the offset in bytes; `notASCII` for a name that would have to be converted
    ///   first.
    /// - Source: `res_hnok`, glibc 2.36, asked about every byte at every position of a label; it refuses such a name
    ///   with `EAI_NONAME`, without asking a server. Escapes are read first: `\097` is an `a`, and `\.` is refused.
    package init(host text: String) throws(DomainNameError) {
        var text = text
        let isPlain = text.withUTF8 { Self.isPlainHost(UnsafeRawBufferPointer($0)) }
        if !isPlain, let fault = text.withUTF8({ Self.fault(inHost: $0) }) { throw fault }
        try self.init(text)
    }

    /// Whether a text has nothing in it but what a host's name may have, unescaped.
    @inlinable
    package static func isPlainHost(_ text: UnsafeRawBufferPointer) -> Bool {
        if text.first == UInt8(ascii: "-") { return false }
        return text.allSatisfy(isHostByte)
    }

    /// Letters, digits, `-`, `.` and `_`, a bit for each.
    @inlinable
    static func isHostByte(_ byte: UInt8) -> Bool {
        let low: UInt64 = 0x03FF_6000_0000_0000
        let high: UInt64 = 0x07FF_FFFE_87FF_FFFE
        guard byte < 0x80 else { return false }
        return (byte < 64 ? low : high) >> UInt64(byte & 63) & 1 != 0
    }

    /// The error at the first byte that a host name cannot have. `nil` where there is none, or where an escape is
    /// broken: `init(_:)` reports that.
    private static func fault(inHost text: UnsafeBufferPointer<UInt8>) -> DomainNameError? {
        var position = 0
        while position < text.count {
            let start = position
            var byte = text[position]
            position += 1
            let isEscaped = byte == UInt8(ascii: "\\")
            if isEscaped {
                guard let escaped = escaped(text, &position) else { return nil }
                byte = escaped
            }
            if byte >= 0x80, !isEscaped { return DomainNameError(.notASCII, at: start) }
            if start == 0, byte == UInt8(ascii: "-") { return DomainNameError(.leadingHyphen, at: start) }
            if !isHostByte(byte) || isEscaped && byte == UInt8(ascii: ".") {
                let shown = UnicodeScalar(byte < 0x80 ? byte : 0x20)
                let character = byte < 0x80 ? shown.escaped(asASCII: true) : "byte \(byte)"
                return DomainNameError(.hostCharacter, at: start, detail: character)
            }
        }
        return nil
    }
}
