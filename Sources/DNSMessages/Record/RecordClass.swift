// SPDX-License-Identifier: Apache-2.0

/// The class of a record or of a question (RFC 1035 §3.2.4).
@available(FairDial 0.1, *)
public struct RecordClass: RawRepresentable, Hashable, Sendable {
    /// The number on the wire.
    public let rawValue: UInt16

    /// A class by its number.
    @inlinable
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// The Internet: the only one in use.
    @inlinable public static var internet: RecordClass { RecordClass(rawValue: 1) }
    /// Where servers answer questions about themselves.
    @inlinable public static var chaos: RecordClass { RecordClass(rawValue: 3) }
}

@available(FairDial 0.1, *)
extension RecordClass: CustomStringConvertible {
    /// The mnemonic, or `CLASS` and the number (RFC 3597 §5).
    public var description: String {
        switch self {
        case .internet: "IN"
        case .chaos: "CH"
        default: "CLASS\(rawValue)"
        }
    }
}
