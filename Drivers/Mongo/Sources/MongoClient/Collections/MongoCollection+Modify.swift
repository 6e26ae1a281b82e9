// SPDX-License-Identifier: Apache-2.0

public import BSON
import NIOCore

extension MongoCollection {
    /// Finds a document and changes it, in one step.
    ///
    /// - Returns: the document as it was, or as it is where `options.returnsNew`; `nil` where none fits.
    /// - Throws: `MongoError`.
    @discardableResult
    public func findOneAndUpdate(
        _ filter: BSONDocument,
        _ change: UpdateModification,
        _ options: FindAndModifyOptions = FindAndModifyOptions()
    ) async throws(MongoError) -> BSONDocument? {
        try await findAndModify(filter, change.value(), options)
    }

    /// Finds a document and puts another one in its place, in one step; its `_id` stays.
    ///
    /// - Returns: the document as it was, or as it is where `options.returnsNew`; `nil` where none fits.
    /// - Throws: `MongoError`.
    @discardableResult
    public func findOneAndReplace(
        _ filter: BSONDocument,
        with replacement: BSONDocument,
        _ options: FindAndModifyOptions = FindAndModifyOptions()
    ) async throws(MongoError) -> BSONDocument? {
        try await findAndModify(filter, replacement.checkedReplacement(), options)
    }

    /// Finds a document and deletes it, in one step.
    ///
    /// - Returns: the document as it was; `nil` where none fits.
    /// - Throws: `MongoError`.
    @discardableResult
    public func findOneAndDelete(
        _ filter: BSONDocument,
        _ options: FindAndModifyOptions = FindAndModifyOptions()
    ) async throws(MongoError) -> BSONDocument? {
        try await findAndModify(filter, nil, options)
    }

    private func findAndModify(
        _ filter: BSONDocument,
        _ change: BSONValue?,
        _ options: FindAndModifyOptions
    ) async throws(MongoError) -> BSONDocument? {
        let concern = options.writeConcern ?? writeConcern
        let body = try BSONWriter.command("findAndModify", .string(name)) { writer throws(BSONError) in
            try writer.append(filter, forKey: "query")
            if let change {
                try writer.append(change, forKey: "update")
                try writer.option("new", options.returnsNew)
                try writer.option("upsert", options.upsert)
            } else {
                try writer.append(true, forKey: "remove")
            }
            try writer.option("sort", options.sort)
            try writer.option("fields", options.projection)
            try writer.option("arrayFilters", options.arrayFilters)
            try writer.option("hint", options.hint)
            try writer.option("collation", options.collation)
            try writer.option("let", options.variables)
            try writer.option("bypassDocumentValidation", options.bypassDocumentValidation)
            try writer.option("comment", options.comment)
            try writer.option("maxTimeMS", options.maximumTime)
            try writer.option("writeConcern", concern.document)
            try writer.all(of: options.additional)
        }
        let deadline = client.deadline(options.timeout)
        let repetition: Operation.Repetition = concern.isAcknowledged ? .write : .never
        var operation = Operation(body, on: database.name, .write, repetition, until: deadline)
        operation.command.isAcknowledged = concern.isAcknowledged
        return try await client.runWrite(operation).reply["value"]?.document
    }

    // MARK: - The collection itself

    /// Deletes the collection. One that is not there counts as deleted.
    ///
    /// - Throws: `MongoError`.
    public func drop(timeout: Duration? = nil) async throws(MongoError) {
        let body = try BSONWriter.command("drop", .string(name)) { writer throws(BSONError) in
            try writer.option("writeConcern", writeConcern.document)
        }
        do throws(MongoError) {
            try await client.runWrite(Operation(body, on: database.name, .write, until: client.deadline(timeout)))
        } catch {
            // NamespaceNotFound, which older servers say without a number.
            guard error.failure?.code == 26 || error.failure?.message == "ns not found" else { throw error }
        }
    }

    /// Makes indexes; those that are there already stay as they are.
    ///
    /// - Parameter indexes: each with `key`, and `name` if it is not to be made of the keys; all options as the command
    ///   `createIndexes` has them.
    /// - Returns: their names.
    /// - Throws: `MongoError`; `invalidArgument` for one without keys.
    @discardableResult
    public func createIndexes(
        _ indexes: [BSONDocument],
        timeout: Duration? = nil
    ) async throws(MongoError) -> [String] {
        var (names, named): ([String], [BSONValue]) = ([], [])
        for index in indexes {
            guard let keys = index["key"]?.document, !keys.isEmpty else {
                throw MongoError(.invalidArgument, "createIndexes: an index without keys")
            }
            let name = index["name"]?.string ?? keys.map { "\($0.key)_\(Self.words($0.value))" }.joined(separator: "_")
            names.append(name)
            var whole = index
            if index["name"] == nil { try? whole.append(.string(name), forKey: "name") }
            named.append(.document(whole))
        }
        guard !names.isEmpty else { throw MongoError(.invalidArgument, "createIndexes: no indexes") }
        let body = try BSONWriter.command("createIndexes", .string(name)) { writer throws(BSONError) in
            try writer.append(.array(BSONArray(named)), forKey: "indexes")
            try writer.option("writeConcern", writeConcern.document)
        }
        try await client.runWrite(Operation(body, on: database.name, .write, until: client.deadline(timeout)))
        return names
    }

    /// As other drivers name an index: `1`, `-1`, `text`.
    private static func words(_ value: BSONValue) -> String {
        value.integer.map(String.init) ?? value.string ?? "1"
    }
}
