// SPDX-License-Identifier: Apache-2.0

public import BSON

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
