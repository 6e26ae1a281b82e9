// SPDX-License-Identifier: Apache-2.0

/// How a query ended.
@available(FairDial 0.1, *)
package enum QueryOutcome: Sendable {
    /// A server has answered: with records, or with the word that there are none.
    case answered(ServerAnswer)
    /// No server has answered, for these reasons, in the order in which they came.
    case failed([QueryFailure])
    /// Too many queries wait already.
    case queueFull
    /// This machine has no descriptor left to ask with.
    case noDescriptor(String)
    /// This machine has no thread left to read the answers with.
    case noThread(String)
}
