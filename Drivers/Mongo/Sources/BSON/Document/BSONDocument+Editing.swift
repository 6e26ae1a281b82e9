// SPDX-License-Identifier: Apache-2.0

extension BSONDocument: ExpressibleByDictionaryLiteral {
    /// A document with these elements, in this order; a key may repeat.
    ///
    /// A literal cannot throw: a zero byte in a key, which BSON cannot hold, becomes U+FFFD, where `append` and `set`
    /// throw. A document over 2 GiB traps.
    public init(dictionaryLiteral elements: (String, BSONValue)...) {
        self.init(literal: elements)
    }

    init(literal elements: [(String, BSONValue)]) {
        let bytes = ByteWriter.bytes(startingWith: 128) { writer in
            let start = writer.beginDocument()
            for (key, value) in elements {
                writer.byte(value.type.rawValue)
                if !writer.terminatedText(key) { writer.terminatedText(Self.cleaned(key)) }
                writer.body(of: value)
            }
            writer.endDocument(from: start)
        }
        precondition(bytes.count <= Int32.max, "a document over 2 GiB")
        self.init(storage: bytes, start: 0, end: bytes.count)
    }

    private static func cleaned(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
    }
}

extension BSONDocument {
    /// Adds an element at the end, whether or not the key is there already.
    /// - Throws: `zeroByteInText` for the key, `tooLarge` over `limits.size`; the document is then
    ///   as it was. How deep `value` goes is not looked at.
    public mutating func append(
        _ value: BSONValue,
        forKey key: String,
        limits: BSONLimits = BSONLimits()
    ) throws(BSONError) {
        let last = end - start - 1
        try replace(last..<last, with: try Self.element(key, value), limits: limits)
    }

    /// Puts `value` where the first element with this key is, or at the end if there is none.
    /// - Throws: As `append`.
    public mutating func set(
        _ value: BSONValue,
        forKey key: String,
        limits: BSONLimits = BSONLimits()
    ) throws(BSONError) {
        guard let range = range(of: key) else { return try append(value, forKey: key, limits: limits) }
        try replace(range, with: try Self.element(key, value), limits: limits)
    }

    /// Takes the first element with this key out. False if there is none.
    @discardableResult
    public mutating func removeValue(forKey key: String) -> Bool {
        guard let range = range(of: key) else { return false }
        splice(range, with: [])
        return true
    }

    /// The bytes of the first element with this key, counted from the document's start.
    private func range(of key: String) -> Range<Int>? {
        read { reader in
            while reader.next() {
                if reader.key == key {
                    return reader.elementRange.map { $0.lowerBound - start..<$0.upperBound - start }
                }
            }
            return nil
        }
    }

    private static func element(_ key: String, _ value: BSONValue) throws(BSONError) -> [UInt8] {
        var writer = ByteWriter(capacity: 64)
        writer.byte(value.type.rawValue)
        guard writer.terminatedText(key) else { throw BSONError(.zeroByteInText, "a key") }
        writer.body(of: value)
        return writer.array
    }

    private mutating func replace(
        _ range: Range<Int>,
        with element: [UInt8],
        limits: BSONLimits
    ) throws(BSONError) {
        let size = end - start - range.count + element.count
        guard size <= limits.size else { throw BSONError(.tooLarge, "\(size) bytes, over \(limits.size)") }
        splice(range, with: element)
    }

    private mutating func splice(_ range: Range<Int>, with element: [UInt8]) {
        if start != 0 || end != storage.count {
            storage = Array(storage[start..<end])
            start = 0
        }
        storage.replaceSubrange(range, with: element)
        end = storage.count
        for index in 0..<4 { storage[index] = UInt8(truncatingIfNeeded: end >> (8 * index)) }
    }
}
