// SPDX-License-Identifier: Apache-2.0

public import BSON

/// A database of a client: a name, until something is asked of it.
public struct MongoDatabase: Sendable {
    /// Its name.
    public let name: String
    /// Whose it is.
    public let client: MongoClient
    /// From which members reads are answered, where a call does not say so.
    public var readRule: ReadRule
    /// How settled what is read must be, where a call does not say so.
    public var readConcern: ReadConcern
    /// Who must have a write, where a call does not say so.
    public var writeConcern: WriteConcern

    init(_ name: String, of client: MongoClient) {
        self.name = name
        self.client = client
        readRule = client.settings.readRule
        readConcern = client.settings.readConcern
        writeConcern = client.settings.writeConcern
    }

    /// A collection by its name; nothing is sent.
    public func collection(_ name: String) -> MongoCollection {
        MongoCollection(name, in: self)
    }

    /// Runs a command as it is, once: the concerns of the database are not added.
    ///
    /// - Parameters:
    ///   - command: its name is the first key. A `maxTimeMS` holds instead of what `timeoutMS` would have the server
    ///     told; `lsid`, `txnNumber`, `$db`, `$clusterTime` and `$readPreference` are the client's to add.
    ///   - readRule: from which members; the primary by default.
    ///   - timeout: the whole operation; `nil` for the client's `timeoutMS`, zero for no limit.
    /// - Returns: the server's answer, whose `ok` is 1.
    /// - Throws: `MongoError`.
    @discardableResult
    public func runCommand(
        _ command: BSONDocument,
        readRule: ReadRule = .primary,
        timeout: Duration? = nil
    ) async throws(MongoError) -> BSONDocument {
        guard !command.isEmpty else { throw MongoError(.invalidArgument, "a command without a name") }
        let deadline = client.deadline(timeout)
        let operation = Operation(command, on: name, .read(readRule), until: deadline)
        return try await client.run(operation).reply
    }

    /// Aggregates what is no collection's: a pipeline that begins with `$documents`, `$currentOp` and the like.
    ///
    /// - Throws: `MongoError`.
    public func aggregate(
        _ pipeline: [BSONDocument],
        _ options: AggregateOptions = AggregateOptions()
    ) async throws(MongoError) -> MongoCursor {
        try await aggregate(pipeline, of: .int32(1), namespace: "$cmd.aggregate", options)
    }

    /// Makes a collection. One that is written to makes itself; this is for options.
    ///
    /// - Parameters:
    ///   - collection: its name.
    ///   - options: fields of the command `create`, such as `capped` and `validator`.
    /// - Throws: `MongoError`; 48 `NamespaceExists` where there is one.
    @discardableResult
    public func createCollection(
        _ collection: String,
        options: BSONDocument = [:],
        timeout: Duration? = nil
    ) async throws(MongoError) -> MongoCollection {
        let body = try BSONWriter.command("create", .string(collection)) { writer throws(BSONError) in
            try writer.all(of: options)
            if !options.contains("writeConcern") { try writer.option("writeConcern", writeConcern.document) }
        }
        try await client.runWrite(Operation(body, on: name, .write, until: client.deadline(timeout)))
        return self.collection(collection)
    }

    /// The names of the collections.
    ///
    /// - Throws: `MongoError`.
    public func collectionNames(timeout: Duration? = nil) async throws(MongoError) -> [String] {
        let body: BSONDocument = ["listCollections": 1, "nameOnly": true, "cursor": [:]]
        var operation = Operation(body, on: name, .read(.primary), .read, until: client.deadline(timeout))
        operation.makesCursor = true
        let cursor = try await client.cursor(of: operation, namespace: "$cmd.listCollections", batchSize: nil, nil)
        return try await cursor.all().compactMap { $0["name"]?.string }
    }

    /// Deletes the database and all its collections.
    ///
    /// - Throws: `MongoError`.
    public func drop(timeout: Duration? = nil) async throws(MongoError) {
        let body = try BSONWriter.command("dropDatabase", .int32(1)) { writer throws(BSONError) in
            try writer.option("writeConcern", writeConcern.document)
        }
        try await client.runWrite(Operation(body, on: name, .write, until: client.deadline(timeout)))
    }

    /// An aggregation of a collection, or of none.
    func aggregate(
        _ pipeline: [BSONDocument],
        of subject: BSONValue,
        namespace: String,
        _ options: AggregateOptions,
        readRule: ReadRule? = nil,
        readConcern: ReadConcern? = nil,
        writeConcern: WriteConcern? = nil
    ) async throws(MongoError) -> MongoCursor {
        let last = pipeline.last?.firstKey
        let writes = last == "$out" || last == "$merge"
        let rule = options.readRule ?? readRule ?? self.readRule
        let concern = options.readConcern ?? readConcern ?? self.readConcern
        let acknowledgement = options.writeConcern ?? writeConcern ?? self.writeConcern
        let body = try BSONWriter.command("aggregate", subject) { writer throws(BSONError) in
            try writer.append(.array(BSONArray(pipeline.map(BSONValue.document))), forKey: "pipeline")
            try writer.beginDocument(forKey: "cursor")
            // A batch of nothing would keep the server from writing.
            if !(writes && options.batchSize == 0) { try writer.option("batchSize", options.batchSize) }
            try writer.end()
            try writer.option("allowDiskUse", options.allowDiskUse)
            try writer.option("bypassDocumentValidation", options.bypassDocumentValidation)
            try writer.option("collation", options.collation)
            try writer.option("hint", options.hint)
            try writer.option("comment", options.comment)
            try writer.option("let", options.variables)
            try writer.option("maxTimeMS", options.maximumTime)
            try writer.option("readConcern", concern.document)
            if writes { try writer.option("writeConcern", acknowledgement.document) }
            try writer.all(of: options.additional)
        }
        let deadline = client.deadline(options.timeout)
        let purpose: ServerSelection.Purpose = writes ? .readThatWrites(rule) : .read(rule)
        var operation = Operation(body, on: name, purpose, writes ? .never : .read, until: deadline)
        operation.makesCursor = true
        return try await client.cursor(
            of: operation,
            namespace: namespace,
            batchSize: options.batchSize,
            options.comment
        )
    }
}
