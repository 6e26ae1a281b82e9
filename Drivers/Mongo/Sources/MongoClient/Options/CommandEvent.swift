// SPDX-License-Identifier: Apache-2.0

public import BSON

/// What goes to a server and what comes back, for an observer of a client's commands. Greetings, which carry proofs,
/// are not among them; the values of documents are. Of a caller's own commands that carry passwords or proofs, such as
/// `createUser`, the documents are empty and the server's words are left out.
public struct CommandEvent: Sendable {
    /// What happened.
    @nonexhaustive
    public enum Kind: Sendable {
        /// A command is about to be sent, with all that it has on the wire.
        case started(BSONDocument)
        /// The server has answered `ok: 1`; single writes may have failed.
        case succeeded(BSONDocument)
        /// The server has refused it, or no answer came.
        case failed(MongoError)
    }

    /// What happened.
    public let kind: Kind
    /// The command's name, such as `insert`.
    public let command: String
    /// The database that it is for.
    public let database: String
    /// The server, `host:port`.
    public let server: String
}
