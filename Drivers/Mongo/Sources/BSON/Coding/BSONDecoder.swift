// SPDX-License-Identifier: Apache-2.0

/// Makes `Decodable` values out of documents, reading the bytes where they lie.
///
/// A whole number is read from whichever type of number holds it exactly; nothing is rounded, save a `Float`. The types
/// in `BSONValue` are read as they are; `BSONDocument` and `BSONBinary` share the document's bytes.
public struct BSONDecoder: Sendable {
    /// Handed to each `init(from:)`.
    public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

    /// With these settings.
    public init() {}

    /// The value that the document holds.
    /// - Throws: `DecodingError`, whose text names the field and the byte; and what the values themselves throw.
    public func decode<Value: Decodable>(_ type: Value.Type, from document: BSONDocument) throws -> Value {
        // Offsets are kept in 32 bits; a document that lies further behind in larger bytes gets its own.
        let isFar = document.end > Int(Int32.max)
        let near = isFar ? BSONDocument(storage: Array(document.bytes), start: 0, end: document.bytes.count) : document
        let source = DecodingSource(near, userInfo: userInfo)
        return try Value(from: source.root)
    }
}
