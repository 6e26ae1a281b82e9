// SPDX-License-Identifier: Apache-2.0

/// Where a service is to be had (RFC 2782).
@available(FairDial 0.1, *)
public struct SRVRecord: RecordData {
    /// SRV.
    public static let type: RecordType? = .srv

    /// The lower, the better.
    public var priority: UInt16
    /// The share of the load among those of one priority.
    public var weight: UInt16
    /// The port.
    public var port: UInt16
    /// The host; the root where the domain does not offer the service.
    public var target: DomainName

    /// The data from their parts.
    public init(priority: UInt16, weight: UInt16, port: UInt16, target: DomainName) {
        self.priority = priority
        self.weight = weight
        self.port = port
        self.target = target
    }

    /// Reads the data as they stand on the wire.
    ///
    /// - Throws: `MessageError` where they break the type's rules.
    public init(reading reader: inout DataReader) throws(MessageError) {
        priority = try reader.uint16()
        weight = try reader.uint16()
        port = try reader.uint16()
        // Not to be compressed, and compressed all the same by servers that followed RFC 2052.
        target = try reader.name()
    }

    /// Writes the data as they stand on the wire.
    public func write(to writer: inout MessageWriter) {
        writer.uint16(priority)
        writer.uint16(weight)
        writer.uint16(port)
        writer.name(target)
    }

    /// As a zone file has it.
    public var description: String { "\(priority) \(weight) \(port) \(target)" }
}
