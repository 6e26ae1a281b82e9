// SPDX-License-Identifier: Apache-2.0

import DNSMessages

/// One question on its way to an answer.
///
/// An object, because it is large and nearly every step changes a part of it. It belongs to its client alone, which is a value
/// that nobody copies and that one thread at a time changes: that makes it `Sendable`.
final class Query: @unchecked Sendable {
    /// One question to one server, over one port or stream.
    struct Try: Sendable {
        let server: Int
        /// The port or stream it went out on.
        let carrier: QueryClient.Carrier
        /// The port, where it was one.
        let port: QueryClient.PortState?
        let isStream: Bool
        let identifier: UInt16
        let sentAt: Duration
        /// The query as it was sent, its question's letters in the case that the answer must have.
        let message: [UInt8]
        let hasOptions: Bool
        let hasCookies: Bool
        /// Whether an answer may still come.
        var isListening = true
        /// Whether it has been counted as having come to nothing; a good answer is taken all the same.
        var hasFailed = false
    }

    let question: Question
    /// What whoever asked wants to be told with the outcome.
    let tag: UInt64
    /// When it is given up, whatever happens.
    var ends: Duration
    /// Whether whoever asked can do without: then silence says nothing of the server.
    var isDispensable = false
    /// The server that the first try goes to, as a place in the order.
    let firstServer: Int
    /// A copy of somebody else's query, for this server alone: nobody waits for it.
    let probes: Int?
    var tries: [Try] = []
    /// How many tries have been started by a clock or a "no", those aside that only repeat one in another form.
    var rounds = 0
    /// How many have said "no", or failed.
    var refusals = 0
    var failures: [QueryFailure] = []
    /// When to do something about it.
    var wake: Duration = .zero
    /// Whether nothing is tried any more, and only a late good answer is waited for.
    var isLastCall = false
    /// Servers that have answered to another spelling: they are asked in plain case from now on.
    var spellingDoubts: [Int] = []
    /// Servers that have wanted another cookie once.
    var cookieDoubts: [Int] = []

    init(
        _ question: Question,
        tag: UInt64 = 0,
        ends: Duration,
        firstServer: Int,
        probes: Int? = nil
    ) {
        self.question = question
        self.tag = tag
        self.ends = ends
        self.firstServer = firstServer
        self.probes = probes
    }

    /// Keeps the reason why a try came to nothing; the latest ones, where there are many.
    func note(_ failure: QueryFailure) {
        let most = 16
        if failures.count == most { failures.removeFirst() }
        failures.append(failure)
    }
}
