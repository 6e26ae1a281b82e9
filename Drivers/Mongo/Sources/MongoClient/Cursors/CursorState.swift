// SPDX-License-Identifier: Apache-2.0

import BSON
import NIOConcurrencyHelpers
import NIOCore

/// A cursor at the server, and what is needed to go on with it or to end it.
///
/// Its one reader alone asks for batches. When it is dropped, the server is told, unless it has ended by itself.
final class CursorState: Sendable {
    private struct State {
        /// 0 for a cursor that has ended.
        var id: Int64
        /// The batch that the reader has not taken.
        var batch: BSONArray?
        var session: ServerSession?
        /// Whether a batch is on its way: then the session is in use.
        var isReading = false
    }

    private let client: MongoClient
    private let server: ServerAddress
    private let database: String
    private let collection: String
    private let batchSize: Int?
    private let comment: BSONValue?
    private let deadline: NIODeadline?
    private let state: NIOLockedValueBox<State>

    init(
        _ client: MongoClient,
        _ answer: OperationAnswer,
        _ cursor: BSONDocument,
        database: String,
        collection: String,
        batchSize: Int?,
        comment: BSONValue?,
        deadline: NIODeadline?
    ) {
        self.client = client
        server = answer.server
        self.database = database
        // A view's cursor is one of what is behind it.
        let namespace = cursor["ns"]?.string ?? ""
        let own = namespace.firstIndex(of: ".").map { String(namespace[namespace.index(after: $0)...]) } ?? ""
        self.collection = own.isEmpty ? collection : own
        self.batchSize = batchSize
        self.comment = comment
        self.deadline = deadline
        let id = cursor["id"]?.integer.map(Int64.init) ?? 0
        state = NIOLockedValueBox(
            State(id: id, batch: cursor["firstBatch"]?.array, session: answer.session)
        )
    }

    deinit {
        let last = state.withLockedValue { ($0.id, $0.session) }
        guard last.0 != 0 else { return }
        Self.kill(last.0, last.1, keepsSession: true, client, server, database, collection)
    }

    /// The next batch; `nil` at the end.
    func next() async throws(MongoError) -> BSONArray? {
        while true {
            let (batch, id, session) = state.withLockedValue { state -> (BSONArray?, Int64, ServerSession?) in
                defer { state.batch = nil }
                return (state.batch, state.id, state.session)
            }
            if let batch, !batch.isEmpty { return batch }
            guard id != 0 else { return nil }
            try await more(id, session)
        }
    }

    private func more(_ id: Int64, _ session: ServerSession?) async throws(MongoError) {
        guard !Task.isCancelled else {
            close()
            throw MongoError(.cancelled, "cancelled between two batches")
        }
        let body = try BSONWriter.command("getMore", .int64(id)) { writer throws(BSONError) in
            try writer.append(collection, forKey: "collection")
            if let batchSize, batchSize != 0 {
                try writer.append(BSONValue(count: Int(clamping: batchSize.magnitude)), forKey: "batchSize")
            }
            try writer.option("comment", comment)
        }
        // It was closed a moment ago.
        guard begin(id) else { return }
        do throws(MongoError) {
            let reply = try await client.run(body, on: database, at: server, session, until: deadline)
            guard let cursor = reply["cursor"]?.document else {
                throw MongoError(.invalidReply, "getMore: an answer without a cursor", server: server)
            }
            let next = cursor["id"]?.integer.map(Int64.init) ?? 0
            took(cursor["nextBatch"]?.array, next, of: id)
        } catch {
            failed(error, id, session)
            throw error
        }
    }

    private func begin(_ id: Int64) -> Bool {
        state.withLockedValue { state in
            state.isReading = state.id == id
            return state.isReading
        }
    }

    /// A batch has come, and says how the server knows the cursor from now on.
    private func took(_ batch: BSONArray?, _ next: Int64, of id: Int64) {
        let (isClosed, free) = state.withLockedValue { state -> (Bool, ServerSession?) in
            state.isReading = false
            let isClosed = state.id != id
            if !isClosed { (state.id, state.batch) = (next, batch) }
            guard isClosed || next == 0 else { return (false, nil) }
            defer { state.session = nil }
            return (isClosed, state.session)
        }
        // Closed while the batch was on its way: the server may have looked for the cursor too early to find it.
        if isClosed, next != 0 {
            Self.kill(next, free, keepsSession: true, client, server, database, collection)
        } else if let free {
            client.sessions.giveBack(free)
        }
    }

    private func failed(_ error: MongoError, _ id: Int64, _ session: ServerSession?) {
        let isOpen = state.withLockedValue { state -> Bool in
            defer { (state.id, state.batch, state.session, state.isReading) = (0, nil, nil, false) }
            return state.id == id
        }
        if error.code == .commandFailed {
            // What the server has refused it has ended itself; else it may still be there.
            if let session { client.sessions.giveBack(session) }
        } else if isOpen {
            // After a fault of the network, the server may still be at work in the session: no other may use it.
            let isClean = error.wireError == nil
            Self.kill(id, session, keepsSession: isClean, client, server, database, collection)
        }
    }

    /// The server is told that the reader has left; the client does not wait for its answer.
    func close() {
        let (id, session, isReading) = state.withLockedValue { state -> (Int64, ServerSession?, Bool) in
            defer {
                (state.id, state.batch) = (0, nil)
                if !state.isReading { state.session = nil }
            }
            return (state.id, state.session, state.isReading)
        }
        // A session that a batch is on its way in is given back when that has come.
        if id != 0 { Self.kill(id, session, keepsSession: !isReading, client, server, database, collection) }
    }

    /// How long a courtesy may take.
    private static let killTime = Duration.seconds(5)

    /// - Parameter keepsSession: whether the session is for others once the server has answered. One whose last command
    ///   has met a fault of the network is for nobody ("Driver Sessions").
    private static func kill(
        _ id: Int64,
        _ session: ServerSession?,
        keepsSession: Bool,
        _ client: MongoClient,
        _ server: ServerAddress,
        _ database: String,
        _ collection: String
    ) {
        // Not the caller's task: it may be the cancelled one.
        Task.detached {
            let body: BSONDocument = ["killCursors": .string(collection), "cursors": [.int64(id)]]
            let deadline = NIODeadline.now() + TimeAmount(killTime)
            let answer = try? await client.run(body, on: database, at: server, session, until: deadline)
            if keepsSession, answer != nil, let session { client.sessions.giveBack(session) }
        }
    }
}
