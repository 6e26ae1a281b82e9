// SPDX-License-Identifier: Apache-2.0

public import BSON

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
