// SPDX-License-Identifier: Apache-2.0

/// Why bytes, text or values are no BSON: what is wrong, in which field, and at which byte.
public struct BSONError: Error, Sendable, Hashable {
    /// What went wrong; more may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The same in words.
        public let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// The bytes end before the value does, or a length reaches past what holds it.
        public static let truncated = Code("truncated")
        /// A length that cannot be: negative, too small, or in conflict with another.
        public static let invalidLength = Code("invalidLength")
        /// A zero byte is missing at the end of a string or document, or stands where an element should.
        public static let invalidTerminator = Code("invalidTerminator")
        /// A type that BSON does not have.
        public static let unknownType = Code("unknownType")
        /// Text that is no UTF-8.
        public static let invalidText = Code("invalidText")
        /// A truth value that is neither 0 nor 1.
        public static let invalidBool = Code("invalidBool")
        /// Nested deeper than `BSONLimits.depth`.
        public static let tooDeep = Code("tooDeep")
        /// Longer than `BSONLimits.size`.
        public static let tooLarge = Code("tooLarge")
        /// A zero byte in a key, a pattern or its options, where BSON cannot hold one.
        public static let zeroByteInText = Code("zeroByteInText")
        /// Calls to a writer that make no document: a key in an array, none in a document, one level too many closed.
        public static let misuse = Code("misuse")
        /// Text that is no JSON.
        public static let invalidJSON = Code("invalidJSON")
        /// JSON whose `$` keys are no extended JSON.
        public static let invalidExtendedJSON = Code("invalidExtendedJSON")
        /// Text that is no Decimal128, or none that it can hold without rounding.
        public static let invalidDecimal = Code("invalidDecimal")
        /// A binary of subtype 9 that is no vector.
        public static let invalidVector = Code("invalidVector")
    }

    /// What went wrong.
    public let code: Code
    /// The field, its keys joined by dots, an array's as numbers: `a.b.3`. Empty for the document itself.
    public internal(set) var path: String
    /// Bytes from the document's start, or from the text's for extended JSON; `nil` where there is no such place.
    public internal(set) var offset: Int?
    /// What was found, in words; never a value out of the document.
    public let detail: String

    init(_ code: Code, _ detail: String, path: String = "", offset: Int? = nil) {
        self.code = code
        self.path = path
        self.offset = offset
        self.detail = detail
    }
}

extension BSONError: CustomStringConvertible {
    /// One line: the code, the words, the field and the byte. What is not printable is shown as an escape.
    public var description: String {
        let field = path.isEmpty ? "" : " in \(path.printable)"
        let place = offset.map { " at byte \($0)" } ?? ""
        return "\(code): \(detail)\(field)\(place)"
    }
}
