// SPDX-License-Identifier: Apache-2.0

/// Texts of any bytes (RFC 1035 §3.3.14).
@available(FairDial 0.1, *)
public struct TXTRecord: RecordData {
    /// TXT.
    public static let type: RecordType? = .txt

    /// One text at least, each of 255 bytes at most.
    public var texts: [[UInt8]]

    /// The data from their texts.
    public init(_ texts: [[UInt8]]) {
        self.texts = texts
    }

    /// Reads the data as they stand on the wire.
    ///
    /// - Throws: `MessageError` where they break the type's rules.
    public init(reading reader: inout DataReader) throws(MessageError) {
        texts = []
        repeat { texts.append(try reader.characterString()) } while !reader.isAtEnd
    }

    /// Writes the data as they stand on the wire.
    public func write(to writer: inout MessageWriter) {
        for text in texts { writer.characterString(text) }
    }

    /// As a zone file has it.
    public var description: String {
        texts.map(Presentation.quoted).joined(separator: " ")
    }
}
