// SPDX-License-Identifier: Apache-2.0

public import BSON

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
    /// The whole operation, all its batches; `nil` for the client's `timeoutMS`, zero for no limit.
    public var timeout: Duration?
    /// Further fields of the command, as they are.
    public var additional: BSONDocument?

    /// Nothing set.
    public init() {}
}
