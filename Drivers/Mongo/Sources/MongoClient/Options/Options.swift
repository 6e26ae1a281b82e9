// SPDX-License-Identifier: Apache-2.0

public import BSON

/// What may be set on a find.
public struct FindOptions: Sendable, Hashable {
    /// The order, by fields: `1` up, `-1` down.
    public var sort: BSONDocument?
    /// The fields that come; all by default.
    public var projection: BSONDocument?
    /// How many documents are passed over first.
    public var skip: Int?
    /// How many come at most; 0 for all. A negative one is its amount in one batch.
    public var limit: Int?
    /// How many come in one answer.
    public var batchSize: Int?
    /// The index: its name or its keys.
    public var hint: BSONValue?
    /// How texts are compared.
    public var collation: BSONDocument?
    /// What the server's log shows beside the command.
    public var comment: BSONValue?
    /// Values that expressions of the filter use.
    public var variables: BSONDocument?
    /// How long the server may work on it.
    public var maximumTime: Duration?
    /// Whether it may sort on its disk.
    public var allowDiskUse: Bool?
    /// From which members; `nil` for the client's.
    public var readRule: ReadRule?
    /// How settled; `nil` for the client's.
    public var readConcern: ReadConcern?
    /// The whole operation, all its batches; `nil` for the client's `timeoutMS`.
    public var timeout: Duration?
    /// Further fields of the command, as they are.
    public var additional: BSONDocument?

    /// Nothing set.
    public init() {}
}

/// What may be set on an aggregation.
public struct AggregateOptions: Sendable, Hashable {
    /// How many documents come in one answer.
    public var batchSize: Int?
    /// Whether stages may use the server's disk.
    public var allowDiskUse: Bool?
    /// Whether `$out` and `$merge` may write what the collection's rules forbid.
    public var bypassDocumentValidation: Bool?
    /// The index: its name or its keys.
    public var hint: BSONValue?
    /// How texts are compared.
    public var collation: BSONDocument?
    /// What the server's log shows beside the command.
    public var comment: BSONValue?
    /// Values that expressions use.
    public var variables: BSONDocument?
    /// How long the server may work on it.
    public var maximumTime: Duration?
    /// From which members; `nil` for the client's. What writes goes to the primary.
    public var readRule: ReadRule?
    /// How settled; `nil` for the client's.
    public var readConcern: ReadConcern?
    /// Who must have what `$out` and `$merge` write; `nil` for the client's.
    public var writeConcern: WriteConcern?
    /// The whole operation, all its batches; `nil` for the client's `timeoutMS`.
    public var timeout: Duration?
    /// Further fields of the command, as they are.
    public var additional: BSONDocument?

    /// Nothing set.
    public init() {}
}

/// What may be set on counting, and on asking for distinct values.
public struct CountOptions: Sendable, Hashable {
    /// How many documents are passed over first.
    public var skip: Int?
    /// How many are counted at most.
    public var limit: Int?
    /// The index: its name or its keys.
    public var hint: BSONValue?
    /// How texts are compared.
    public var collation: BSONDocument?
    /// What the server's log shows beside the command.
    public var comment: BSONValue?
    /// How long the server may work on it.
    public var maximumTime: Duration?
    /// From which members; `nil` for the client's.
    public var readRule: ReadRule?
    /// How settled; `nil` for the client's.
    public var readConcern: ReadConcern?
    /// The whole operation; `nil` for the client's `timeoutMS`.
    public var timeout: Duration?
    /// Further fields of the command, as they are.
    public var additional: BSONDocument?

    /// Nothing set.
    public init() {}
}

/// What may be set on inserts.
public struct InsertOptions: Sendable, Hashable {
    /// Whether the first document that fails ends it. Default yes.
    public var isOrdered = true
    /// Whether documents may be written that the collection's rules forbid.
    public var bypassDocumentValidation: Bool?
    /// What the server's log shows beside the command.
    public var comment: BSONValue?
    /// Who must have it; `nil` for the client's.
    public var writeConcern: WriteConcern?
    /// The whole operation; `nil` for the client's `timeoutMS`.
    public var timeout: Duration?
    /// Further fields of the command, as they are.
    public var additional: BSONDocument?

    /// Nothing set.
    public init() {}
}

/// What may be set on updates and replacements.
public struct UpdateOptions: Sendable, Hashable {
    /// Whether a document is made where none fits. Default no.
    public var upsert: Bool?
    /// Which elements of arrays `$[name]` means.
    public var arrayFilters: [BSONDocument]?
    /// Which of several fitting documents, by fields: for one document alone.
    public var sort: BSONDocument?
    /// The index: its name or its keys.
    public var hint: BSONValue?
    /// How texts are compared.
    public var collation: BSONDocument?
    /// Values that expressions use.
    public var variables: BSONDocument?
    /// Whether a document may become what the collection's rules forbid.
    public var bypassDocumentValidation: Bool?
    /// What the server's log shows beside the command.
    public var comment: BSONValue?
    /// Who must have it; `nil` for the client's.
    public var writeConcern: WriteConcern?
    /// The whole operation; `nil` for the client's `timeoutMS`.
    public var timeout: Duration?
    /// Further fields of the command, as they are.
    public var additional: BSONDocument?

    /// Nothing set.
    public init() {}
}

/// What may be set on deletions.
public struct DeleteOptions: Sendable, Hashable {
    /// The index: its name or its keys.
    public var hint: BSONValue?
    /// How texts are compared.
    public var collation: BSONDocument?
    /// Values that expressions use.
    public var variables: BSONDocument?
    /// What the server's log shows beside the command.
    public var comment: BSONValue?
    /// Who must have it; `nil` for the client's.
    public var writeConcern: WriteConcern?
    /// The whole operation; `nil` for the client's `timeoutMS`.
    public var timeout: Duration?
    /// Further fields of the command, as they are.
    public var additional: BSONDocument?

    /// Nothing set.
    public init() {}
}

/// What may be set on finding one document and changing it.
public struct FindAndModifyOptions: Sendable, Hashable {
    /// Whether a document is made where none fits.
    public var upsert: Bool?
    /// Whether the document comes as it is afterwards. Default no: as it was.
    public var returnsNew: Bool?
    /// Which of several fitting documents, by fields.
    public var sort: BSONDocument?
    /// The fields that come; all by default.
    public var projection: BSONDocument?
    /// Which elements of arrays `$[name]` means.
    public var arrayFilters: [BSONDocument]?
    /// The index: its name or its keys.
    public var hint: BSONValue?
    /// How texts are compared.
    public var collation: BSONDocument?
    /// Values that expressions use.
    public var variables: BSONDocument?
    /// Whether a document may become what the collection's rules forbid.
    public var bypassDocumentValidation: Bool?
    /// What the server's log shows beside the command.
    public var comment: BSONValue?
    /// How long the server may work on it.
    public var maximumTime: Duration?
    /// Who must have it; `nil` for the client's.
    public var writeConcern: WriteConcern?
    /// The whole operation; `nil` for the client's `timeoutMS`.
    public var timeout: Duration?
    /// Further fields of the command, as they are.
    public var additional: BSONDocument?

    /// Nothing set.
    public init() {}
}
