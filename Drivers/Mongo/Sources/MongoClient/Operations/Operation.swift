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
    /// Whether the server is told how long the command may take, as `timeoutMS` wants it.
    var bindsServer = true
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
    }
}

/// What a server has answered to an operation.
struct OperationAnswer: Sendable {
    let reply: BSONDocument
    let server: ServerAddress
    /// The session that a cursor goes on with; `nil` where there is none, or no cursor.
    var session: ServerSession?
}
