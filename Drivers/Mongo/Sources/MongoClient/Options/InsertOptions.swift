// SPDX-License-Identifier: Apache-2.0

public import BSON

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
    /// The whole operation; `nil` for the client's `timeoutMS`, zero for no limit.
    public var timeout: Duration?
    /// Further fields of the command, as they are.
    public var additional: BSONDocument?

    /// Nothing set.
    public init() {}
}
