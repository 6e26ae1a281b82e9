// SPDX-License-Identifier: Apache-2.0

import BSON
public import FairDial
public import FairPool

/// Why an operation failed: which stage, what the server said, and where the time of a dial went.
///
/// The client puts no password, no key and no user's name into it. What a server says is shown as it says it, with
/// escapes for what is not printable: see `message`.
public struct MongoError: Error, Sendable {
    /// What a program may decide by.
    @nonexhaustive
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// What the caller gave cannot be done, whatever the server: an empty list, a replacement with operators.
        case invalidArgument
        /// The client was asked for something that it does not do.
        case unsupported
        /// The records of a `mongodb+srv://` name could not be had, or are not to be believed.
        case noHosts
        /// No server fitted the operation within `serverSelectionTimeoutMS`.
        case noServer
        /// A server was chosen, and there was no connection to it: `poolError` says why.
        case noConnection
        /// The connection broke, or what came is no answer: `wireError` says which. The operation may have been
        /// carried out.
        case connectionFailed
        /// The server does not know the user, or its proof is wrong; the client's proof is not shown.
        case authenticationFailed
        /// The server carried the command out and says that it failed: `failure`.
        case commandFailed
        /// Some writes were not done, or not acknowledged as wanted: `writeFailures`, `writeConcernFailure`.
        case writeFailed
        /// `timeoutMS` ran out. The operation may have been carried out.
        case timeout
        /// The caller's task was cancelled. The operation may have been carried out.
        case cancelled
        /// The client is closed.
        case closed
        /// The server's answer lacks what the command's answer must have, or its document is no BSON (`wireError`). The
        /// operation may have been carried out.
        case invalidReply
    }

    /// What went wrong.
    public let code: Code
    /// What happened, in one line, for a person; what is not printable is shown as an escape, such as `\u{1B}`.
    public let message: String
    /// The server that was asked, `host:port`; `nil` where none was.
    public internal(set) var server: String?
    /// What the server said; `nil` where it said nothing.
    public internal(set) var failure: CommandFailure?
    /// The writes that were not done, by their places; empty where it is not about single writes.
    public internal(set) var writeFailures: [WriteFailure] = []
    /// What became of the write concern; `nil` where nothing is wrong with it.
    public internal(set) var writeConcernFailure: WriteConcernFailure?
    /// What was done of a bulk write or of several inserts before it failed; `nil` where it is neither.
    public internal(set) var partialResult: BulkWriteResult?
    /// Labels of the server's or the client's, such as `RetryableWriteError`.
    public internal(set) var labels: Set<String> = []
    /// Why there was no connection; `nil` where there was one.
    public internal(set) var poolError: PoolError?
    /// The dial that was waited for, with its report: of the connection, or of the look at the server. One that was
    /// still under way has the code `deadlineExceeded`, and the time of its queue counts with its lookup. `nil` where
    /// no dial failed and none was under way.
    public internal(set) var dialError: DialError?
    /// What was wrong on the wire; `nil` where nothing was.
    public internal(set) var wireError: WireError?

    /// For tests of what a program does about it.
    public init(_ code: Code, _ message: String) {
        self.code = code
        // Servers, and whoever stands between, put their words in.
        self.message = message.printable
    }

    init(_ code: Code, _ message: String, server: ServerAddress?) {
        self.init(code, message)
        self.server = server?.description
    }

    /// Whether the server or the client has put this label on it.
    public func hasLabel(_ label: String) -> Bool { labels.contains(label) }
}

extension MongoError: CustomStringConvertible {
    /// One line: the code, the words, the server.
    public var description: String {
        "\(code.rawValue): \(message)\(server.map { " (server \($0))" } ?? "")"
    }
}

extension MongoError {
    /// What the server's refusal of a command becomes.
    static func refused(_ reply: BSONDocument, by server: ServerAddress?) -> MongoError {
        let failure = CommandFailure(reply)
        let name = failure.codeName.isEmpty ? "" : " \(failure.codeName)"
        var error = MongoError(.commandFailed, "\(failure.code)\(name): \(failure.message)", server: server)
        error.failure = failure
        error.labels = Set(labels: reply)
        return error
    }

    /// What a fault on the wire becomes.
    ///
    /// - Parameter isBound: whether the operation has a time of its own. Without one, an answer that does not come in
    ///   time (`socketTimeoutMS`) is a fault of the connection like another.
    static func broken(_ wire: WireError, at server: ServerAddress?, isBound: Bool = true) -> MongoError {
        let code: Code =
            switch wire.code {
            case .timedOut where isBound: .timeout
            case .cancelled: .cancelled
            // The connection is well, and so is its server: one document is not.
            case .invalidDocument: .invalidReply
            default: .connectionFailed
            }
        var error = MongoError(code, "\(wire)", server: server)
        error.wireError = wire
        return error
    }

    /// What a pool's refusal becomes.
    ///
    /// - Parameter isOpen: whether the client is not closed: then its pool is, for the server has left the set.
    static func noConnection(_ pool: PoolError, at server: ServerAddress?, isOpen: Bool) -> MongoError {
        let code: Code =
            switch pool.code {
            case .cancelled: .cancelled
            case .closed where !isOpen: .closed
            default: .noConnection
            }
        // A refused password is no fault of the way to the server.
        if let refused = pool.dialError?.channelError as? MongoError, code == .noConnection {
            var error = refused
            error.server = server?.description
            error.poolError = pool
            error.dialError = pool.dialError
            return error
        }
        // The dial's own line begins with its target, which the server's name says already.
        let words: String? =
            switch pool.code {
            case .dialFailed: pool.dialError.map { "\($0.code.rawValue): \($0.message) [\($0.report)]" }
            case .closed where isOpen: "the server belongs to the client no more"
            default: nil
            }
        var error = MongoError(code, words ?? "\(pool)", server: server)
        error.poolError = pool
        error.dialError = pool.dialError
        return error
    }
}

extension Set<String> {
    init(labels reply: BSONDocument) {
        self.init()
        for label in reply["errorLabels"]?.array ?? [] { if let text = label.string { insert(text) } }
    }
}
