// SPDX-License-Identifier: Apache-2.0

/// A UUID (RFC 9562), sixteen bytes. BSON holds it as a binary, in one of four orders.
public struct BSONUUID: Sendable, Hashable {
    /// In which order a driver writes a UUID's bytes. All but `standard` are what old drivers did, under subtype 3.
    public enum Representation: Sendable, CaseIterable {
        /// Subtype 4, the bytes in their order.
        case standard
        /// Subtype 3, each half reversed.
        case javaLegacy
        /// Subtype 3, the first three fields little-endian.
        case cSharpLegacy
        /// Subtype 3, the bytes in their order.
        case pythonLegacy
    }

    /// The sixteen bytes, in the order of the text form.
    public let bytes: [UInt8]

    /// From exactly sixteen bytes; `nil` for any other number.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.bytes = Array(bytes)
    }

    /// From the text form, `73ffd264-44b3-4c69-90e8-e7d1dfc035d4`, in either case; `nil` for anything else.
    public init?(_ text: some StringProtocol) {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.map(\.count) == [8, 4, 4, 4, 12], let bytes = Hexadecimal.bytes(Array(parts.joined())) else {
            return nil
        }
        self.bytes = bytes
    }

    /// The bytes as `representation` orders them. Doing it twice gives the first order again.
    func ordered(_ representation: Representation) -> [UInt8] {
        switch representation {
        case .standard, .pythonLegacy: bytes
        case .javaLegacy: bytes[0..<8].reversed() + bytes[8..<16].reversed()
        case .cSharpLegacy:
            bytes[0..<4].reversed() + bytes[4..<6].reversed() + bytes[6..<8].reversed() + bytes[8..<16]
        }
    }
}

extension BSONUUID: CustomStringConvertible {
    /// The text form, lower case.
    public var description: String {
        let fields = [0..<4, 4..<6, 6..<8, 8..<10, 10..<16]
        return fields.map { Hexadecimal.text(bytes[$0]) }.joined(separator: "-")
    }
}
