// SPDX-License-Identifier: Apache-2.0

/// How many messages came that answered nothing, or not well enough to be believed (RFC 5452 §9).
@available(FairDial 0.1, *)
package struct MismatchCounts: Hashable, Sendable {
    /// No query with this identifier is in flight on the port: forged, or too late.
    package var unknownIdentifier = 0
    /// No response, or not to a standard query.
    package var noResponse = 0
    /// An answer to another question.
    package var wrongQuestion = 0
    /// An answer to another spelling of the question.
    package var wrongCase = 0
    /// Without the cookie that it should have.
    package var wrongCookie = 0
    /// Nothing that can be read.
    package var unreadable = 0

    /// None.
    package init() {}

    /// All of them.
    package var total: Int {
        unknownIdentifier + noResponse + wrongQuestion + wrongCase + wrongCookie + unreadable
    }
}
