// SPDX-License-Identifier: Apache-2.0

import BSON
import NIOCore

/// One command on its way: what is sent, to whom, and whether it may be sent once more.
struct Operation: Sendable {
    /// Whether a command whose fate is not known may be sent again, and how.
    enum Repetition: Sendable {
        case never
        /// It changes nothing.
        case read
        /// The server counts it, so that the second one does nothing that the first one has done.
        case write
    }

    var command: CommandMessage
    var purpose: ServerSelection.Purpose
    var repetition = Repetition.never
    /// When it must have ended; `nil` for no limit.
    var deadline: NIODeadline?
    /// Whether the server is told how long the command may take, as `timeoutMS` wants it: not where the caller says so.
    var bindsServer = true
    /// A field of the caller's that the client has to add itself; `nil` for none.
    private(set) var reservedField: String?
    /// Whether a cursor may come of it, which then keeps the session.
    var makesCursor = false

    init(
        _ body: BSONDocument,
        on database: String,
        _ purpose: ServerSelection.Purpose,
        _ repetition: Repetition = .never,
        until deadline: NIODeadline?
    ) {
        command = CommandMessage(body: body, database: database)
        self.purpose = purpose
        self.repetition = repetition
        self.deadline = deadline
        body.read { reader in
            while reader.next() {
                if reader.hasKey("maxTimeMS") {
                    bindsServer = false
                } else if reader.isReserved {
                    reservedField = reader.key
                }
            }
        }
    }
}

extension BSONReader {
    /// Whether the element at hand is one that `CommandExtras` adds: servers refuse a field that is there twice, and a
    /// session of the caller's own would be one that this client does not keep.
    fileprivate var isReserved: Bool {
        hasKey("lsid") || hasKey("$db") || hasKey("txnNumber") || hasKey("$clusterTime") || hasKey("$readPreference")
    }
}

/// What a server has answered to an operation.
struct OperationAnswer: Sendable {
    let reply: BSONDocument
    let server: ServerAddress
    /// The session that a cursor goes on with; `nil` where there is none, or no cursor.
    var session: ServerSession?
}
