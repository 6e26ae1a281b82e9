// SPDX-License-Identifier: Apache-2.0

import BSON
import NIOCore

/// One message of MongoDB's protocol, as much of it as the canned server and the foul client need: OP_MSG both ways,
/// and the OP_QUERY that a client may begin with.
struct WireMessage: Sendable {
    /// What is wrong with bytes that are none.
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// How the message is framed.
    enum Form: Int32, Sendable {
        case message = 2013
        case query = 2004
        case reply = 1
    }

    private static let headerLength = 16
    /// The server says the same of itself in its hello.
    static let longest = 48_000_000
    private static let checksumPresent: UInt32 = 1
    private static let moreToCome: UInt32 = 2

    var form = Form.message
    var id: Int32
    var responseTo: Int32 = 0
    var body: BSONDocument
    /// Documents that come beside the body, under the name of the field that they belong to.
    var sequences: [String: [BSONDocument]] = [:]
    /// Whether the sender does not want an answer.
    var isUnanswered = false

    init(id: Int32, responseTo: Int32 = 0, body: BSONDocument, form: Form = .message) {
        self.id = id
        self.responseTo = responseTo
        self.body = body
        self.form = form
    }

    /// The bytes as they go over the wire.
    var bytes: ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(Self.headerLength + 32 + body.bytes.count)
        buffer.writeMultipleIntegers(Int32(0), id, responseTo, form.rawValue, endianness: .little)
        switch form {
        case .message:
            buffer.writeInteger(UInt32(0), endianness: .little)
            buffer.writeInteger(UInt8(0))
        case .reply:
            // Flags, a cursor, where it starts, one document.
            buffer.writeMultipleIntegers(Int32(8), Int64(0), Int32(0), Int32(1), endianness: .little)
        case .query:
            buffer.writeInteger(Int32(0), endianness: .little)
            buffer.writeString("admin.$cmd\0")
            buffer.writeMultipleIntegers(Int32(0), Int32(-1), endianness: .little)
        }
        buffer.writeBytes(body.bytes)
        buffer.setInteger(Int32(buffer.readableBytes), at: 0, endianness: .little)
        return buffer
    }

    /// How long the message is that begins here; `nil` where too little of it is there to say.
    static func length(of buffer: ByteBuffer) throws(Fault) -> Int? {
        guard let length = buffer.getInteger(at: buffer.readerIndex, endianness: .little, as: Int32.self) else {
            return nil
        }
        guard (headerLength...longest).contains(Int(length)) else { throw Fault(description: "a length of \(length)") }
        return Int(length)
    }

    /// Reads one whole message.
    init(reading frame: ByteBuffer) throws(Fault) {
        var frame = frame
        guard let header = frame.readMultipleIntegers(endianness: .little, as: (Int32, Int32, Int32, Int32).self),
            let form = Form(rawValue: header.3)
        else { throw Fault(description: "an unknown opcode") }
        self.form = form
        id = header.1
        responseTo = header.2
        body = BSONDocument()
        switch form {
        case .message: try readSections(&frame)
        case .query:
            guard frame.readInteger(as: Int32.self) != nil, Self.readText(&frame) != nil,
                frame.readInteger(as: Int64.self) != nil
            else { throw Fault(description: "a query that ends early") }
            body = try Self.readDocument(&frame)
        case .reply:
            guard frame.readBytes(length: 20) != nil else { throw Fault(description: "a reply that ends early") }
            body = try Self.readDocument(&frame)
        }
    }

    private mutating func readSections(_ frame: inout ByteBuffer) throws(Fault) {
        guard let flags = frame.readInteger(endianness: .little, as: UInt32.self) else {
            throw Fault(description: "a message without flags")
        }
        // The specification: a receiver must refuse the lower 16 bits that it does not know.
        guard flags & 0xFFFF & ~(Self.checksumPresent | Self.moreToCome) == 0 else {
            throw Fault(description: "unknown flags")
        }
        isUnanswered = flags & Self.moreToCome != 0
        let tail = flags & Self.checksumPresent != 0 ? 4 : 0
        while frame.readableBytes > tail {
            switch frame.readInteger(as: UInt8.self) {
            case 0: body = try Self.readDocument(&frame)
            case 1:
                guard let size = frame.readInteger(endianness: .little, as: Int32.self), size > 4,
                    var section = frame.readSlice(length: Int(size) - 4), let name = Self.readText(&section)
                else { throw Fault(description: "a sequence that ends early") }
                var documents: [BSONDocument] = []
                while section.readableBytes > 0 { documents.append(try Self.readDocument(&section)) }
                sequences[name] = documents
            default: throw Fault(description: "an unknown section")
            }
        }
    }

    private static func readText(_ buffer: inout ByteBuffer) -> String? {
        guard let end = buffer.readableBytesView.firstIndex(of: 0) else { return nil }
        defer { buffer.moveReaderIndex(forwardBy: 1) }
        return buffer.readString(length: end - buffer.readerIndex)
    }

    private static func readDocument(_ buffer: inout ByteBuffer) throws(Fault) -> BSONDocument {
        guard let length = buffer.getInteger(at: buffer.readerIndex, endianness: .little, as: Int32.self), length >= 5,
            let bytes = buffer.readBytes(length: Int(length))
        else { throw Fault(description: "a document that ends early") }
        do {
            return try BSONDocument(validating: bytes)
        } catch {
            throw Fault(description: "\(error)")
        }
    }
}

/// Cuts what arrives into whole messages.
struct WireDecoder: NIOSingleStepByteToMessageDecoder {
    typealias InboundOut = WireMessage

    func decode(buffer: inout ByteBuffer) throws -> WireMessage? {
        guard let length = try WireMessage.length(of: buffer), let frame = buffer.readSlice(length: length) else {
            return nil
        }
        return try WireMessage(reading: frame)
    }

    func decodeLast(buffer: inout ByteBuffer, seenEOF: Bool) throws -> WireMessage? {
        try decode(buffer: &buffer)
    }
}
