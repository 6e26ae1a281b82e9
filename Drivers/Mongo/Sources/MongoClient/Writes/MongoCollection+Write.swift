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
