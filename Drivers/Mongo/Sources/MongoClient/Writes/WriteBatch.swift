// SPDX-License-Identifier: Apache-2.0

import BSON

/// Writes of one kind that go in one command, or in several where one cannot hold them.
struct WriteBatch: Sendable {
    enum Kind: Sendable {
        case insert
        case update
        case delete

        var command: String {
            switch self {
            case .insert: "insert"
            case .update: "update"
            case .delete: "delete"
            }
        }

        var field: StaticString {
            switch self {
            case .insert: "documents"
            case .update: "updates"
            case .delete: "deletes"
            }
        }
    }

    let kind: Kind
    private(set) var statements: [BSONDocument] = []
    /// Of inserts: the `_id`s that the client adds, and all of them.
    private(set) var addedIDs: [ObjectID?] = []
    private(set) var ids: [BSONValue] = []
    /// The places of the models among all that the caller gave; empty where they are 0, 1, 2, …
    private(set) var places: [Int] = []
    /// Whether a second sending does no harm: a write to many documents may be half done.
    private(set) var isRepeatable = true

    init(_ kind: Kind) {
        self.kind = kind
    }

    /// The place of a statement's model.
    func place(of statement: Int) -> Int { places.isEmpty ? statement : places[statement] }

    mutating func insert(_ document: BSONDocument, place: Int? = nil) {
        statements.append(document)
        if let place { places.append(place) }
        if let id = document["_id"] {
            if !addedIDs.isEmpty { addedIDs.append(nil) }
            ids.append(id)
        } else {
            // Documents before this one brought their own.
            if addedIDs.isEmpty { addedIDs = Array(repeating: nil, count: statements.count - 1) }
            let id = ObjectID()
            addedIDs.append(id)
            ids.append(.objectID(id))
        }
    }

    mutating func update(
        _ filter: BSONDocument,
        _ change: BSONValue,
        many: Bool,
        _ options: UpdateOptions,
        place: Int? = nil
    ) throws(MongoError) {
        let statement = try BSONWriter.command("q", .document(filter)) { writer throws(BSONError) in
            try writer.append(change, forKey: "u")
            if many { try writer.append(true, forKey: "multi") }
            try writer.option("upsert", options.upsert)
            try writer.option("collation", options.collation)
            try writer.option("arrayFilters", options.arrayFilters)
            try writer.option("hint", options.hint)
            try writer.option("sort", options.sort)
        }
        add(statement, many: many, place)
    }

    mutating func delete(
        _ filter: BSONDocument,
        many: Bool,
        _ options: DeleteOptions,
        place: Int? = nil
    ) throws(MongoError) {
        let statement = try BSONWriter.command("q", .document(filter)) { writer throws(BSONError) in
            try writer.append(Int32(many ? 0 : 1), forKey: "limit")
            try writer.option("collation", options.collation)
            try writer.option("hint", options.hint)
        }
        add(statement, many: many, place)
    }

    private mutating func add(_ statement: BSONDocument, many: Bool, _ place: Int?) {
        statements.append(statement)
        if let place { places.append(place) }
        if many { isRepeatable = false }
    }

    /// The statements from `start` on that fit into one command: one at least.
    func part(from start: Int, maximumCount: Int, maximumSize: Int) -> Range<Int> {
        var end = start
        var size = 0
        while end < statements.count, end - start < maximumCount {
            size += statements[end].bytes.count + 17
            if end > start, size > maximumSize { break }
            end += 1
        }
        return start..<end
    }
}
