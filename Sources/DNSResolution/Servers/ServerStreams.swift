// SPDX-License-Identifier: Apache-2.0

/// How many streams to one server are open, and when the next one may be.
///
/// Progress is an answer that settles a question, and nothing else that comes: a server whose streams bring none is
/// connected to less and less often, whichever query and whichever resolver wants it.
@available(FairDial 0.1, *)
struct ServerStreams: Hashable, Sendable {
    /// Why no stream may be opened.
    enum Obstacle: Hashable, Sendable {
        /// The resolver has as many as may be.
        case ownLimit
        /// All resolvers together have as many as may be, and this one has at least one of them.
        case commonLimit
        /// The last streams brought no answer; until when the next one has to wait.
        case failures(until: Duration)
    }

    /// After this many streams in a row without an answer, the opening of each further one delays the next.
    private static let freeFailures = 4
    /// How long after such an opening the next stream may be opened; twice as long after each further failure.
    private static let firstDelay = Duration.milliseconds(100)
    static let longestDelay = Duration.seconds(1)
    /// A stream that ends without an answer more than this long after `nextOpening` clears the failures before it, and
    /// counts as the first.
    private static let memory = Duration.seconds(60)

    /// Streams that are open or being opened.
    var open = 0
    private var failures = 0
    /// When the next stream may be opened; `nil` for at once.
    private var nextOpening: Duration?

    /// What keeps a resolver from one more stream; `nil` for nothing.
    ///
    /// - Parameter own: how many it has. The others' count does not keep it from its first: streams of an earlier
    ///   resolver may be dead without a sign of it, when the network has changed. Failures keep it for a second at
    ///   most.
    func obstacle(beside own: Int, at now: Duration) -> Obstacle? {
        if own >= StreamGate.limit { return .ownLimit }
        if let nextOpening, now < nextOpening { return .failures(until: nextOpening) }
        return own > 0 && open >= StreamGate.limit ? .commonLimit : nil
    }

    /// A stream is being opened, if nothing keeps it.
    mutating func opening(beside own: Int, at now: Duration) -> Obstacle? {
        if let obstacle = obstacle(beside: own, at: now) { return obstacle }
        open += 1
        if failures >= Self.freeFailures {
            let doublings = min(failures - Self.freeFailures, 5)
            nextOpening = now + min(Self.firstDelay * (1 << doublings), Self.longestDelay)
        }
        return nil
    }

    /// A stream is over.
    ///
    /// - Parameter answers: how many questions it has settled.
    mutating func ended(after answers: Int, at now: Duration) {
        open -= 1
        if answers > 0 {
            (failures, nextOpening) = (0, nil)
            return
        }
        if let nextOpening, now > nextOpening + Self.memory { failures = 0 }
        failures = min(failures, .max - 1) + 1
    }
}
