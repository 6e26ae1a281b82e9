// SPDX-License-Identifier: Apache-2.0

import BSON

/// The numbers of the wire protocol.
///
/// - Source: MongoDB's "Wire Protocol" and the drivers' specification "OP_MSG".
enum Wire {
    /// Four numbers of four bytes: length, request, the request that is answered, opcode.
    static let headerLength = 16
    /// The longest message, by the server's own `maxMessageSizeBytes`.
    static let lengthLimit = 48_000_000
    /// An answer may be 16 KiB longer than a stored document, and it is nested around those.
    static let replyLimits = BSONLimits(depth: 200, size: 16 * 1024 * 1024 + 16 * 1024)

    /// A command holds a document of the largest size, and its own words.
    static let commandLimits = BSONLimits(depth: 200, size: 48_000_000)

    /// What the bytes behind the header are.
    enum Opcode {
        static let reply: Int32 = 1
        static let query: Int32 = 2004
        static let message: Int32 = 2013
    }

    /// The flags of a message.
    enum Flag {
        static let checksumPresent: UInt32 = 1
        static let moreToCome: UInt32 = 1 << 1
        static let exhaustAllowed: UInt32 = 1 << 16
        /// A reader must refuse what it does not know of these.
        static let required: UInt32 = 0xFFFF
    }
}
