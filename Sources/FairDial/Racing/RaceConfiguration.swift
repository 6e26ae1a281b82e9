// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// How addresses race. Every default is the RFC's, or no bound at all.
///
/// - Source: RFC 8305 §8 gives the delays their names, defaults and bounds.
@available(FairDial 0.1, *)
public struct RaceConfiguration: Hashable, Sendable {
    /// Which edition of Happy Eyeballs decides when the race may start. Default RFC 8305.
    public var rules: RaceRules

    /// How long addresses that came first wait for better ones: IPv4 for an IPv6 answer (§3), and in version 3 any
    /// address for the service bindings too. Default 50 ms; from 0 to 10⁹ s.
    public var resolutionDelay: Duration

    /// How long a silent attempt keeps the next one waiting where its round-trip time is not known. Default 250 ms;
    /// from 10 ms to 2 s. Change it where round trips are known to be much longer or shorter.
    public var attemptDelay: Duration

    /// The least that a delay made of a past round-trip time may be. Default 100 ms, which the RFC recommends; from 10
    /// ms, its hard floor, to 2 s.
    public var minimumAttemptDelay: Duration

    /// How many addresses of the first one's family are tried before the other family has its turn, at least 1. Default
    /// 1.
    ///
    /// - Source: RFC 8305 §8, "First Address Family Count", which recommends 1, or 2 to favour one family.
    public var firstFamilyCount: Int

    /// How many attempts may be in flight together, at least 1. Default: as many as the attempt delay lets start. Set
    /// it where sockets are scarce, together with `attemptTimeout`: addresses beyond it wait for one of these to end,
    /// so a few that hang can keep a good one from being tried.
    public var concurrentAttemptLimit: Int

    /// How long one attempt may be silent before it is given up, and the next one starts at once; `nil` for as long as
    /// the race lasts.
    public var attemptTimeout: Duration?

    /// How long the race may last, from its first attempt, answers awaited included; `nil` for no bound here. A dial
    /// has its connect timeout instead, which does not run while answers are awaited and no attempt is in flight.
    package var timeout: Duration?

    /// RFC 8305's defaults, and no bounds.
    static let standard = RaceConfiguration()

    /// What an attempt delay may be: the RFC's hard floor and its maximum.
    package static let attemptDelayBounds: ClosedRange<Duration> = .milliseconds(10) ... .seconds(2)

    /// A configuration from its parts; delays are brought inside their bounds. Counts below 1 are 1; a timeout that is
    /// not positive ends what it bounds at once.
    public init(
        rules: RaceRules = .rfc8305,
        resolutionDelay: Duration = .milliseconds(50),
        attemptDelay: Duration = .milliseconds(250),
        minimumAttemptDelay: Duration = .milliseconds(100),
        firstFamilyCount: Int = 1,
        concurrentAttemptLimit: Int = .max,
        attemptTimeout: Duration? = nil
    ) {
        self.rules = rules
        self.resolutionDelay = resolutionDelay.bounded
        self.attemptDelay = Self.bounded(attemptDelay)
        self.minimumAttemptDelay = Self.bounded(minimumAttemptDelay)
        self.firstFamilyCount = firstFamilyCount
        self.concurrentAttemptLimit = concurrentAttemptLimit
        self.attemptTimeout = attemptTimeout
    }

    /// How long a silent attempt keeps the next one waiting.
    ///
    /// - Parameter roundTrip: what a connection to the same address took in the past; `nil` where nothing is known.
    /// - Returns: when the first packet's retransmission is to be expected: smoothed time and four deviations, each
    ///   half of the one measurement there is (RFC 6298 §2.2), so three round trips.
    func attemptDelay(expecting roundTrip: Duration?) -> Duration {
        guard let roundTrip else { return Self.bounded(attemptDelay) }
        return min(max(roundTrip.bounded * 3, Self.bounded(minimumAttemptDelay)), Self.attemptDelayBounds.upperBound)
    }

    /// The same, its durations brought within what a race can count with, however they were set.
    var bounded: RaceConfiguration {
        var bounded = self
        bounded.resolutionDelay = resolutionDelay.bounded
        bounded.attemptDelay = Self.bounded(attemptDelay)
        bounded.minimumAttemptDelay = Self.bounded(minimumAttemptDelay)
        bounded.attemptTimeout = attemptTimeout?.bounded
        bounded.timeout = timeout?.bounded
        return bounded
    }

    private static func bounded(_ delay: Duration) -> Duration {
        min(max(delay, attemptDelayBounds.lowerBound), attemptDelayBounds.upperBound)
    }
}
