// SPDX-License-Identifier: Apache-2.0

/// Where mail goes (RFC 1035 §3.3.9).
@available(FairDial 0.1, *)
public struct MXRecord: RecordData {
    /// MX.
    public static let type: RecordType? = .mx

    /// The lower, the better.
    public var preference: UInt16
    /// The host that takes mail.
    public var exchange: DomainName

    /// The data from their parts.
    public init(preference: UInt16, exchange: DomainName) {
        self.preference = preference
        self.exchange = exchange
    }

    /// Reads the data as they stand on the wire.
    ///
    /// - Throws: `MessageError` where they break the type's rules.
    public init(reading reader: inout DataReader) throws(MessageError) {
        preference = try reader.uint16()
        exchange = try reader.name()
    }

    /// Writes the data as they stand on the wire.
    public func write(to writer: inout MessageWriter) {
        writer.uint16(preference)
        writer.compressedName(exchange)
    }

    /// As a zone file has it.
    public var description: String { "\(preference) \(exchange)" }
}
