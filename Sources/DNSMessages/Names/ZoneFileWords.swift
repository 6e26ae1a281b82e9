// SPDX-License-Identifier: Apache-2.0

/// The words of a zone file's entry (RFC 1035 §5.1): quotation marks, escapes, parentheses, comments.
@available(FairDial 0.1, *)
enum ZoneFileWords {
    struct Word {
        /// The word without marks and escapes.
        var bytes: [UInt8] = []
        /// The word with its escapes, as names want it.
        var raw = ""
        /// Where it begins.
        let offset: Int

        /// The word as text.
        var plain: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// - Throws: `MessageError` with the reason `badData` for a mark that is not closed or an escape of nothing.
    static func words(of text: String) throws(MessageError) -> [Word] {
        let text = Array(text.utf8)
        var words: [Word] = []
        var word: Word?
        var isQuoted = false
        var position = 0
        while position < text.count {
            let byte = text[position]
            switch byte {
            case UInt8(ascii: "\""):
                isQuoted.toggle()
                word = word ?? Word(offset: position)
                position += 1
            case UInt8(ascii: "\\"):
                var current = word ?? Word(offset: position)
                let length = try escapeLength(text, position)
                current.bytes.append(length == 2 ? text[position + 1] : try number(text, position + 1))
                current.raw += String(decoding: text[position..<position + length], as: UTF8.self)
                word = current
                position += length
            case UInt8(ascii: ";") where !isQuoted:
                position = text[position...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
            case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: "("), UInt8(ascii: ")"):
                if isQuoted { fallthrough }
                if let ended = word { words.append(ended) }
                word = nil
                position += 1
            default:
                var current = word ?? Word(offset: position)
                current.bytes.append(byte)
                current.raw += String(decoding: [byte], as: UTF8.self)
                word = current
                position += 1
            }
        }
        if isQuoted { throw MessageError(.badData, at: text.count) }
        return words + (word.map { [$0] } ?? [])
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func escapeLength(_ text: [UInt8], _ position: Int) throws(MessageError) -> Int {
        guard position + 1 < text.count else { throw MessageError(.badData, at: position) }
        return isDigit(text[position + 1]) ? 4 : 2
    }

    private static func number(_ text: [UInt8], _ position: Int) throws(MessageError) -> UInt8 {
        guard position + 3 <= text.count else { throw MessageError(.badData, at: position) }
        var number = 0
        for digit in text[position..<position + 3] {
            guard isDigit(digit) else { throw MessageError(.badData, at: position) }
            number = number * 10 + Int(digit & 15)
        }
        guard let octet = UInt8(exactly: number) else { throw MessageError(.badData, at: position) }
        return octet
    }
}
