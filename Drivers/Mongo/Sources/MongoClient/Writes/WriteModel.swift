// SPDX-License-Identifier: Apache-2.0

public import BSON

/// One write of several that go together.
public enum WriteModel: Sendable, Hashable {
    /// Inserts a document.
    case insertOne(BSONDocument)
    /// Changes the first document that fits.
    case updateOne(BSONDocument, UpdateModification, UpdateOptions = UpdateOptions())
    /// Changes all documents that fit.
    case updateMany(BSONDocument, UpdateModification, UpdateOptions = UpdateOptions())
    /// Replaces the first document that fits.
    case replaceOne(BSONDocument, with: BSONDocument, UpdateOptions = UpdateOptions())
    /// Deletes the first document that fits.
    case deleteOne(BSONDocument, DeleteOptions = DeleteOptions())
    /// Deletes all documents that fit.
    case deleteMany(BSONDocument, DeleteOptions = DeleteOptions())
}
