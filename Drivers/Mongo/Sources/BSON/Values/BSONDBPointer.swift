// SPDX-License-Identifier: Apache-2.0

/// A reference to a document of another collection. Deprecated by the specification since long; still read and written.
public struct BSONDBPointer: Sendable, Hashable {
    /// The collection's name, usually with its database before a dot.
    public var reference: String
    /// The document's `_id`.
    public var id: ObjectID

    /// A reference to the document `id` of the collection `reference`.
    public init(reference: String, id: ObjectID) {
        self.reference = reference
        self.id = id
    }
}
