// SPDX-License-Identifier: Apache-2.0

/// Reads the parts of one record's data, and never past its end; names may point back into the message.
@available(FairDial 0.1, *)
public struct DataReader {
    private let bytes: [UInt8]
    private let end: Int

    /// Where the next read begins, in bytes from the message's start.
    public private(set) var position: Int

    init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    /// Whether nothing is left.
    public var isAtEnd: Bool { position == end }

    /// How many bytes are left.
    public var count: Int { end - position }

    private mutating func take(_ count: Int) throws(MessageError) -> Int {
        guard end - position >= count else { throw MessageError(.truncated, at: end) }
        defer { position += count }
        return position
    }

    /// One byte.
    public mutating func uint8() throws(MessageError) -> UInt8 {
        bytes[try take(1)]
    }

    /// Two bytes, the higher first.
    public mutating func uint16() throws(MessageError) -> UInt16 {
        let start = try take(2)
        return UInt16(bytes[start]) << 8 | UInt16(bytes[start + 1])
    }

    /// Four bytes, the highest first.
    public mutating func uint32() throws(MessageError) -> UInt32 {
        UInt32(try uint16()) << 16 | UInt32(try uint16())
    }

    /// Eight bytes, the highest first.
    public mutating func uint64() throws(MessageError) -> UInt64 {
        UInt64(try uint32()) << 32 | UInt64(try uint32())
    }

    /// The next `count` bytes.
    public mutating func bytes(_ count: Int) throws(MessageError) -> [UInt8] {
        let start = try take(count)
        return Array(bytes[start..<start + count])
    }

    /// Whatever is left.
    public mutating func rest() -> [UInt8] {
        defer { position = end }
        return Array(bytes[position..<end])
    }

    /// A length byte and as many bytes (RFC 1035 §3.3).
    public mutating func characterString() throws(MessageError) -> [UInt8] {
        try bytes(Int(try uint8()))
    }

    /// A name, compressed or not.
    public mutating func name() throws(MessageError) -> DomainName {
        let (name, after) = try NameDecoder.name(at: position, to: end, in: bytes)
        position = after
        return name
    }

    /// A name that may not be compressed (RFC 3597 §4, RFC 9460 §2.2).
    public mutating func uncompressedName() throws(MessageError) -> DomainName {
        let start = position
        let name = try name()
        guard position - start == name.wire.count else { throw MessageError(.badPointer, at: start) }
        return name
    }

    /// Passes a name.
    mutating func skipName() throws(MessageError) {
        position = try NameDecoder.skip(from: position, to: end, in: bytes)
    }
}
