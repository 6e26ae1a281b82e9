// SPDX-License-Identifier: Apache-2.0

public import BSON

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
