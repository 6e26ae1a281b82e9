// SPDX-License-Identifier: Apache-2.0

public import BSON

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
    /// The whole operation; `nil` for the client's `timeoutMS`, zero for no limit.
    public var timeout: Duration?
    /// Further fields of the command, as they are.
    public var additional: BSONDocument?

    /// Nothing set.
    public init() {}
}
