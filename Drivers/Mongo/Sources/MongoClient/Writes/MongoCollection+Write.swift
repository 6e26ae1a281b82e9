// SPDX-License-Identifier: Apache-2.0

import BSON
import NIOCore

/// How batches of writes become commands, and their answers one result.
extension MongoCollection {
    /// What is left over of a message for the command's own fields.
    private static let overhead = 16 * 1024 + 1_024

    /// - Throws: `writeFailed` where single writes were not done; any other error with what was done before it.
    func write(_ batches: [WriteBatch], _ settings: WriteSettings) async throws(MongoError) -> BulkWriteResult {
        var result = BulkWriteResult()
        result.isAcknowledged = settings.writeConcern.isAcknowledged
        var failures: [WriteFailure] = []
        var concern: WriteConcernFailure?
        var labels: Set<String> = []
        var server: ServerAddress?
        sending: for batch in batches {
            try check(batch)
            var start = 0
            while start < batch.statements.count {
                let answer: OperationAnswer
                let part: Range<Int>
                do throws(MongoError) {
                    let known = try await client.select(.write, until: settings.deadline).description
                    part = batch.part(
                        from: start,
                        maximumCount: known.maximumWriteBatch,
                        maximumSize: known.maximumMessageSize - Self.overhead
                    )
                    answer = try await client.run(operation(batch, part, settings))
                } catch {
                    throw finished(error, result, failures, concern)
                }
                server = answer.server
                let failed = result.add(answer.reply, batch, part, listsIDs: settings.listsIDs)
                failures += failed
                if let document = answer.reply["writeConcernError"]?.document {
                    concern = WriteConcernFailure(document)
                    labels.formUnion(Set(labels: answer.reply))
                }
                if settings.isOrdered, !failed.isEmpty { break sending }
                start = part.upperBound
            }
        }
        if failures.isEmpty, concern == nil { return result }
        var error = MongoError(.writeFailed, Self.words(failures, concern), server: server)
        error.labels = labels
        throw finished(error, result, failures, concern)
    }

    /// One kind of writes.
    func write(_ batch: WriteBatch, _ settings: WriteSettings) async throws(MongoError) -> BulkWriteResult {
        try await write([batch], settings)
    }

    private static func words(_ failures: [WriteFailure], _ concern: WriteConcernFailure?) -> String {
        if let first = failures.first {
            let more = failures.count > 1 ? " (and \(failures.count - 1) more)" : ""
            return "write \(first.index): \(first.code): \(first.message)\(more)"
        }
        return "write concern: \(concern?.code ?? 0): \(concern?.message ?? "")"
    }

    private func finished(
        _ error: MongoError,
        _ result: BulkWriteResult,
        _ failures: [WriteFailure],
        _ concern: WriteConcernFailure?
    ) -> MongoError {
        var error = error
        error.partialResult = result
        error.writeFailures = failures
        error.writeConcernFailure = error.writeConcernFailure ?? concern
        return error
    }

    /// A document that no server takes: the connection would be closed in the middle of it.
    private func check(_ batch: WriteBatch) throws(MongoError) {
        let limit = 16 * 1024 * 1024 + (batch.kind == .insert ? 0 : 16 * 1024)
        for (index, statement) in batch.statements.enumerated() where statement.bytes.count > limit {
            let words = "document \(batch.place(of: index)) has \(statement.bytes.count) bytes, over \(limit)"
            throw MongoError(.invalidArgument, words)
        }
    }

    private func operation(
        _ batch: WriteBatch,
        _ part: Range<Int>,
        _ settings: WriteSettings
    ) throws(MongoError) -> Operation {
        let body = try BSONWriter.command(batch.kind.command, .string(name)) { writer throws(BSONError) in
            try writer.append(settings.isOrdered, forKey: "ordered")
            try writer.option("bypassDocumentValidation", settings.bypassDocumentValidation)
            try writer.option("comment", settings.comment)
            try writer.option("let", settings.variables)
            try writer.option("writeConcern", settings.writeConcern.document)
            try writer.all(of: settings.additional)
        }
        let isAcknowledged = settings.writeConcern.isAcknowledged
        let repetition: Operation.Repetition = batch.isRepeatable && isAcknowledged ? .write : .never
        var operation = Operation(body, on: database.name, .write, repetition, until: settings.deadline)
        operation.command.isAcknowledged = isAcknowledged
        operation.command.sequence = CommandMessage.Sequence(
            field: batch.kind.field,
            documents: batch.statements[part],
            ids: batch.addedIDs
        )
        return operation
    }
}

extension BulkWriteResult {
    /// Adds what one command has done.
    ///
    /// - Returns: the writes that it has not done.
    mutating func add(_ reply: BSONDocument, _ batch: WriteBatch, _ part: Range<Int>, listsIDs: Bool) -> [WriteFailure]
    {
        let failures = (reply["writeErrors"]?.array ?? []).compactMap(\.document).map { document in
            let statement = (document["index"]?.integer ?? 0) + part.lowerBound
            let place = batch.statements.indices.contains(statement) ? batch.place(of: statement) : statement
            return WriteFailure(document, place: place)
        }
        let count = reply["n"]?.integer ?? 0
        switch batch.kind {
        case .insert:
            insertedCount += count
            if listsIDs || !failures.isEmpty { list(batch, part, count: count, failures) }
        case .delete: deletedCount += count
        case .update:
            let upserted = reply["upserted"]?.array ?? []
            var made = 0
            for document in upserted.compactMap(\.document) {
                let statement = (document["index"]?.integer ?? 0) + part.lowerBound
                guard batch.statements.indices.contains(statement) else { continue }
                upsertedIDs[batch.place(of: statement)] = document["_id"]
                made += 1
            }
            matchedCount += count - made
            modifiedCount += reply["nModified"]?.integer ?? 0
        }
        return failures
    }

    private mutating func list(_ batch: WriteBatch, _ part: Range<Int>, count: Int, _ failures: [WriteFailure]) {
        let failed = Set(failures.map(\.index))
        // Of ordered ones, none behind the first failure was tried.
        let last = failures.count == 1 && count < part.count - 1 ? failures[0].index : Int.max
        for statement in part {
            let place = batch.place(of: statement)
            if !failed.contains(place), place < last { insertedIDs[place] = batch.ids[statement] }
        }
    }
}
