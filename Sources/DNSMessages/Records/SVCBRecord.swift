// SPDX-License-Identifier: Apache-2.0

/// Where a service is to be had, and how (RFC 9460).
@available(FairDial 0.1, *)
public struct SVCBRecord: RecordData {
    /// SVCB.
    public static let type: RecordType? = .svcb

    /// 0 for an alias; else the lower, the better.
    public var priority: UInt16
    /// The name that an alias leads to, or the name of the endpoint. The root stands for the record's own name; in an
    /// alias it says that the service is not available (RFC 9460 §2.5).
    public var target: DomainName
    /// What it says of the endpoint.
    public var parameters: ServiceParameters

    /// The data from their parts.
    public init(priority: UInt16, target: DomainName, parameters: ServiceParameters = .none) {
        self.priority = priority
        self.target = target
        self.parameters = parameters
    }

    /// Whether it only says that another name is meant (RFC 9460 §2.4.2).
    public var isAlias: Bool { priority == 0 }

    /// Reads the data as they stand on the wire.
    ///
    /// - Throws: `MessageError` where they break the type's rules.
    public init(reading reader: inout DataReader) throws(MessageError) {
        priority = try reader.uint16()
        target = try reader.uncompressedName()
        parameters = try ServiceParameters(reading: &reader)
    }

    /// Writes the data as they stand on the wire.
    public func write(to writer: inout MessageWriter) {
        writer.uint16(priority)
        writer.name(target)
        parameters.write(to: &writer)
    }

    /// As a zone file has it.
    public var description: String {
        (["\(priority)", "\(target)"] + parameters.all.map { "\($0)" }).joined(separator: " ")
    }
}
