// SPDX-License-Identifier: Apache-2.0

import DNSMessages

/// What has been learned of one server.
@available(FairDial 0.1, *)
struct ServerHealth: Sendable {
    /// How long until it is asked again, at first and at most.
    private static let firstProbe = Duration.seconds(2)
    private static let lastProbe = Duration.seconds(60)
    /// How long a server is taken to have no streams after this many in a row could not be opened.
    private static let streamlessTime = Duration.seconds(60)
    private static let refusalLimit = 2

    /// How long it takes.
    var estimate = RoundTripEstimate()
    /// Tries that an answer may still come to.
    var inFlight = 0
    /// Whether it is this machine itself: its answers cannot be forged from the network, so letters need no random
    /// case.
    let isLoopback: Bool
    /// Whether an answer of its to the wished form has been believed.
    var answersWished = false
    /// Whether it has answered the plain form where it was silent to the wished one, and nothing in that since.
    var isSilentToWished = false
    /// In which form it answers, as far as it has shown.
    var forms = FormMemory()
    var cookies: ServerCookies
    /// The last datagram that it has answered: when that was sent, and when the answer came.
    private var lastAnswer: (sent: Duration, came: Duration)?
    private var silences = ServerSilences()
    private var probeDelay = ServerHealth.firstProbe
    /// When to probe a server that is marked down.
    private(set) var nextProbe: Duration?
    /// Until when it is taken to have no streams; `nil` where nothing says so.
    private var streamlessUntil: Duration?
    /// How many in a row could not be opened, and when the last of them.
    private var refusals = 0
    private var lastRefusal = Duration.zero

    init(clientCookie: [UInt8], isLoopback: Bool) {
        cookies = ServerCookies(client: clientCookie)
        self.isLoopback = isLoopback
    }

    /// Whether others are asked before it.
    var isSetAside: Bool { nextProbe != nil }

    /// Whether it has never answered anything.
    var isUnknown: Bool { estimate.roundTrip == nil }

    /// It has answered a query of `sent`; `nil` where that says nothing of its speed.
    ///
    /// - Returns: whether it was marked down until now.
    mutating func answered(queryOf sent: Duration?, at now: Duration) -> Bool {
        if let sent {
            estimate.note(now - sent)
            lastAnswer = (sent, now)
        }
        silences.end()
        probeDelay = Self.firstProbe
        defer { nextProbe = nil }
        return isSetAside
    }

    /// Until when a query of `sent` may stand in the server's own queue: a server that takes queries one at a time, in
    /// order, takes as long for the next one as it took for the last. `nil` where it has answered a later query.
    func queueEnd(ofQueryOf sent: Duration) -> Duration? {
        guard let lastAnswer, sent >= lastAnswer.sent, sent < lastAnswer.came else { return nil }
        return lastAnswer.came + (lastAnswer.came - lastAnswer.sent)
    }

    /// A try has failed.
    ///
    /// - Returns: whether it is marked down from now on.
    mutating func failed(for name: DomainName, at now: Duration) -> Bool {
        guard !isSetAside, silences.note(name, at: now) else { return false }
        nextProbe = now + probeDelay
        return true
    }

    /// Whether it is time to show it a copy of a query; if so, the next one is further away.
    mutating func takeProbe(at now: Duration) -> Bool {
        guard let due = nextProbe, now >= due else { return false }
        probeDelay = min(probeDelay * 2, Self.lastProbe)
        nextProbe = now + probeDelay
        return true
    }

    /// A stream to it could not be opened. It may have had too many for a moment, so one alone says nothing.
    mutating func refusedStream(at now: Duration) {
        refusals = now < lastRefusal + Self.streamlessTime ? refusals + 1 : 1
        lastRefusal = now
        guard refusals >= Self.refusalLimit else { return }
        refusals = 0
        streamlessUntil = now + Self.streamlessTime
    }

    /// A stream is over that was open.
    mutating func openedStream() {
        refusals = 0
    }

    /// A question has been settled over a stream.
    mutating func answeredOnStream() {
        refusals = 0
        streamlessUntil = nil
    }

    /// Whether streams to it are worth a try.
    func hasStreams(at now: Duration) -> Bool {
        streamlessUntil.map { now >= $0 } ?? true
    }
}
