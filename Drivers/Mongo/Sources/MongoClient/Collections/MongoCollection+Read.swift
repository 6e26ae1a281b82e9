// SPDX-License-Identifier: Apache-2.0

public import BSON
import NIOCore

extension MongoCollection {
    /// The documents that fit, batch by batch as they are read.
    ///
    /// - Throws: `MongoError`.
    public func find(
        _ filter: BSONDocument = [:],
        _ options: FindOptions = FindOptions()
    ) async throws(MongoError) -> MongoCursor {
        let body = try BSONWriter.command("find", .string(name)) { writer throws(BSONError) in
            try writer.append(filter, forKey: "filter")
            try writer.option("sort", options.sort)
            try writer.option("projection", options.projection)
            try writer.option("skip", options.skip)
            let limit = options.limit.map { Int(clamping: $0.magnitude) } ?? 0
            let isOneBatch = limit == 1 || options.limit ?? 0 < 0
            if limit != 0 {
                try writer.option("limit", limit)
                if isOneBatch { try writer.append(true, forKey: "singleBatch") }
            }
            if let batchSize = options.batchSize.map({ Int(clamping: $0.magnitude) }) {
                // A batch as large as the limit leaves the server with a cursor that has nothing left.
                let isOnePlus = batchSize == limit && limit != 0 && !isOneBatch && limit < Int.max
                try writer.option("batchSize", isOnePlus ? batchSize + 1 : batchSize)
            }
            try writer.option("hint", options.hint)
            try writer.option("collation", options.collation)
            try writer.option("comment", options.comment)
            try writer.option("let", options.variables)
            try writer.option("maxTimeMS", options.maximumTime)
            try writer.option("allowDiskUse", options.allowDiskUse)
            try writer.option("readConcern", (options.readConcern ?? readConcern).document)
            try writer.all(of: options.additional)
        }
        var operation = reading(body, options.readRule, options.timeout)
        operation.makesCursor = true
        return try await client.cursor(
            of: operation,
            namespace: name,
            batchSize: options.batchSize,
            options.comment
        )
    }

    /// The first document that fits; `nil` where none does.
    ///
    /// - Throws: `MongoError`.
    public func findOne(
        _ filter: BSONDocument = [:],
        _ options: FindOptions = FindOptions()
    ) async throws(MongoError) -> BSONDocument? {
        var options = options
        options.limit = 1
        options.batchSize = nil
        var documents = try await find(filter, options).makeAsyncIterator()
        return try await documents.next()
    }

    /// What a pipeline makes of the documents.
    ///
    /// - Throws: `MongoError`.
    public func aggregate(
        _ pipeline: [BSONDocument],
        _ options: AggregateOptions = AggregateOptions()
    ) async throws(MongoError) -> MongoCursor {
        try await database.aggregate(
            pipeline,
            of: .string(name),
            namespace: name,
            options,
            readRule: readRule,
            readConcern: readConcern,
            writeConcern: writeConcern
        )
    }

    /// How many documents fit: they are counted.
    ///
    /// - Throws: `MongoError`.
    public func countDocuments(
        _ filter: BSONDocument = [:],
        _ options: CountOptions = CountOptions()
    ) async throws(MongoError) -> Int {
        var pipeline: [BSONDocument] = [["$match": .document(filter)]]
        if let skip = options.skip { pipeline.append(["$skip": BSONValue(count: skip)]) }
        if let limit = options.limit { pipeline.append(["$limit": BSONValue(count: limit)]) }
        pipeline.append(["$group": ["_id": 1, "n": ["$sum": 1]]])
        var aggregate = AggregateOptions()
        aggregate.hint = options.hint
        aggregate.collation = options.collation
        aggregate.comment = options.comment
        aggregate.maximumTime = options.maximumTime
        aggregate.readRule = options.readRule
        aggregate.readConcern = options.readConcern
        aggregate.timeout = options.timeout
        aggregate.additional = options.additional
        var groups = try await self.aggregate(pipeline, aggregate).makeAsyncIterator()
        return try await groups.next()?["n"]?.integer ?? 0
    }

    /// How many documents there are, by the collection's own books: fast, and not exact after a crash.
    ///
    /// - Throws: `MongoError`.
    public func estimatedDocumentCount(
        _ options: CountOptions = CountOptions()
    ) async throws(MongoError) -> Int {
        try await count(nil, options)
    }

    /// The command `count`, which newer programs leave to `countDocuments`.
    func count(_ filter: BSONDocument?, _ options: CountOptions) async throws(MongoError) -> Int {
        let body = try BSONWriter.command("count", .string(name)) { writer throws(BSONError) in
            try writer.option("query", filter)
            try writer.option("skip", options.skip)
            try writer.option("limit", options.limit)
            try writer.option("hint", options.hint)
            try writer.option("collation", options.collation)
            try writer.option("comment", options.comment)
            try writer.option("maxTimeMS", options.maximumTime)
            try writer.option("readConcern", (options.readConcern ?? readConcern).document)
            try writer.all(of: options.additional)
        }
        let answer = try await client.run(reading(body, options.readRule, options.timeout))
        guard let count = answer.reply["n"]?.integer else {
            throw MongoError(.invalidReply, "count: an answer without a number", server: answer.server)
        }
        return count
    }

    /// The different values of a field among the documents that fit.
    ///
    /// - Throws: `MongoError`.
    public func distinct(
        _ field: String,
        _ filter: BSONDocument = [:],
        _ options: CountOptions = CountOptions()
    ) async throws(MongoError) -> [BSONValue] {
        let body = try BSONWriter.command("distinct", .string(name)) { writer throws(BSONError) in
            try writer.append(field, forKey: "key")
            try writer.append(filter, forKey: "query")
            try writer.option("hint", options.hint)
            try writer.option("collation", options.collation)
            try writer.option("comment", options.comment)
            try writer.option("maxTimeMS", options.maximumTime)
            try writer.option("readConcern", (options.readConcern ?? readConcern).document)
            try writer.all(of: options.additional)
        }
        let answer = try await client.run(reading(body, options.readRule, options.timeout))
        guard let values = answer.reply["values"]?.array else {
            throw MongoError(.invalidReply, "distinct: an answer without values", server: answer.server)
        }
        return Array(values)
    }

    private func reading(
        _ body: BSONDocument,
        _ rule: ReadRule?,
        _ timeout: Duration?
    ) -> Operation {
        Operation(body, on: database.name, .read(rule ?? readRule), .read, until: client.deadline(timeout))
    }
}
