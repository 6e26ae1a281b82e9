// SPDX-License-Identifier: Apache-2.0

/// Why a text or a list of labels is no domain name.
@available(FairDial 0.1, *)
public struct DomainNameError: Error, Hashable, Sendable {
    /// What is wrong.
    @nonexhaustive
    public enum Reason: String, Hashable, Sendable {
        /// There is nothing, not even a dot.
        case empty
        /// Two dots in a row, or one at the start.
        case emptyLabel
        /// A label over 63 bytes.
        case longLabel
        /// More than 255 bytes on the wire.
        case longName
        /// A backslash before something that is neither one character nor three digits up to 255.
        case badEscape
        /// A character that DNS can carry, and no host's name has: `/`, `@`, a blank, …
        case hostCharacter
        /// A host's name that begins with a hyphen.
        case leadingHyphen
        /// A host's name that is not ASCII, and has not been converted.
        case notASCII
    }

    /// What is wrong.
    public let reason: Reason

    /// Where: an offset in bytes into the text, or into the name.
    public let offset: Int

    /// What stands there, or why it cannot be converted, for a person; `nil` where the reason says all.
    public let detail: String?

    package init(_ reason: Reason, at offset: Int, detail: String? = nil) {
        self.reason = reason
        self.offset = offset
        self.detail = detail
    }
}

@available(FairDial 0.1, *)
extension DomainNameError: CustomStringConvertible {
    /// One clause for a person.
    public var description: String {
        switch reason {
        case .empty: "the name is empty"
        case .emptyLabel: "the label at byte \(offset) is empty"
        case .longLabel: "the label at byte \(offset) is longer than 63 bytes"
        case .longName: "the name is longer than 255 bytes"
        case .badEscape: "the backslash at byte \(offset) escapes nothing"
        case .hostCharacter: "a host name cannot contain \"\(detail ?? "?")\", as at byte \(offset)"
        case .leadingHyphen: "a host name cannot begin with a hyphen"
        case .notASCII: "not ASCII at byte \(offset): \(detail ?? "write its A-label, which begins with xn--")"
        }
    }
}
