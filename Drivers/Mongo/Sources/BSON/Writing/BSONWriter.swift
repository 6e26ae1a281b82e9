// SPDX-License-Identifier: Apache-2.0

/// Writes one document from front to back, straight into bytes.
///
///     let document = try BSONWriter.document { writer throws(BSONError) in
///         try writer.append("a", forKey: "name")
///         try writer.beginArray(forKey: "scores")
///         try writer.append(7)
///         try writer.end()
///     }
///
/// In a document each value has a key, in an array none has; what breaks this throws `misuse`.
public struct BSONWriter: ~Copyable {
    private struct Level {
        let start: Int
        /// The next index of an array; -1 for a document.
        var index: Int
    }

    private var bytes: ByteWriter
    private var levels: [Level] = []
    private let limits: BSONLimits

    private init(capacity: Int, limits: BSONLimits) {
        bytes = ByteWriter(capacity: capacity)
        self.limits = limits
        levels.append(Level(start: bytes.beginDocument(), index: -1))
    }

    /// The document that `body` writes. Levels that it left open are closed.
    /// - Parameters:
    ///   - capacity: How many bytes to make room for at first.
    ///   - limits: What may be written at most.
    /// - Throws: What `body` throws, and `tooLarge`.
    public static func document(
        capacity: Int = 256,
        limits: BSONLimits = BSONLimits(),
        _ body: (inout BSONWriter) throws(BSONError) -> Void
    ) throws(BSONError) -> BSONDocument {
        var writer = BSONWriter(capacity: capacity, limits: limits)
        try body(&writer)
        while writer.levels.count > 1 { try writer.end() }
        writer.bytes.endDocument(from: 0)
        try writer.checkSize()
        let array = writer.bytes.array
        return BSONDocument(storage: array, start: 0, end: array.count)
    }

    // MARK: - Values

    /// Writes a value; the key is for documents, `nil` for arrays.
    public mutating func append(_ value: String, forKey key: String? = nil) throws(BSONError) {
        try header(.string, key)
        bytes.string(value)
        try checkSize()
    }

    /// Writes a value; the key is for documents, `nil` for arrays.
    public mutating func append(_ value: Int32, forKey key: String? = nil) throws(BSONError) {
        try header(.int32, key)
        bytes.integer(value)
    }

    /// Writes a value; the key is for documents, `nil` for arrays.
    public mutating func append(_ value: Int64, forKey key: String? = nil) throws(BSONError) {
        try header(.int64, key)
        bytes.integer(value)
    }

    /// Writes a value; the key is for documents, `nil` for arrays.
    public mutating func append(_ value: Double, forKey key: String? = nil) throws(BSONError) {
        try header(.double, key)
        bytes.integer(value.bitPattern)
    }

    /// Writes a value; the key is for documents, `nil` for arrays.
    public mutating func append(_ value: Bool, forKey key: String? = nil) throws(BSONError) {
        try header(.bool, key)
        bytes.byte(value ? 1 : 0)
    }

    /// Writes a value; the key is for documents, `nil` for arrays.
    public mutating func append(_ value: ObjectID, forKey key: String? = nil) throws(BSONError) {
        try header(.objectID, key)
        bytes.objectID(value)
    }

    /// Writes a value; the key is for documents, `nil` for arrays.
    public mutating func append(_ value: BSONDate, forKey key: String? = nil) throws(BSONError) {
        try header(.date, key)
        bytes.integer(value.milliseconds)
    }

    /// How deep a document in `value` goes is not looked at.
    public mutating func append(_ value: BSONValue, forKey key: String? = nil) throws(BSONError) {
        try header(value.type, key)
        bytes.body(of: value)
        try checkSize()
    }

    /// Writes a value; the key is for documents, `nil` for arrays.
    public mutating func append(_ value: BSONDocument, forKey key: String? = nil) throws(BSONError) {
        try append(.document(value), forKey: key)
    }

    // MARK: - Levels

    /// Begins a document; `end()` ends it.
    public mutating func beginDocument(forKey key: String? = nil) throws(BSONError) {
        try begin(.document, key, index: -1)
    }

    /// Begins an array; `end()` ends it.
    public mutating func beginArray(forKey key: String? = nil) throws(BSONError) {
        try begin(.array, key, index: 0)
    }

    /// Ends the innermost document or array.
    /// - Throws: `misuse` if only the whole document is open.
    public mutating func end() throws(BSONError) {
        guard levels.count > 1, let level = levels.popLast() else {
            throw BSONError(.misuse, "end() without a beginning", offset: bytes.count)
        }
        bytes.endDocument(from: level.start)
        try checkSize()
    }

    private mutating func begin(_ type: BSONType, _ key: String?, index: Int) throws(BSONError) {
        guard levels.count < limits.depth else { throw error(.tooDeep, "over \(limits.depth) levels", key) }
        try header(type, key)
        levels.append(Level(start: bytes.beginDocument(), index: index))
    }

    @inline(__always)
    private mutating func header(_ type: BSONType, _ key: String?) throws(BSONError) {
        let last = levels.count - 1
        let index = levels[last].index
        if let key {
            guard index < 0 else { throw error(.misuse, "a key in an array", key) }
            bytes.byte(type.rawValue)
            guard bytes.terminatedText(key) else { throw error(.zeroByteInText, "a key", key) }
        } else {
            guard index >= 0 else { throw error(.misuse, "no key in a document", nil) }
            bytes.header(type, index: index)
            levels[last].index = index + 1
        }
    }

    /// A value may run over the limit by itself; the next check says so.
    @inline(__always)
    private func checkSize() throws(BSONError) {
        guard bytes.count <= limits.size else {
            throw BSONError(.tooLarge, "over \(limits.size) bytes", offset: bytes.count)
        }
    }

    private func error(_ code: BSONError.Code, _ detail: String, _ key: String?) -> BSONError {
        BSONError(code, detail, path: key ?? "", offset: bytes.count)
    }
}
