// SPDX-License-Identifier: Apache-2.0

/// How long a server takes, learned from every answer: a smoothed round trip and its variance (RFC 6298 §2).
struct RoundTripEstimate: Hashable, Sendable {
    /// Below this, a second try would mostly ask what the server is about to answer: it has to ask others itself.
    static let floor = Duration.milliseconds(200)

    /// What counts before anything has been learned, when there is another server to try meanwhile.
    static let unknownOfMany = Duration.milliseconds(800)

    /// What counts before anything has been learned, when there is none.
    static let unknownOfOne = Duration.seconds(2)

    private var smoothed: Duration?
    private var variation: Duration = .zero

    /// An answer has come after so long.
    mutating func note(_ roundTrip: Duration) {
        guard let smoothed else {
            smoothed = roundTrip
            variation = roundTrip / 2
            return
        }
        let difference = roundTrip > smoothed ? roundTrip - smoothed : smoothed - roundTrip
        variation = (variation * 3 + difference) / 4
        self.smoothed = (smoothed * 7 + roundTrip) / 8
    }

    /// The smoothed round trip; `nil` before the first answer.
    var roundTrip: Duration? { smoothed }

    /// How long to wait for an answer before asking once more.
    func timeout(isOnlyServer: Bool, ceiling: Duration) -> Duration {
        guard let smoothed else { return min(ceiling, isOnlyServer ? Self.unknownOfOne : Self.unknownOfMany) }
        return min(ceiling, max(Self.floor, smoothed + variation * 4))
    }
}
