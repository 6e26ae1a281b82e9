// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// An IPv4 address (RFC 1035 §3.4.1).
@available(FairDial 0.1, *)
public struct ARecord: RecordData {
    /// A.
    public static let type: RecordType? = .a

    /// The address.
    public let address: IPv4Address

    /// The data from the address.
    public init(_ address: IPv4Address) {
        self.address = address
    }

    /// Reads the data as they stand on the wire.
    ///
    /// - Throws: `MessageError` where they break the type's rules.
    public init(reading reader: inout DataReader) throws(MessageError) {
        address = IPv4Address(bits: try reader.uint32())
    }

    /// Writes the data as they stand on the wire.
    public func write(to writer: inout MessageWriter) {
        writer.uint32(address.bits)
    }

    /// As a zone file has it.
    public var description: String { "\(address)" }
}
