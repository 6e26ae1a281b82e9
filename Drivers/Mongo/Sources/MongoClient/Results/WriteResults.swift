// SPDX-License-Identifier: Apache-2.0

public import BSON

/// What inserting one document came to.
public struct InsertOneResult: Sendable, Hashable {
    /// Whether the server has answered; with `w: 0` nothing is known.
    public let isAcknowledged: Bool
    /// The document's `_id`: its own, or the one that the client has given it.
    public let insertedID: BSONValue

    /// For tests of what a program does about it.
    public init(insertedID: BSONValue, isAcknowledged: Bool = true) {
        self.isAcknowledged = isAcknowledged
        self.insertedID = insertedID
    }
}

/// What inserting several documents came to.
public struct InsertManyResult: Sendable, Hashable {
    /// Whether the server has answered; with `w: 0` nothing is known.
    public let isAcknowledged: Bool
    /// The documents' `_id`s, in their order.
    public let insertedIDs: [BSONValue]

    /// For tests of what a program does about it.
    public init(insertedIDs: [BSONValue], isAcknowledged: Bool = true) {
        self.isAcknowledged = isAcknowledged
        self.insertedIDs = insertedIDs
    }
}

/// What an update or a replacement came to.
public struct UpdateResult: Sendable, Hashable {
    /// Whether the server has answered; with `w: 0` nothing is known, and the counts are 0.
    public let isAcknowledged: Bool
    /// Documents that fitted the filter.
    public let matchedCount: Int
    /// Documents that are different now.
    public let modifiedCount: Int
    /// The `_id` of the document that was made because none fitted; `nil` where none was made.
    public let upsertedID: BSONValue?

    /// For tests of what a program does about it.
    public init(matchedCount: Int, modifiedCount: Int, upsertedID: BSONValue? = nil, isAcknowledged: Bool = true) {
        self.isAcknowledged = isAcknowledged
        self.matchedCount = matchedCount
        self.modifiedCount = modifiedCount
        self.upsertedID = upsertedID
    }
}

/// What a deletion came to.
public struct DeleteResult: Sendable, Hashable {
    /// Whether the server has answered; with `w: 0` nothing is known, and the count is 0.
    public let isAcknowledged: Bool
    /// Documents that are gone.
    public let deletedCount: Int

    /// For tests of what a program does about it.
    public init(deletedCount: Int, isAcknowledged: Bool = true) {
        self.isAcknowledged = isAcknowledged
        self.deletedCount = deletedCount
    }
}

/// What several writes came to together.
public struct BulkWriteResult: Sendable, Hashable {
    /// Whether the server has answered; with `w: 0` nothing is known, and the counts are 0.
    public internal(set) var isAcknowledged = true
    /// Documents that were inserted.
    public internal(set) var insertedCount = 0
    /// Documents that fitted an update's filter.
    public internal(set) var matchedCount = 0
    /// Documents that an update has made different.
    public internal(set) var modifiedCount = 0
    /// Documents that are gone.
    public internal(set) var deletedCount = 0
    /// The `_id`s of inserted documents, by the places of their models.
    public internal(set) var insertedIDs: [Int: BSONValue] = [:]
    /// The `_id`s of documents that were made because none fitted, by the places of their models.
    public internal(set) var upsertedIDs: [Int: BSONValue] = [:]

    /// How many documents were made because none fitted.
    public var upsertedCount: Int { upsertedIDs.count }

    /// Nothing was done.
    public init() {}
}
