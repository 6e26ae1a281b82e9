// SPDX-License-Identifier: Apache-2.0

public import BSON

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
    /// The whole operation; `nil` for the client's `timeoutMS`, zero for no limit.
    public var timeout: Duration?
    /// Further fields of the command, as they are.
    public var additional: BSONDocument?

    /// Nothing set.
    public init() {}
}
