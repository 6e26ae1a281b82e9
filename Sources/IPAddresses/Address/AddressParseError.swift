// SPDX-License-Identifier: Apache-2.0

/// Why a text is not an address, and at which byte it stops being one.
@available(FairDial 0.1, *)
public struct AddressParseError: Error, Hashable, Sendable {
    /// What is wrong.
    @nonexhaustive
    public enum Reason: Hashable, Sendable {
        /// There is nothing to read.
        case empty
        /// The text ends before the address does.
        case truncated
        /// A byte that is not allowed there.
        case unexpectedByte(UInt8)
        /// A part of a dotted address is over 255.
        case octetOutOfRange
        /// A part of a dotted address begins with a zero, which some read as octal (RFC 6943 §3.1.1).
        case leadingZero
        /// A group of an IPv6 address has more than four digits.
        case groupTooLong
        /// More than eight groups, or four octets.
        case tooManyParts
        /// A second `::`.
        case secondGap
        /// A `::` that stands for nothing: all eight groups are there.
        case gapWithoutRoom
        /// A zone on an IPv4 address.
        case zoneOnIPv4
        /// A zone that is empty, or no interface's index or name.
        case badZone
        /// A port that is missing, or not within 0 … 65535.
        case badPort
        /// A bracket that is missing or out of place.
        case badBrackets
        /// A prefix length that is missing, or longer than the address.
        case badPrefixLength
        /// Bits behind the prefix that are not zero.
        case hostBitsSet
    }

    /// What is wrong.
    public let reason: Reason

    /// The first byte that cannot be accepted; the text's length where something is missing at its end.
    public let offset: Int

    init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

@available(FairDial 0.1, *)
extension AddressParseError: CustomStringConvertible {
    /// One clause: what is wrong, and where.
    public var description: String {
        let what =
            switch reason {
            case .empty: "the address is empty"
            case .truncated: "the address is not finished"
            case .unexpectedByte(let byte): "an address cannot contain \(Self.name(of: byte))"
            case .octetOutOfRange: "a part is over 255"
            case .leadingZero: "a part begins with a zero"
            case .groupTooLong: "a group has more than four digits"
            case .tooManyParts: "the address has too many parts"
            case .secondGap: "\"::\" appears a second time"
            case .gapWithoutRoom: "\"::\" leaves out no group"
            case .zoneOnIPv4: "an IPv4 address has no zone"
            case .badZone: "the zone is not an interface's index or name"
            case .badPort: "the port is not a number within 0 … 65535"
            case .badBrackets: "brackets are missing, or do not match"
            case .badPrefixLength: "the prefix length does not fit the address"
            case .hostBitsSet: "bits behind the prefix are set"
            }
        return "\(what) (at byte \(offset))"
    }

    private static func name(of byte: UInt8) -> String {
        if (0x21...0x7E).contains(byte) { return "\"\(Character(Unicode.Scalar(byte)))\"" }
        let digits = String(byte, radix: 16, uppercase: true)
        return "byte 0x" + (digits.utf8.count == 1 ? "0" : "") + digits
    }
}
