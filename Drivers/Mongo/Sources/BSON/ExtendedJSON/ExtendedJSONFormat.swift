// SPDX-License-Identifier: Apache-2.0

/// How extended JSON is written. Both forms are read alike.
///
/// - Source: the drivers' specification "MongoDB Extended JSON (v2)".
public enum ExtendedJSONFormat: Sendable {
    /// Every type is kept: `{"$numberInt": "1"}`.
    case canonical
    /// Numbers as JSON has them, and dates of the years 1970 to 9999 as ISO 8601: easier to read; the difference
    /// between the types of numbers is lost.
    case relaxed
}

extension BSONDocument {
    /// The document as one line of extended JSON.
    public func extendedJSON(_ format: ExtendedJSONFormat) -> String {
        ExtendedJSONPrinter.text(of: self, isArray: false, format)
    }

    /// Reads a document of extended JSON, canonical, relaxed, or both mixed.
    ///
    /// The forms of version 1, such as `{"$regex": "a", "$options": "i"}`, are read as plain documents: queries look
    /// like that.
    /// - Throws: `BSONError`, with the field, and the byte of the text.
    public init(extendedJSON text: String, limits: BSONLimits = BSONLimits()) throws(BSONError) {
        self = try ExtendedJSONParser.document(Array(text.utf8), limits: limits)
    }
}

extension BSONArray {
    /// The array as one line of extended JSON.
    public func extendedJSON(_ format: ExtendedJSONFormat) -> String {
        ExtendedJSONPrinter.text(of: document, isArray: true, format)
    }
}
