// SPDX-License-Identifier: Apache-2.0

import BSON

@testable import MongoClient

/// Carries out one operation of a file.
enum UnifiedOperation {
    struct NotBuilt: Error {
        let name: String
    }

    /// The operations that there are.
    static let built: Set<String> = [
        "aggregate", "bulkWrite", "count", "countDocuments", "createCollection", "deleteMany", "deleteOne", "distinct",
        "dropCollection", "estimatedDocumentCount", "failPoint", "find", "findOne", "findOneAndDelete",
        "findOneAndReplace", "findOneAndUpdate", "insertMany", "insertOne", "replaceOne", "runCommand", "updateMany",
        "updateOne",
    ]

    /// - Returns: its result as a file has it.
    static func run(_ name: String, on database: MongoDatabase, _ arguments: UnifiedArguments) async throws
        -> BSONValue?
    {
        switch name {
        case "aggregate":
            let pipeline = arguments.documents("pipeline") ?? []
            return try await list(database.aggregate(pipeline, arguments.aggregate).all())
        case "dropCollection":
            try await database.collection(arguments["collection"]?.string ?? "").drop()
            return nil
        case "createCollection":
            var options = arguments.document
            options.removeValue(forKey: "collection")
            try await database.createCollection(arguments["collection"]?.string ?? "", options: options)
            return nil
        case "runCommand": return .document(try await database.runCommand(arguments.document("command")))
        default: throw NotBuilt(name: name)
        }
    }

    /// - Returns: its result as a file has it.
    static func run(
        _ name: String,
        on collection: MongoCollection,
        _ arguments: UnifiedArguments
    ) async throws -> BSONValue? {
        let filter = arguments.document("filter")
        switch name {
        case "find": return try await list(collection.find(filter, arguments.find).all())
        case "findOne": return try await collection.findOne(filter, arguments.find).map(BSONValue.document) ?? .null
        case "aggregate":
            return try await list(
                collection.aggregate(arguments.documents("pipeline") ?? [], arguments.aggregate).all()
            )
        case "countDocuments": return .init(count: try await collection.countDocuments(filter, arguments.count))
        case "estimatedDocumentCount":
            return .init(count: try await collection.estimatedDocumentCount(arguments.count))
        case "count": return .init(count: try await collection.count(filter, arguments.count))
        case "distinct":
            let field = arguments["fieldName"]?.string ?? ""
            return .array(BSONArray(try await collection.distinct(field, filter, arguments.count)))
        default: return try await write(name, on: collection, filter, arguments)
        }
    }

    private static func write(
        _ name: String,
        on collection: MongoCollection,
        _ filter: BSONDocument,
        _ arguments: UnifiedArguments
    ) async throws -> BSONValue? {
        switch name {
        case "insertOne":
            let result = try await collection.insertOne(arguments.document("document"), arguments.insert)
            return ["insertedId": result.insertedID, "acknowledged": .bool(result.isAcknowledged)]
        case "insertMany":
            let result = try await collection.insertMany(arguments.documents("documents") ?? [], arguments.insert)
            let ids = result.insertedIDs.enumerated().map { ("\($0.offset)", $0.element) }
            return ["insertedIds": .document(BSONDocument(pairs: ids)), "acknowledged": .bool(result.isAcknowledged)]
        case "updateOne":
            return value(try await collection.updateOne(filter, arguments.change(), arguments.update))
        case "updateMany":
            return value(try await collection.updateMany(filter, arguments.change(), arguments.update))
        case "replaceOne":
            let replacement = arguments.document("replacement")
            return value(try await collection.replaceOne(filter, with: replacement, arguments.update))
        case "deleteOne": return value(try await collection.deleteOne(filter, arguments.delete))
        case "deleteMany": return value(try await collection.deleteMany(filter, arguments.delete))
        case "findOneAndUpdate":
            return found(try await collection.findOneAndUpdate(filter, arguments.change(), arguments.modify))
        case "findOneAndReplace":
            let replacement = arguments.document("replacement")
            return found(try await collection.findOneAndReplace(filter, with: replacement, arguments.modify))
        case "findOneAndDelete": return found(try await collection.findOneAndDelete(filter, arguments.modify))
        case "bulkWrite":
            let variables = arguments["let"]?.document
            return value(try await collection.bulkWrite(arguments.models(), arguments.insert, variables: variables))
        default: throw NotBuilt(name: name)
        }
    }

    private static func list(_ documents: [BSONDocument]) -> BSONValue {
        .array(BSONArray(documents.map(BSONValue.document)))
    }

    private static func found(_ document: BSONDocument?) -> BSONValue { document.map(BSONValue.document) ?? .null }

    private static func value(_ result: UpdateResult) -> BSONValue {
        guard result.isAcknowledged else { return ["acknowledged": false] }
        var pairs: [(String, BSONValue)] = [
            ("matchedCount", .init(count: result.matchedCount)), ("modifiedCount", .init(count: result.modifiedCount)),
            ("upsertedCount", result.upsertedID == nil ? 0 : 1),
        ]
        if let id = result.upsertedID { pairs.append(("upsertedId", id)) }
        return .document(BSONDocument(pairs: pairs))
    }

    private static func value(_ result: DeleteResult) -> BSONValue {
        result.isAcknowledged ? ["deletedCount": .init(count: result.deletedCount)] : ["acknowledged": false]
    }

    static func value(_ result: BulkWriteResult) -> BSONValue {
        guard result.isAcknowledged else { return ["acknowledged": false] }
        func ids(_ ids: [Int: BSONValue]) -> BSONValue {
            .document(BSONDocument(pairs: ids.sorted { $0.key < $1.key }.map { ("\($0.key)", $0.value) }))
        }
        return [
            "insertedCount": .init(count: result.insertedCount), "matchedCount": .init(count: result.matchedCount),
            "modifiedCount": .init(count: result.modifiedCount), "deletedCount": .init(count: result.deletedCount),
            "upsertedCount": .init(count: result.upsertedCount), "insertedIds": ids(result.insertedIDs),
            "upsertedIds": ids(result.upsertedIDs),
        ]
    }
}
