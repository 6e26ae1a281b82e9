// SPDX-License-Identifier: Apache-2.0

import BSON
import NIOCore

/// A command as it goes over the wire, except for what the connection adds to it.
struct CommandMessage: Sendable {
    /// Documents that follow the command as a section of their own, where they need not be copied into an array.
    struct Sequence: Sendable {
        /// The field of the command that they stand for.
        let field: StaticString
        /// What each of them is.
        let documents: ArraySlice<BSONDocument>
        /// The IDs of those that bring none, at the documents' own indices; empty where each has its own.
        var ids: [ObjectID?] = []
    }

    /// The command's name comes first.
    var body: BSONDocument
    var database: String
    var sequence: Sequence?
    /// Whether the server answers.
    var isAcknowledged = true

    /// The command's name; a walk to the first key.
    var name: String {
        body.read { reader in reader.next() ? reader.key : "" }
    }

    /// The message, as OP_MSG.
    ///
    /// - Parameter extras: elements that are added behind the body's own.
    func encoded(request: Int32, adding extras: CommandExtras, _ allocator: ByteBufferAllocator) -> ByteBuffer {
        let body = self.body.bytes
        let documents = sequence.map { $0.documents.reduce(0) { $0 + $1.bytes.count + 17 } + 32 } ?? 0
        var buffer = allocator.buffer(capacity: body.count + documents + 256)
        buffer.writeHeader(request: request, opcode: Wire.Opcode.message)
        buffer.writeInteger(isAcknowledged ? 0 : Wire.Flag.moreToCome, endianness: .little)
        buffer.writeInteger(UInt8(0))
        let start = buffer.writerIndex
        buffer.writeBytes(body.dropLast())
        extras.write(to: &buffer, database: database)
        buffer.writeInteger(UInt8(0))
        buffer.setInteger(Int32(truncatingIfNeeded: buffer.writerIndex - start), at: start, endianness: .little)
        if let sequence { write(sequence, to: &buffer) }
        buffer.setInteger(Int32(truncatingIfNeeded: buffer.writerIndex), at: 0, endianness: .little)
        return buffer
    }

    private func write(_ sequence: Sequence, to buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt8(1))
        let start = buffer.writerIndex
        buffer.writeInteger(Int32(0))
        buffer.writeStaticString(sequence.field)
        buffer.writeInteger(UInt8(0))
        for index in sequence.documents.indices {
            let bytes = sequence.documents[index].bytes
            guard !sequence.ids.isEmpty, let id = sequence.ids[index] else {
                buffer.writeBytes(bytes)
                continue
            }
            // The ID goes first, as the server would put it, and the document's bytes are not copied for it.
            buffer.writeInteger(Int32(truncatingIfNeeded: bytes.count + 17), endianness: .little)
            buffer.writeInteger(BSONType.objectID.rawValue)
            buffer.writeStaticString("_id\0")
            buffer.writeBytes(id.bytes)
            buffer.writeBytes(bytes.dropFirst(4))
        }
        buffer.setInteger(Int32(truncatingIfNeeded: buffer.writerIndex - start), at: start, endianness: .little)
    }

    /// A command in the form that servers of every age read, for the first hello.
    static func query(_ body: BSONDocument, request: Int32, _ allocator: ByteBufferAllocator) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: body.bytes.count + 64)
        buffer.writeHeader(request: request, opcode: Wire.Opcode.query)
        // The flag that a secondary may answer.
        buffer.writeInteger(Int32(4), endianness: .little)
        buffer.writeStaticString("admin.$cmd\0")
        buffer.writeInteger(Int32(0), endianness: .little)
        buffer.writeInteger(Int32(-1), endianness: .little)
        buffer.writeBytes(body.bytes)
        buffer.setInteger(Int32(truncatingIfNeeded: buffer.writerIndex), at: 0, endianness: .little)
        return buffer
    }
}

extension ByteBuffer {
    /// A header whose length is set once it is known.
    fileprivate mutating func writeHeader(request: Int32, opcode: Int32) {
        writeMultipleIntegers(Int32(0), request, Int32(0), opcode, endianness: .little)
    }
}
