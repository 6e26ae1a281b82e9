// SPDX-License-Identifier: Apache-2.0

/// How long a server takes, learned from every answer: a smoothed round trip and its variance (RFC 6298 §2).
@available(FairDial 0.1, *)
struct RoundTripEstimate: Hashable, Sendable {
    /// Below this, a second try would mostly ask what the server is about to answer: it has to ask others itself.
    static let floor = Duration.milliseconds(200)

    /// What counts before anything has been learned, for the first try: the server may answer another form of the
    /// question alone.
    static let unknownFirst = Duration.milliseconds(400)

    /// The same for a server that has answered the plain form alone so far: the names of a search list each wait so
    /// long.
    static let silentFirst = Duration.milliseconds(100)

    /// What counts for the next one, when there is another server to try meanwhile.
    static let unknownOfMany = Duration.milliseconds(400)

    /// What counts for the next one, when there is none.
    static let unknownOfOne = Duration.seconds(2)

    /// Nanoseconds, for durations have 128 bits, and every answer comes by here; `nil` before the first.
    private var smoothed: Int64?
    private var variation: Int64 = 0
    /// How long to wait, as far as what has been learned says.
    private var learned = Duration.zero

    /// An answer has come after this round trip.
    mutating func note(_ roundTrip: Duration) {
        let (seconds, attoseconds) = roundTrip.components
        let latest = min(seconds, 1_000_000) * 1_000_000_000 + attoseconds / 1_000_000_000
        if let smoothed {
            variation = (variation * 3 + abs(latest - smoothed)) / 4
            self.smoothed = (smoothed * 7 + latest) / 8
        } else {
            smoothed = latest
            variation = latest / 2
        }
        learned = max(Self.floor, .nanoseconds((smoothed ?? 0) + variation * 4))
    }

    /// The smoothed round trip; `nil` before the first answer.
    var roundTrip: Duration? { smoothed.map { .nanoseconds($0) } }

    /// How long to wait for an answer before asking once more.
    ///
    /// - Parameter isFirst: whether the server has not had the question yet.
    func timeout(isFirst: Bool, isOnlyServer: Bool, ceiling: Duration) -> Duration {
        if smoothed == nil {
            if isFirst { return min(ceiling, Self.unknownFirst) }
            return min(ceiling, isOnlyServer ? Self.unknownOfOne : Self.unknownOfMany)
        }
        return min(ceiling, learned)
    }
}
