// SPDX-License-Identifier: Apache-2.0

/// Reads extended JSON into bytes: a loop over a stack of what is open, no recursion.
///
/// An object is written as a document at first. If it had a key such as `$oid`, then at its end, when all of it is
/// known, in whichever order it came, the value that it stands for takes its place.
struct ExtendedJSONParser: ~Copyable {
    private struct Level {
        let isArray: Bool
        /// The type's byte of the element that it is; -1 for the document itself.
        let element: Int
        /// Where its length is.
        let document: Int
        /// Where its text begins.
        let text: Int
        var count = 0
        /// Whether a key of it is one of `ExtendedJSONWrapper`.
        var isWrapper = false
        /// Whether a number in it stood there plainly, without `$numberInt` or the like.
        var hasPlainNumber = false
    }

    private var scanner: JSONScanner
    private var bytes: ByteWriter
    private var levels: [Level] = []
    /// The type's byte of the element at hand.
    private var element = -1
    private let deepest: Int

    static func document(_ text: [UInt8], limits: BSONLimits) throws(BSONError) -> BSONDocument {
        var parser = ExtendedJSONParser(text, limits: limits)
        do {
            try parser.run()
        } catch {
            throw parser.located(error)
        }
        return try BSONDocument(validating: parser.bytes.array, limits: limits)
    }

    private init(_ text: [UInt8], limits: BSONLimits) {
        scanner = JSONScanner(text)
        bytes = ByteWriter(capacity: text.count)
        // A code with its scope is two objects and one level of BSON; the innermost value may be three objects. The
        // result is held to the limit itself.
        deepest = min(max(limits.depth, 0), 1 << 20) * 2 + 4
    }

    private mutating func run() throws(BSONError) {
        guard scanner.take("{") else { throw scanner.error("no object") }
        levels.append(Level(isArray: false, element: -1, document: bytes.beginDocument(), text: 0))
        while let level = levels.last {
            if scanner.take(level.isArray ? "]" : "}") {
                try close(level)
                continue
            }
            if level.count > 0, !scanner.take(",") {
                throw scanner.error("no comma, and no end of the \(level.isArray ? "array" : "object")")
            }
            levels[levels.count - 1].count += 1
            element = bytes.count
            if level.isArray {
                bytes.header(.null, index: level.count)
            } else {
                try key()
            }
            try value()
        }
        scanner.skipSpace()
        guard scanner.isAtEnd else { throw scanner.error("text after the document's end") }
    }

    private mutating func key() throws(BSONError) {
        scanner.skipSpace()
        let key = try scanner.string()
        if ExtendedJSONWrapper(rawValue: key) != nil { levels[levels.count - 1].isWrapper = true }
        bytes.byte(BSONType.null.rawValue)
        guard bytes.terminatedText(key) else {
            bytes.terminatedText("")
            throw BSONError(.zeroByteInText, "a key")
        }
        guard scanner.take(":") else { throw scanner.error("no colon after a key") }
    }

    private mutating func value() throws(BSONError) {
        scanner.skipSpace()
        switch scanner.next {
        case UInt8(ascii: "{"): try open(isArray: false)
        case UInt8(ascii: "["): try open(isArray: true)
        case UInt8(ascii: "\""): write(.string(try scanner.string()))
        case UInt8(ascii: "t") where scanner.take(word: "true"): write(.bool(true))
        case UInt8(ascii: "f") where scanner.take(word: "false"): write(.bool(false))
        case UInt8(ascii: "n") where scanner.take(word: "null"): write(.null)
        case UInt8(ascii: "-"), 0x30...0x39:
            levels[levels.count - 1].hasPlainNumber = true
            write(try scanner.number())
        default: throw scanner.error("no value")
        }
    }

    /// The value of the element at hand, whose type was not known when its key was written.
    private mutating func write(_ value: BSONValue) {
        bytes.patch(value.type.rawValue, at: element)
        bytes.body(of: value)
    }

    private mutating func open(isArray: Bool) throws(BSONError) {
        guard levels.count < deepest else { throw BSONError(.tooDeep, "over \(deepest) levels of JSON") }
        let text = scanner.position
        _ = scanner.take(isArray ? "[" : "{")
        bytes.patch(isArray ? BSONType.array.rawValue : BSONType.document.rawValue, at: element)
        levels.append(Level(isArray: isArray, element: element, document: bytes.beginDocument(), text: text))
    }

    private mutating func close(_ level: Level) throws(BSONError) {
        bytes.endDocument(from: level.document)
        levels.removeLast()
        element = level.element
        guard level.isWrapper else { return }
        let written = UnsafeRawBufferPointer(start: bytes.base + level.document, count: bytes.count - level.document)
        let document = BSONDocument(storage: Array(written), start: 0, end: written.count)
        let value: BSONValue
        do {
            value = try ExtendedJSONWrapper.value(of: document, hasPlainNumber: level.hasPlainNumber)
        } catch {
            throw BSONError(error.code, error.detail, offset: level.text)
        }
        guard level.element >= 0 else {
            throw BSONError(.invalidExtendedJSON, "a \(value.type), not a document", offset: level.text)
        }
        bytes.truncate(to: level.document)
        write(value)
    }

    /// The error with the field at hand, and with the place in the text if it has none.
    private func located(_ error: BSONError) -> BSONError {
        var elements = levels.map(\.element)
        if elements.last != element { elements.append(element) }
        let keys = elements.filter { $0 >= 0 && $0 + 1 < bytes.count }.map { element in
            let base = bytes.base
            var end = element + 1
            while end < bytes.count, base.load(fromByteOffset: end, as: UInt8.self) != 0 { end += 1 }
            return base.text(from: element + 1, to: end)
        }
        var located = error
        located.path = keys.joined(separator: ".")
        located.offset = error.offset ?? scanner.position
        return located
    }
}
