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
    /// The whole operation, all its batches; `nil` for the client's `timeoutMS`, zero for no limit.
    public var timeout: Duration?
    /// Further fields of the command, as they are.
    public var additional: BSONDocument?

    /// Nothing set.
    public init() {}
}
