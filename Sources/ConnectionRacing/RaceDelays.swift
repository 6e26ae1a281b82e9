// SPDX-License-Identifier: Apache-2.0

/// The two delays of a race.
///
/// - Source: RFC 8305 §8, which gives both their names, defaults and bounds.
public struct RaceDelays: Hashable, Sendable {
    /// How long IPv4 addresses that came first wait for an IPv6 answer. Default 50 ms.
    public var resolution: Duration

    /// How long a silent attempt keeps the next one waiting. Default 250 ms; from 10 ms to 2 s.
    public var attempt: Duration

    /// The RFC's defaults.
    public static let standard = RaceDelays(resolution: .milliseconds(50), attempt: .milliseconds(250))

    /// What `attempt` may be: the RFC's hard floor and its maximum.
    public static let attemptBounds: ClosedRange<Duration> = .milliseconds(10) ... .seconds(2)

    /// Delays from the two of them; `attempt` is brought inside its bounds, a negative `resolution` to zero.
    public init(resolution: Duration = .milliseconds(50), attempt: Duration = .milliseconds(250)) {
        self.resolution = max(resolution, .zero)
        self.attempt = min(max(attempt, Self.attemptBounds.lowerBound), Self.attemptBounds.upperBound)
    }
}
