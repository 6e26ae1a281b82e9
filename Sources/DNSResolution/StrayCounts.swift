// SPDX-License-Identifier: Apache-2.0

/// How many messages came that answered nothing, or not well enough to be believed (RFC 5452 §9).
public struct StrayCounts: Hashable, Sendable {
    /// No query with this identifier is under way on the port: forged, or too late.
    public var unknownIdentifier = 0
    /// No response, or not to a standard query.
    public var noResponse = 0
    /// An answer to another question.
    public var wrongQuestion = 0
    /// An answer to another spelling of the question.
    public var wrongCase = 0
    /// Without the cookie that it should have.
    public var wrongCookie = 0
    /// Nothing that can be read.
    public var unreadable = 0

    /// None.
    public init() {}

    /// All of them.
    public var total: Int {
        unknownIdentifier + noResponse + wrongQuestion + wrongCase + wrongCookie + unreadable
    }
}
