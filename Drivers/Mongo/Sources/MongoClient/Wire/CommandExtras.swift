// SPDX-License-Identifier: Apache-2.0

import BSON
import NIOCore

/// What is added to a command once its connection is known.
struct CommandExtras: Sendable {
    /// The session's element as it stands on the wire, `lsid`; empty for none.
    var session: [UInt8] = []
    /// The number of a write that may be repeated.
    var transactionNumber: Int64?
    /// Which members may answer; `nil` for the primary.
    var readPreference: BSONDocument?
    /// The cluster's time as the server has told it.
    var clusterTime: BSONDocument?
    /// How many milliseconds the server may take; `nil` for as many as it likes.
    var maximumTime: Int64?
    /// The stable interface that was asked for.
    var serverInterface: ServerInterface?

    func write(to buffer: inout ByteBuffer, database: String) {
        if !session.isEmpty { buffer.writeBytes(session) }
        if let transactionNumber {
            buffer.writeInteger(BSONType.int64.rawValue)
            buffer.writeStaticString("txnNumber\0")
            buffer.writeInteger(transactionNumber, endianness: .little)
        }
        if let maximumTime {
            buffer.writeInteger(BSONType.int64.rawValue)
            buffer.writeStaticString("maxTimeMS\0")
            buffer.writeInteger(maximumTime, endianness: .little)
        }
        buffer.writeText(database, key: "$db\0")
        if let readPreference { buffer.writeDocument(readPreference, key: "$readPreference\0") }
        if let clusterTime { buffer.writeDocument(clusterTime, key: "$clusterTime\0") }
        if let serverInterface {
            buffer.writeText(serverInterface.version, key: "apiVersion\0")
            if let strict = serverInterface.isStrict { buffer.writeBool(strict, key: "apiStrict\0") }
            if let errors = serverInterface.deprecationErrors {
                buffer.writeBool(errors, key: "apiDeprecationErrors\0")
            }
        }
    }
}

extension ByteBuffer {
    fileprivate mutating func writeText(_ text: String, key: StaticString) {
        writeInteger(BSONType.string.rawValue)
        writeStaticString(key)
        let start = writerIndex
        writeInteger(Int32(0))
        writeString(text)
        writeInteger(UInt8(0))
        setInteger(Int32(truncatingIfNeeded: writerIndex - start - 4), at: start, endianness: .little)
    }

    fileprivate mutating func writeDocument(_ document: BSONDocument, key: StaticString) {
        writeInteger(BSONType.document.rawValue)
        writeStaticString(key)
        writeBytes(document.bytes)
    }

    fileprivate mutating func writeBool(_ value: Bool, key: StaticString) {
        writeInteger(BSONType.bool.rawValue)
        writeStaticString(key)
        writeInteger(UInt8(value ? 1 : 0))
    }
}
