// SPDX-License-Identifier: Apache-2.0

/// Why bytes are no DNS message, or no record.
@available(FairDial 0.1, *)
public struct MessageError: Error, Hashable, Sendable {
    /// What is wrong.
    @nonexhaustive
    public enum Reason: String, Hashable, Sendable {
        /// The message ends where more is announced.
        case truncated
        /// A compression pointer that points into the header, or not to before the part of the name that it ends (RFC
        /// 1035 §4.1.4); or one in a name that may not be compressed (RFC 3597 §4).
        case badPointer
        /// A label of a kind that is not used (RFC 6891 §5).
        case badLabel
        /// A name over 255 bytes.
        case longName
        /// A record's data is longer or shorter than its type says.
        case badLength
        /// A record's data breaks a rule of its type.
        case badData
        /// More than one OPT record, or one with a name (RFC 6891 §6.1.1).
        case badOption
        /// A message, a record or a list too large for its 16 bits.
        case tooLarge
    }

    /// What is wrong.
    public let reason: Reason

    /// Where, in bytes from the message's start.
    public let offset: Int

    /// An error from its parts.
    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

@available(FairDial 0.1, *)
extension MessageError: CustomStringConvertible {
    /// One clause for a person.
    public var description: String {
        switch reason {
        case .truncated: "the message ends at byte \(offset), in the middle of what its counts and lengths announce"
        case .badPointer: "the compression pointer at byte \(offset) is not allowed there, or does not point back"
        case .badLabel: "the label at byte \(offset) is of a kind that DNS does not use"
        case .longName: "the name at byte \(offset) is longer than 255 bytes"
        case .badLength: "the record's data at byte \(offset) is longer or shorter than its type says"
        case .badData: "the record's data at byte \(offset) breaks a rule of its type"
        case .badOption: "the OPT record at byte \(offset) is a second one, or has a name"
        case .tooLarge: "what begins at byte \(offset) is too large: its length or count does not fit 16 bits"
        }
    }
}
