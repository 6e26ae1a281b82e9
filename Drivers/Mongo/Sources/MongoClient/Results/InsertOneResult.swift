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
