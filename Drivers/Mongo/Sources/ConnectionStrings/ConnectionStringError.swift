// SPDX-License-Identifier: Apache-2.0

/// Why a text is no connection string, or why its parts do not go together.
///
/// The text is never quoted: what stands in the wrong place may be a part of a password. Only names of known options
/// are.
public struct ConnectionStringError: Error, Sendable, Hashable {
    /// What is wrong; more may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The same in words.
        public let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// Neither `mongodb://` nor `mongodb+srv://` at the start.
        public static let invalidScheme = Code("invalidScheme")
        /// A character in the user's name or password that must be percent-encoded, or an empty name.
        public static let invalidUserInfo = Code("invalidUserInfo")
        /// A host that is none, or a missing one.
        public static let invalidHost = Code("invalidHost")
        /// A port that is no number from 1 to 65535.
        public static let invalidPort = Code("invalidPort")
        /// A database's name with a character that it cannot have.
        public static let invalidDatabase = Code("invalidDatabase")
        /// A percent sign without two hexadecimal digits, or bytes that are no UTF-8.
        public static let invalidEscape = Code("invalidEscape")
        /// An option without a value, or one of the few whose bad values must not pass with a warning.
        public static let invalidOption = Code("invalidOption")
        /// Options that exclude one another.
        public static let conflictingOptions = Code("conflictingOptions")
        /// A credential that does not fit its mechanism.
        public static let invalidCredential = Code("invalidCredential")
        /// Records of a `mongodb+srv://` name that the specification refuses.
        public static let invalidRecords = Code("invalidRecords")
        /// Over 64 KiB, or over 1,000 hosts.
        public static let tooLong = Code("tooLong")
    }

    /// What is wrong.
    public let code: Code
    /// The same in words.
    public let detail: String

    init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }
}

extension ConnectionStringError: CustomStringConvertible {
    /// One line: the code and the words.
    public var description: String { "\(code): \(detail)" }
}
