// SPDX-License-Identifier: Apache-2.0

/// Texts of any bytes (RFC 1035 §3.3.14).
public struct TXTRecord: RecordData {
    public static let type: RecordType? = .txt

    /// One text at least, each of 255 bytes at most.
    public var texts: [[UInt8]]

    /// The data from their texts.
    public init(_ texts: [[UInt8]]) {
        self.texts = texts
    }

    public init(reading reader: inout DataReader) throws(MessageError) {
        texts = []
        repeat { texts.append(try reader.characterString()) } while !reader.isAtEnd
    }

    public func write(to writer: inout MessageWriter) {
        for text in texts { writer.characterString(text) }
    }

    public var description: String {
        texts.map(Presentation.quoted).joined(separator: " ")
    }
}
