// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// An IPv6 address (RFC 3596 §2.2).
@available(FairDial 0.1, *)
public struct AAAARecord: RecordData {
    /// AAAA.
    public static let type: RecordType? = .aaaa

    /// The address.
    public let address: IPv6Address

    /// The data from the address.
    public init(_ address: IPv6Address) {
        self.address = address
    }

    /// Reads the data as they stand on the wire.
    ///
    /// - Throws: `MessageError` where they break the type's rules.
    public init(reading reader: inout DataReader) throws(MessageError) {
        address = IPv6Address(high: try reader.uint64(), low: try reader.uint64())
    }

    /// Writes the data as they stand on the wire.
    public func write(to writer: inout MessageWriter) {
        writer.uint64(address.high)
        writer.uint64(address.low)
    }

    /// As a zone file has it.
    public var description: String { "\(address)" }
}
