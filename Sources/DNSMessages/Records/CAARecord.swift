// SPDX-License-Identifier: Apache-2.0

/// Who may issue certificates (RFC 8659 §4.1).
@available(FairDial 0.1, *)
public struct CAARecord: RecordData {
    /// CAA.
    public static let type: RecordType? = .caa

    /// Bit 128: an issuer that does not understand the tag must not issue.
    public var flags: UInt8
    /// `issue`, `issuewild`, `iodef`: letters and digits.
    public var tag: [UInt8]
    /// What the tag says.
    public var value: [UInt8]

    /// The data from their parts.
    public init(flags: UInt8, tag: [UInt8], value: [UInt8]) {
        self.flags = flags
        self.tag = tag
        self.value = value
    }

    /// Reads the data as they stand on the wire.
    ///
    /// - Throws: `MessageError` where they break the type's rules.
    public init(reading reader: inout DataReader) throws(MessageError) {
        flags = try reader.uint8()
        let start = reader.position
        tag = try reader.characterString()
        let isTag = tag.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) }
        guard !tag.isEmpty, isTag else { throw MessageError(.badData, at: start) }
        value = reader.rest()
    }

    /// Writes the data as they stand on the wire.
    public func write(to writer: inout MessageWriter) {
        writer.uint8(flags)
        writer.characterString(tag)
        writer.raw(value)
    }

    /// As a zone file has it.
    public var description: String {
        "\(flags) \(String(decoding: tag, as: UTF8.self)) \(Presentation.quoted(value))"
    }
}
