// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// An IPv4 address (RFC 1035 §3.4.1).
public struct ARecord: RecordData {
    public static let type: RecordType? = .a

    /// The address.
    public let address: IPv4Address

    /// The data from the address.
    public init(_ address: IPv4Address) {
        self.address = address
    }

    public init(reading reader: inout DataReader) throws(MessageError) {
        address = IPv4Address(bits: try reader.uint32())
    }

    public func write(to writer: inout MessageWriter) {
        writer.uint32(address.bits)
    }

    public var description: String { "\(address)" }
}
