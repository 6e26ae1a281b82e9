// SPDX-License-Identifier: Apache-2.0

public import BSON

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
    /// The whole operation; `nil` for the client's `timeoutMS`, zero for no limit.
    public var timeout: Duration?
    /// Further fields of the command, as they are.
    public var additional: BSONDocument?

    /// Nothing set.
    public init() {}
}
