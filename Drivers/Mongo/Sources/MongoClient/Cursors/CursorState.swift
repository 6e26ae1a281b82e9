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
        Self.kill(last.0, last.1, client, server, database, collection)
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
                try writer.append(BSONValue(count: abs(batchSize)), forKey: "batchSize")
            }
            try writer.option("comment", comment)
        }
        do throws(MongoError) {
            let reply = try await client.run(body, on: database, at: server, session, until: deadline)
            guard let cursor = reply["cursor"]?.document else {
                throw MongoError(.invalidReply, "getMore: an answer without a cursor", server: server)
            }
            let next = cursor["id"]?.integer.map(Int64.init) ?? 0
            let ended = state.withLockedValue { state -> ServerSession? in
                state.id = next
                state.batch = cursor["nextBatch"]?.array
                guard next == 0 else { return nil }
                defer { state.session = nil }
                return state.session
            }
            if let ended { client.sessions.giveBack(ended) }
        } catch {
            // What the server has refused it has ended itself; else it may still be there.
            if error.code == .commandFailed {
                state.withLockedValue { ($0.id, $0.session) = (0, nil) }
            } else {
                close()
            }
            throw error
        }
    }

    /// The server is told that the reader has left; the client does not wait for its answer.
    func close() {
        let last = state.withLockedValue { state -> (Int64, ServerSession?) in
            defer { (state.id, state.batch, state.session) = (0, nil, nil) }
            return (state.id, state.session)
        }
        if last.0 != 0 { Self.kill(last.0, last.1, client, server, database, collection) }
    }

    /// How long a courtesy may take.
    private static let killTime = Duration.seconds(5)

    private static func kill(
        _ id: Int64,
        _ session: ServerSession?,
        _ client: MongoClient,
        _ server: ServerAddress,
        _ database: String,
        _ collection: String
    ) {
        // Not the caller's task: it may be the cancelled one.
        Task.detached {
            let body: BSONDocument = ["killCursors": .string(collection), "cursors": [.int64(id)]]
            let deadline = NIODeadline.now() + TimeAmount(killTime)
            _ = try? await client.run(body, on: database, at: server, session, until: deadline)
            if let session { client.sessions.giveBack(session) }
        }
    }
}
