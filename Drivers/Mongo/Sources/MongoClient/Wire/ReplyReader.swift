// SPDX-License-Identifier: Apache-2.0

import BSON
import NIOCore

/// Takes bytes as they come, and gives answers: OP_MSG, and OP_REPLY to the first hello.
///
/// Nothing is kept beyond the longest message, and no length is believed before it has been checked.
struct ReplyReader {
    private var received = ByteBuffer()

    /// Whether bytes have come that are no whole message yet.
    var isInMessage: Bool { received.readableBytes > 0 }

    mutating func append(_ bytes: inout ByteBuffer) {
        if received.readableBytes == 0 {
            received = bytes
        } else {
            received.writeBuffer(&bytes)
        }
    }

    /// The next answer that is there as a whole.
    ///
    /// - Parameter request: the one that is waiting for its answer; `nil` where none is.
    mutating func next(to request: Int32?) throws(WireError) -> WireReply? {
        guard let length: Int32 = number(at: 0) else { return nil }
        guard length >= Wire.headerLength + 5, length <= Wire.lengthLimit else {
            throw WireError(.invalidLength, "a message of \(length) bytes")
        }
        // A wrong header is known before the rest has come.
        guard let answered: Int32 = number(at: 8), let opcode: Int32 = number(at: 12) else { return nil }
        guard opcode == Wire.Opcode.message || opcode == Wire.Opcode.reply else {
            throw WireError(.unknownOpcode, "opcode \(opcode)")
        }
        guard let request else { throw WireError(.unexpectedReply, "a message that nobody has asked for") }
        guard answered == request else {
            throw WireError(.unexpectedReply, "an answer to request \(answered), and \(request) was asked")
        }
        guard received.readableBytes >= Int(length) else { return nil }
        let start = received.readerIndex
        let body = start + Wire.headerLength..<start + Int(length)
        let reply = try opcode == Wire.Opcode.message ? message(in: body) : oldReply(in: body)
        received.moveReaderIndex(forwardBy: Int(length))
        if received.readableBytes == 0 { received = ByteBuffer() }
        return reply
    }

    private func number<Number: FixedWidthInteger>(at offset: Int) -> Number? {
        guard received.readableBytes >= offset + MemoryLayout<Number>.size else { return nil }
        return received.getInteger(at: received.readerIndex + offset, endianness: .little)
    }

    private func message(in range: Range<Int>) throws(WireError) -> WireReply {
        guard let flags: UInt32 = received.getInteger(at: range.lowerBound, endianness: .little) else {
            throw WireError(.invalidLength, "a message without flags")
        }
        let unknown = flags & Wire.Flag.required & ~(Wire.Flag.checksumPresent | Wire.Flag.moreToCome)
        guard unknown == 0 else { throw WireError(.invalidMessage, "flags \(flags)") }
        // The checksum is for links without TLS or TCP's own; it is passed over, as other drivers do.
        let end = range.upperBound - (flags & Wire.Flag.checksumPresent != 0 ? 4 : 0)
        var at = range.lowerBound + 4
        var document: BSONDocument?
        while at < end {
            let kind = received.getInteger(at: at, as: UInt8.self)
            let length = received.getInteger(at: at + 1, endianness: .little, as: Int32.self) ?? 0
            guard length >= 4, Int(length) <= end - at - 1 else {
                throw WireError(.invalidMessage, "a section of \(length) bytes")
            }
            switch kind {
            case 0:
                guard document == nil else { throw WireError(.invalidMessage, "two bodies in one message") }
                document = try self.document(at: at + 1, length: Int(length))
            // Servers answer with none so far; what is in it adds nothing to the body.
            case 1: break
            default: throw WireError(.invalidMessage, "a section of kind \(kind ?? 0)")
            }
            at += 1 + Int(length)
        }
        guard at == end, let document else { throw WireError(.invalidMessage, "a message without a body") }
        return WireReply(document: document, hasMoreToCome: flags & Wire.Flag.moreToCome != 0)
    }

    private func oldReply(in range: Range<Int>) throws(WireError) -> WireReply {
        // Flags, cursor, first and number of documents stand before the one document.
        let at = range.lowerBound + 20
        guard at < range.upperBound,
            received.getInteger(at: range.lowerBound + 16, endianness: .little, as: Int32.self) == 1
        else { throw WireError(.invalidMessage, "an old reply without its one document") }
        return WireReply(document: try document(at: at, length: range.upperBound - at))
    }

    private func document(at offset: Int, length: Int) throws(WireError) -> BSONDocument {
        guard let bytes = received.getBytes(at: offset, length: length) else {
            throw WireError(.invalidLength, "a document of \(length) bytes")
        }
        do {
            return try BSONDocument(validating: bytes, limits: Wire.replyLimits)
        } catch {
            throw WireError(.invalidDocument, "\(error)")
        }
    }
}
