// SPDX-License-Identifier: Apache-2.0

/// The start of a zone of authority (RFC 1035 §3.3.13).
@available(FairDial 0.1, *)
public struct SOARecord: RecordData {
    /// SOA.
    public static let type: RecordType? = .soa

    /// The zone's first server.
    public var server: DomainName
    /// Who is responsible: a mail address whose first dot stands for the at sign.
    public var mailbox: DomainName
    /// The zone's version.
    public var serial: UInt32
    /// Seconds between a second server's looks at the first one.
    public var refresh: UInt32
    /// Seconds until it looks again after a failure.
    public var retry: UInt32
    /// Seconds until it gives the zone up.
    public var expire: UInt32
    /// Seconds for which a "does not exist" may be kept (RFC 2308 §4).
    public var minimum: UInt32

    /// The data from their parts.
    public init(
        server: DomainName,
        mailbox: DomainName,
        serial: UInt32,
        refresh: UInt32,
        retry: UInt32,
        expire: UInt32,
        minimum: UInt32
    ) {
        self.server = server
        self.mailbox = mailbox
        self.serial = serial
        self.refresh = refresh
        self.retry = retry
        self.expire = expire
        self.minimum = minimum
    }

    /// Reads the data as they stand on the wire.
    ///
    /// - Throws: `MessageError` where they break the type's rules.
    public init(reading reader: inout DataReader) throws(MessageError) {
        server = try reader.name()
        mailbox = try reader.name()
        serial = try reader.uint32()
        refresh = try reader.uint32()
        retry = try reader.uint32()
        expire = try reader.uint32()
        minimum = try reader.uint32()
    }

    /// Writes the data as they stand on the wire.
    public func write(to writer: inout MessageWriter) {
        writer.compressedName(server)
        writer.compressedName(mailbox)
        for number in [serial, refresh, retry, expire, minimum] { writer.uint32(number) }
    }

    /// As a zone file has it.
    public var description: String {
        "\(server) \(mailbox) \(serial) \(refresh) \(retry) \(expire) \(minimum)"
    }
}
