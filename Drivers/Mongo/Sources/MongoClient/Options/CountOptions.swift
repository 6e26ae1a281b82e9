// SPDX-License-Identifier: Apache-2.0

public import BSON

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
    /// The whole operation; `nil` for the client's `timeoutMS`, zero for no limit.
    public var timeout: Duration?
    /// Further fields of the command, as they are.
    public var additional: BSONDocument?

    /// Nothing set.
    public init() {}
}
