// SPDX-License-Identifier: Apache-2.0

/// The tokens of JSON (RFC 8259), out of text that is UTF-8.
struct JSONScanner {
    private let text: [UInt8]
    private(set) var position = 0

    init(_ text: [UInt8]) {
        self.text = text
    }

    var isAtEnd: Bool { position == text.count }

    /// The next byte; 0, which is no token, at the end.
    var next: UInt8 { position < text.count ? text[position] : 0 }

    mutating func skipSpace() {
        while position < text.count {
            switch text[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    /// Skips space, and then the character, if it is the next.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    /// `true`, `false` or `null`.
    mutating func take(word: StaticString) -> Bool {
        let end = position + word.utf8CodeUnitCount
        guard end <= text.count, word.withUTF8Buffer({ text[position..<end].elementsEqual($0) }) else { return false }
        position = end
        return true
    }

    /// A string, whose first quotation mark is the next byte.
    mutating func string() throws(BSONError) -> String {
        guard next == UInt8(ascii: "\"") else { throw error("no string") }
        position += 1
        let start = position
        while position < text.count, text[position] != UInt8(ascii: "\""), text[position] != UInt8(ascii: "\\") {
            guard text[position] >= 0x20 else { throw error("a control character in a string") }
            position += 1
        }
        var bytes = text[start..<position]
        while position < text.count {
            let byte = text[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"): bytes += String(try escaped()).utf8
            case 0..<0x20: throw error("a control character in a string")
            default: bytes.append(byte)
            }
        }
        throw error("a string without its end")
    }

    /// What stands after a backslash.
    private mutating func escaped() throws(BSONError) -> Unicode.Scalar {
        let letter = next
        position += 1
        switch letter {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let first = try unit()
            if let scalar = Unicode.Scalar(first) { return scalar }
            guard first < 0xDC00, next == UInt8(ascii: "\\") else { throw error("half a surrogate pair") }
            position += 1
            guard next == UInt8(ascii: "u") else { throw error("half a surrogate pair") }
            position += 1
            let second = try unit()
            guard (0xDC00...0xDFFF).contains(second) else { throw error("half a surrogate pair") }
            let code = 0x10000 + (UInt32(first - 0xD800) << 10 | UInt32(second - 0xDC00))
            guard let scalar = Unicode.Scalar(code) else { throw error("half a surrogate pair") }
            return scalar
        default:
            position -= 1
            throw error("an unknown escape")
        }
    }

    private mutating func unit() throws(BSONError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Hexadecimal.digit(next) else { throw error("no hexadecimal digit") }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }

    /// A number: an `int32` or `int64` if it is whole, written without point and exponent, and fits; else a double.
    mutating func number() throws(BSONError) -> BSONValue {
        let start = position
        var isWhole = true
        if next == UInt8(ascii: "-") { position += 1 }
        if next == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if next == UInt8(ascii: ".") {
            isWhole = false
            position += 1
            try digits()
        }
        if next | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        let digits = String(decoding: text[start..<position], as: UTF8.self)
        if isWhole, let number = Int64(digits) {
            return Int32(exactly: number).map { .int32($0) } ?? .int64(number)
        }
        guard let number = Double(digits), number.isFinite else { throw error("a number beyond a double") }
        return .double(number)
    }

    private mutating func digits() throws(BSONError) {
        guard (0x30...0x39).contains(next) else { throw error("no digit") }
        while (0x30...0x39).contains(next) { position += 1 }
    }

    func error(_ detail: String) -> BSONError {
        BSONError(.invalidJSON, detail, offset: min(position, text.count))
    }
}
