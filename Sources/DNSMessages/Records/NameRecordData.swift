// SPDX-License-Identifier: Apache-2.0

/// Data that are one name.
@available(FairDial 0.1, *)
protocol NameRecordData: RecordData {
    init(_ name: DomainName)

    /// The name.
    var name: DomainName { get }

    /// Whether the name may be written compressed: only where RFC 1035 defines the type (RFC 3597 §4).
    static var mayBeCompressed: Bool { get }
}

@available(FairDial 0.1, *)
extension NameRecordData {
    static var mayBeCompressed: Bool { true }

    /// Reads the data as they stand on the wire.
    ///
    /// - Throws: `MessageError` where they break the type's rules.
    public init(reading reader: inout DataReader) throws(MessageError) {
        // Written compressed or not, it is read either way: old servers do write it so (RFC 3597 §4).
        self.init(try reader.name())
    }

    /// Writes the data as they stand on the wire.
    public func write(to writer: inout MessageWriter) {
        if Self.mayBeCompressed { writer.compressedName(name) } else { writer.name(name) }
    }

    /// As a zone file has it.
    public var description: String { "\(name)" }
}
