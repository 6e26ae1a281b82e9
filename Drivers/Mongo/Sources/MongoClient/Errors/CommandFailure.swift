// SPDX-License-Identifier: Apache-2.0

public import BSON

/// What a server said to a command that it did not carry out.
public struct CommandFailure: Sendable, Hashable {
    /// The server's number for it; 0 where it gave none.
    public let code: Int
    /// The number's name; empty where the server gave none.
    public let codeName: String
    /// The server's words. They may quote values of the command, and the error's description has them all.
    public let message: String
    /// The whole answer.
    public let reply: BSONDocument

    /// For tests of what a program does about it.
    public init(code: Int, codeName: String = "", message: String, reply: BSONDocument = [:]) {
        self.code = code
        self.codeName = codeName
        self.message = message
        self.reply = reply
    }

    init(_ reply: BSONDocument) {
        self.init(
            code: reply["code"]?.integer ?? 0,
            codeName: reply["codeName"]?.string ?? "",
            message: reply["errmsg"]?.string ?? reply["$err"]?.string ?? "",
            reply: reply
        )
    }
}
