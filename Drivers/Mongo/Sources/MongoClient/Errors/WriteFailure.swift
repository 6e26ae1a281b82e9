// SPDX-License-Identifier: Apache-2.0

public import BSON

/// One document, or one model of a bulk write, that the server did not write.
public struct WriteFailure: Sendable, Hashable {
    /// Which one: its place in what the caller gave; -1 where the server named none that was sent.
    public let index: Int
    /// The server's number for it, such as 11000 for a key that is there already.
    public let code: Int
    /// The server's words.
    public let message: String
    /// What else the server said, where it did.
    public let details: BSONDocument?

    /// For tests of what a program does about it.
    public init(index: Int, code: Int, message: String, details: BSONDocument? = nil) {
        self.index = index
        self.code = code
        self.message = message
        self.details = details
    }

    init(_ document: BSONDocument, place: Int) {
        self.init(
            index: place,
            code: document["code"]?.integer ?? 0,
            message: document["errmsg"]?.string ?? "",
            details: document["errInfo"]?.document
        )
    }
}
