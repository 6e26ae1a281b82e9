// SPDX-License-Identifier: Apache-2.0

public import BSON
import NIOCore

/// A collection of a database: a name, until something is asked of it.
///
/// Documents are `BSONDocument`s or values that are `Codable`: what takes the one takes the other.
public struct MongoCollection: Sendable {
    /// Its name.
    public let name: String
    /// Where it is.
    public let database: MongoDatabase
    /// From which members reads are answered, where a call does not say so.
    public var readRule: ReadRule
    /// How settled what is read must be, where a call does not say so.
    public var readConcern: ReadConcern
    /// Who must have a write, where a call does not say so.
    public var writeConcern: WriteConcern

    init(_ name: String, in database: MongoDatabase) {
        self.name = name
        self.database = database
        readRule = database.readRule
        readConcern = database.readConcern
        writeConcern = database.writeConcern
    }

    /// Whose it is.
    public var client: MongoClient { database.client }

    // MARK: - Inserting

    /// Inserts a document; one without an `_id` is given one.
    ///
    /// - Throws: `MongoError`; `writeFailed` with the code 11000 where the key is there already.
    @discardableResult
    public func insertOne(
        _ document: BSONDocument,
        _ options: InsertOptions = InsertOptions()
    ) async throws(MongoError) -> InsertOneResult {
        var batch = WriteBatch(.insert)
        batch.insert(document)
        let settings = settings(options)
        let result = try await write(batch, settings)
        return InsertOneResult(insertedID: batch.ids[0], isAcknowledged: result.isAcknowledged)
    }

    /// Inserts documents, in as few messages as they fit into; those without an `_id` are given one.
    ///
    /// - Throws: `MongoError`; `writeFailed` with those that were not inserted, by their places; `partialResult` has
    ///   what was done.
    @discardableResult
    public func insertMany(
        _ documents: [BSONDocument],
        _ options: InsertOptions = InsertOptions()
    ) async throws(MongoError) -> InsertManyResult {
        guard !documents.isEmpty else { throw MongoError(.invalidArgument, "insertMany: no documents") }
        var batch = WriteBatch(.insert)
        for document in documents { batch.insert(document) }
        let settings = settings(options)
        let result = try await write(batch, settings)
        return InsertManyResult(insertedIDs: batch.ids, isAcknowledged: result.isAcknowledged)
    }

    private func settings(_ options: InsertOptions) -> WriteSettings {
        WriteSettings(
            isOrdered: options.isOrdered,
            bypassDocumentValidation: options.bypassDocumentValidation,
            comment: options.comment,
            additional: options.additional,
            writeConcern: options.writeConcern ?? writeConcern,
            deadline: client.deadline(options.timeout)
        )
    }

    // MARK: - Updating and replacing

    /// Changes the first document that fits.
    ///
    /// - Throws: `MongoError`.
    @discardableResult
    public func updateOne(
        _ filter: BSONDocument,
        _ change: UpdateModification,
        _ options: UpdateOptions = UpdateOptions()
    ) async throws(MongoError) -> UpdateResult {
        try await update(filter, change.value(), many: false, options)
    }

    /// Changes all documents that fit. It is not sent again where its fate is not known: it may be half done.
    ///
    /// - Throws: `MongoError`.
    @discardableResult
    public func updateMany(
        _ filter: BSONDocument,
        _ change: UpdateModification,
        _ options: UpdateOptions = UpdateOptions()
    ) async throws(MongoError) -> UpdateResult {
        try await update(filter, change.value(), many: true, options)
    }

    /// Puts a document in the place of the first one that fits; its `_id` stays.
    ///
    /// - Throws: `MongoError`.
    @discardableResult
    public func replaceOne(
        _ filter: BSONDocument,
        with replacement: BSONDocument,
        _ options: UpdateOptions = UpdateOptions()
    ) async throws(MongoError) -> UpdateResult {
        try await update(filter, replacement.checkedReplacement(), many: false, options)
    }

    private func update(
        _ filter: BSONDocument,
        _ change: BSONValue,
        many: Bool,
        _ options: UpdateOptions
    ) async throws(MongoError) -> UpdateResult {
        var batch = WriteBatch(.update)
        try batch.update(filter, change, many: many, options)
        let settings = WriteSettings(
            bypassDocumentValidation: options.bypassDocumentValidation,
            comment: options.comment,
            variables: options.variables,
            additional: options.additional,
            writeConcern: options.writeConcern ?? writeConcern,
            deadline: client.deadline(options.timeout)
        )
        let result = try await write(batch, settings)
        return UpdateResult(
            matchedCount: result.matchedCount,
            modifiedCount: result.modifiedCount,
            upsertedID: result.upsertedIDs[0],
            isAcknowledged: result.isAcknowledged
        )
    }

    // MARK: - Deleting

    /// Deletes the first document that fits.
    ///
    /// - Throws: `MongoError`.
    @discardableResult
    public func deleteOne(
        _ filter: BSONDocument,
        _ options: DeleteOptions = DeleteOptions()
    ) async throws(MongoError) -> DeleteResult {
        try await delete(filter, many: false, options)
    }

    /// Deletes all documents that fit. It is not sent again where its fate is not known: it may be half done.
    ///
    /// - Throws: `MongoError`.
    @discardableResult
    public func deleteMany(
        _ filter: BSONDocument,
        _ options: DeleteOptions = DeleteOptions()
    ) async throws(MongoError) -> DeleteResult {
        try await delete(filter, many: true, options)
    }

    private func delete(
        _ filter: BSONDocument,
        many: Bool,
        _ options: DeleteOptions
    ) async throws(MongoError) -> DeleteResult {
        var batch = WriteBatch(.delete)
        try batch.delete(filter, many: many, options)
        let settings = WriteSettings(
            comment: options.comment,
            variables: options.variables,
            additional: options.additional,
            writeConcern: options.writeConcern ?? writeConcern,
            deadline: client.deadline(options.timeout)
        )
        let result = try await write(batch, settings)
        return DeleteResult(deletedCount: result.deletedCount, isAcknowledged: result.isAcknowledged)
    }

    // MARK: - Several writes

    /// Carries several writes out, in as few commands as they fit into: ordered ones of a kind that follow one another,
    /// or all of a kind.
    ///
    /// - Parameters:
    ///   - options: whether the first failure ends it, and what holds for all.
    ///   - variables: values that expressions use.
    /// - Throws: `MongoError`; `writeFailed` with those that were not done, by their places; `partialResult` has what
    ///   was done.
    @discardableResult
    public func bulkWrite(
        _ models: [WriteModel],
        _ options: InsertOptions = InsertOptions(),
        variables: BSONDocument? = nil
    ) async throws(MongoError) -> BulkWriteResult {
        guard !models.isEmpty else { throw MongoError(.invalidArgument, "bulkWrite: no writes") }
        var settings = settings(options)
        settings.listsIDs = true
        settings.variables = variables
        return try await write(WriteBatch.batches(of: models, isOrdered: options.isOrdered), settings)
    }
}
