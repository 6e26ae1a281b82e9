// SPDX-License-Identifier: Apache-2.0

public import BSON

/// A write that was done, and not acknowledged as the write concern wants it.
public struct WriteConcernFailure: Sendable, Hashable {
    /// The server's number for it, such as 64 for a timeout.
    public let code: Int
    /// The number's name; empty where the server gave none.
    public let codeName: String
    /// The server's words.
    public let message: String
    /// What else the server said, where it did.
    public let details: BSONDocument?

    /// For tests of what a program does about it.
    public init(code: Int, codeName: String = "", message: String, details: BSONDocument? = nil) {
        self.code = code
        self.codeName = codeName
        self.message = message
        self.details = details
    }

    init(_ document: BSONDocument) {
        self.init(
            code: document["code"]?.integer ?? 0,
            codeName: document["codeName"]?.string ?? "",
            message: document["errmsg"]?.string ?? "",
            details: document["errInfo"]?.document
        )
    }
}
