// SPDX-License-Identifier: Apache-2.0

/// Data of a type that we do not know: bytes (RFC 3597).
@available(FairDial 0.1, *)
public struct UnknownRecord: RecordData {
    /// Of every type that has no form of its own.
    public static let type: RecordType? = nil

    /// The type.
    public let type: RecordType
    /// The data as they stand.
    public var bytes: [UInt8]

    /// The data of a record of some type.
    public init(type: RecordType, bytes: [UInt8]) {
        self.type = type
        self.bytes = bytes
    }

    /// Reads data of no known type: that of NULL records, which may hold anything (RFC 1035 §3.3.10).
    public init(reading reader: inout DataReader) throws(MessageError) {
        self.init(type: RecordType(rawValue: 10), bytes: reader.rest())
    }

    /// Writes the data as they stand on the wire.
    public func write(to writer: inout MessageWriter) {
        writer.raw(bytes)
    }

    /// `\# 3 abcdef` (RFC 3597 §5).
    public var description: String {
        bytes.isEmpty ? "\\# 0" : "\\# \(bytes.count) \(Presentation.hexadecimal(bytes))"
    }
}
