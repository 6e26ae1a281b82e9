// SPDX-License-Identifier: Apache-2.0

/// When streams to one server may be opened, how many queries each is given, and which queries wait for one.
///
/// A server that answers some queries of a stream and closes it is given no more than that at a time, so that what it
/// leaves is not sent again and again. It may only have been restarted: so the more its streams answer with nothing
/// amiss, the more each is given again, and after a minute it is forgotten.
@available(FairDial 0.1, *)
struct StreamGate: Sendable {
    /// Why we close a stream.
    enum Closing: Hashable, Sendable {
        /// No query uses it any more.
        case unneeded
        /// It has owed an answer for too long, and may be dead without a sign of it.
        case silent
        /// This machine has no thread or descriptor to use it with, which says nothing of the server.
        case shortage
    }

    /// Streams at a time: what Unbound takes from all its clients together, as it comes; dnsmasq takes 20.
    static let limit = 10
    /// Queries that one stream has open at most: a quarter of the identifiers, so that a free one is soon found.
    static let capacity = 16_384
    /// How soon it is looked at again whether other resolvers have left room for a stream.
    static let pollInterval = Duration.milliseconds(100)
    /// Beyond this many, further ones change nothing.
    private static let relapseLimit = 8
    /// How long a stream that was cut short is remembered.
    private static let memory = Duration.seconds(60)

    /// Queries that wait for a stream.
    var queue = StreamQueue()
    /// When the first of them may have one, as of when there was none for it; `nil` when no time brings one.
    private(set) var nextTry: Duration?
    private let account: StreamLedger.Account
    private var learned = StreamGate.capacity
    private var learnedUntil = Duration.zero
    /// Answers since anything was amiss with any stream.
    private var answersInARow = 0
    /// How often streams were cut short again that had answered.
    private var relapses = 0

    init(_ account: StreamLedger.Account) {
        self.account = account
    }

    /// How many queries a new stream is given, until it has answered as many.
    func quota(at now: Duration) -> Int {
        now < learnedUntil ? learned : Self.capacity
    }

    /// How many queries a stream may be tried with, of those that streams have lost: half as many as have been answered
    /// in a row, a quarter of that for each further loss, and half for each time that the server has relapsed.
    ///
    /// - Parameter losses: how many streams have lost the query.
    func quota(after losses: Int, at now: Duration) -> Int {
        max(quota(at: now), answersInARow >> (2 * losses - 1 + relapses))
    }

    /// What keeps one more stream from being opened; `nil` for nothing.
    func obstacle(at now: Duration) -> ServerStreams.Obstacle? { account.obstacle(at: now) }

    /// Counts one more stream as open, if it may be.
    ///
    /// - Returns: whether it is.
    mutating func open(at now: Duration) -> Bool {
        switch account.open(at: now) {
        case nil: return true
        case .ownLimit: break
        case .commonLimit: tryAgain(at: now + Self.pollInterval)
        case .failures(let end): tryAgain(at: end)
        }
        return false
    }

    /// A stream is looked for.
    mutating func beginSearch() { nextTry = nil }

    /// There may be one then.
    mutating func tryAgain(at time: Duration) {
        nextTry = nextTry.map { min($0, time) } ?? time
    }

    /// A stream has answered everything that it was given, and may have more.
    mutating func widen(to count: Int) {
        learned = min(max(learned, count), Self.capacity)
    }

    /// A stream has settled a question.
    mutating func answered() { answersInARow = min(answersInARow, .max - 1) + 1 }

    /// A stream has brought what settles nothing.
    mutating func disturbed() { answersInARow = 0 }

    /// A stream is over, and not because we had no more use for it.
    ///
    /// - Parameters:
    ///   - answers: how many questions it has settled.
    ///   - isCutShort: whether it ended while it owed answers.
    mutating func ended(after answers: Int, isCutShort: Bool, at now: Duration) {
        if answers > 0, isCutShort { cutShort(after: answers, at: now) }
        answersInARow = 0
        account.ended(after: answers, at: now)
    }

    /// We have closed a stream.
    mutating func closed(after answers: Int, because reason: Closing, at now: Duration) {
        switch reason {
        case .unneeded: break
        case .shortage:
            account.closed()
            return
        case .silent:
            // Where nothing is known, the server may only be slow.
            if answers > 0, now < learnedUntil { cutShort(after: answers, at: now) }
            answersInARow = 0
        }
        account.ended(after: answers, at: now)
    }

    private mutating func cutShort(after answers: Int, at now: Duration) {
        if now >= learnedUntil {
            relapses = 0
        } else if answersInARow > 0 {
            relapses = min(relapses + 1, Self.relapseLimit)
        }
        learned = min(quota(at: now), answers)
        learnedUntil = now + Self.memory
    }
}
