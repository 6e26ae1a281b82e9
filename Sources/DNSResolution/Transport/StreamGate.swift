// SPDX-License-Identifier: Apache-2.0

/// When streams to one server may be opened, how many queries each is given, and which queries wait for one.
///
/// Progress is an answer that settles a question, and nothing else that comes: a server whose streams bring none is
/// connected to less and less often, whichever query wants it. One that answers some queries of a stream and closes it
/// is given no more than that at a time, so that what it leaves is not sent again and again.
@available(FairDial 0.1, *)
struct StreamGate: Sendable {
    /// Streams at a time: what Unbound takes from all its clients together, as it comes; dnsmasq takes 20.
    static let limit = 10
    /// Queries that one stream has open at most: a quarter of the identifiers, so that a free one is soon found.
    static let capacity = 16_384
    /// Streams in a row that may bring nothing before the next one has to wait.
    private static let freeFailures = 4
    /// How long that one waits; twice as long each time.
    private static let firstDelay = Duration.milliseconds(100)
    static let longestDelay = Duration.seconds(1)
    /// How long it is remembered that streams have brought nothing.
    private static let memory = Duration.seconds(60)

    /// How many queries a new stream is given, until it has answered as many.
    private(set) var quota = StreamGate.capacity
    /// When the next stream may be opened; `nil` for at once.
    private(set) var opensAt: Duration?
    /// Queries that wait for a stream.
    var queue = StreamQueue()
    private var failures = 0

    /// Whether a stream may be opened.
    func isOpen(at now: Duration) -> Bool {
        opensAt.map { now >= $0 } ?? true
    }

    /// A stream is being opened.
    mutating func opened(at now: Duration) {
        guard failures >= Self.freeFailures else { return }
        let doublings = min(failures - Self.freeFailures, 5)
        opensAt = now + min(Self.firstDelay * (1 << doublings), Self.longestDelay)
    }

    /// A stream has answered everything that it was given, and may have more.
    mutating func widen(to count: Int) {
        quota = min(max(quota, count), Self.capacity)
    }

    /// A stream is over.
    ///
    /// - Parameters:
    ///   - answers: how many questions it has settled.
    ///   - isCutShort: whether the server has ended it while it owed answers.
    mutating func ended(after answers: Int, isCutShort: Bool, at now: Duration) {
        if answers > 0 {
            (failures, opensAt) = (0, nil)
            if isCutShort { quota = min(quota, answers) }
            return
        }
        if let opensAt, now > opensAt + Self.memory { failures = 0 }
        failures = min(failures, .max - 1) + 1
    }
}
