// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// The delays of a race.
///
/// - Source: RFC 8305 §8, which gives them their names, defaults and bounds.
@available(FairDial 0.1, *)
public struct RaceDelays: Hashable, Sendable {
    /// How long addresses that came first wait for better ones: IPv4 for an IPv6 answer (§3), and in version 3 any
    /// address for the service bindings too. Default 50 ms.
    public var resolution: Duration

    /// How long a silent attempt keeps the next one waiting where its round-trip time is not known. Default 250 ms;
    /// from 10 ms to 2 s.
    public var attempt: Duration

    /// The least that a delay made of a past round-trip time may be. Default 100 ms, which the RFC recommends; from 10
    /// ms, its hard floor, to 2 s.
    public var minimumAttempt: Duration

    /// The RFC's defaults.
    package static let standard = RaceDelays()

    /// What an attempt delay may be: the RFC's hard floor and its maximum.
    package static let attemptBounds: ClosedRange<Duration> = .milliseconds(10) ... .seconds(2)

    /// Delays from their parts; those of attempts are brought inside their bounds, a `resolution` within 0 … 10⁹ s.
    public init(
        resolution: Duration = .milliseconds(50),
        attempt: Duration = .milliseconds(250),
        minimumAttempt: Duration = .milliseconds(100)
    ) {
        self.resolution = resolution.bounded
        self.attempt = Self.bounded(attempt)
        self.minimumAttempt = Self.bounded(minimumAttempt)
    }

    /// How long a silent attempt keeps the next one waiting.
    ///
    /// - Parameter roundTrip: what a connection to the same address took in the past; `nil` where nothing is known.
    /// - Returns: when the first packet's retransmission is to be expected: smoothed time and four deviations, each
    ///   half of the one measurement there is (RFC 6298 §2.2), so three round trips.
    func attempt(expecting roundTrip: Duration?) -> Duration {
        guard let roundTrip else { return Self.bounded(attempt) }
        return min(max(roundTrip.bounded * 3, Self.bounded(minimumAttempt)), Self.attemptBounds.upperBound)
    }

    /// The same, with every delay within its bounds, however it was set.
    var bounded: RaceDelays {
        RaceDelays(resolution: resolution, attempt: attempt, minimumAttempt: minimumAttempt)
    }

    private static func bounded(_ delay: Duration) -> Duration {
        min(max(delay, attemptBounds.lowerBound), attemptBounds.upperBound)
    }
}
