// SPDX-License-Identifier: Apache-2.0

import BSON
import NIOCore

extension MongoClient {
    /// Runs a command that answers with a cursor.
    func cursor(
        of operation: Operation,
        namespace: String,
        batchSize: Int?,
        _ comment: BSONValue?
    ) async throws(MongoError) -> MongoCursor {
        let answer = try await run(operation)
        if let document = answer.reply["writeConcernError"]?.document {
            throw MongoError.concern(WriteConcernFailure(document), answer)
        }
        guard let cursor = answer.reply["cursor"]?.document else {
            let words = "\(operation.command.name): an answer without a cursor"
            throw MongoError(.invalidReply, words, server: answer.server)
        }
        let state = CursorState(
            self,
            answer,
            cursor,
            database: operation.command.database,
            collection: namespace,
            batchSize: batchSize,
            comment: comment,
            deadline: operation.deadline
        )
        return MongoCursor(state: state)
    }

    /// Runs a command that writes and is not one of inserting, updating, deleting.
    @discardableResult
    func runWrite(_ operation: Operation) async throws(MongoError) -> OperationAnswer {
        let answer = try await run(operation)
        if let document = answer.reply["writeConcernError"]?.document {
            throw MongoError.concern(WriteConcernFailure(document), answer)
        }
        return answer
    }

    /// Runs a command of a cursor: at its server, in its session, once.
    func run(
        _ body: BSONDocument,
        on database: String,
        at address: ServerAddress,
        _ session: ServerSession?,
        until deadline: NIODeadline?
    ) async throws(MongoError) -> BSONDocument {
        let deployment = try await running(until: deadline)
        guard let selected = deployment.server(at: address) else {
            throw MongoError(.connectionFailed, "the cursor's server belongs to the client no more", server: address)
        }
        var operation = Operation(body, on: database, .read(.primary), until: deadline)
        // Servers refuse a limit for what is no tailable cursor's.
        operation.bindsServer = false
        var attempts = Attempts()
        attempts.pinned = session
        return try await attempt(operation, at: selected, deployment, &attempts).reply
    }
}

extension MongoError {
    static func concern(_ failure: WriteConcernFailure, _ answer: OperationAnswer) -> MongoError {
        let words = "write concern: \(failure.code): \(failure.message)"
        var error = MongoError(.writeFailed, words, server: answer.server)
        error.writeConcernFailure = failure
        error.labels = Set(labels: answer.reply)
        return error
    }
}
