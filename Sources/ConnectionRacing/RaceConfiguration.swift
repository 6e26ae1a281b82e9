// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// How addresses race. Every default is the RFC's, or no bound at all.
@available(FairDial 0.1, *)
public struct RaceConfiguration: Hashable, Sendable {
    /// Which edition of Happy Eyeballs decides when the race may start. Default RFC 8305.
    public var rules: RaceRules

    /// The race's delays (RFC 8305 §8). Change them where round trips are known to be much longer or shorter.
    public var delays: RaceDelays

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

    /// How long the race may last, from its first attempt; `nil` for no bound here. A dial has its connect timeout
    /// besides, which does not run while answers are awaited and no attempt is in flight.
    public var timeout: Duration?

    /// RFC 8305's defaults, and no bounds.
    package static let standard = RaceConfiguration()

    /// A configuration from its parts. Counts below 1 are 1; a timeout that is not positive ends what it bounds at
    /// once.
    public init(
        rules: RaceRules = .rfc8305,
        delays: RaceDelays = RaceDelays(),
        firstFamilyCount: Int = 1,
        concurrentAttemptLimit: Int = .max,
        attemptTimeout: Duration? = nil,
        timeout: Duration? = nil
    ) {
        self.rules = rules
        self.delays = delays
        self.firstFamilyCount = firstFamilyCount
        self.concurrentAttemptLimit = concurrentAttemptLimit
        self.attemptTimeout = attemptTimeout
        self.timeout = timeout
    }

    /// The same, its durations brought within what a race can count with.
    package var bounded: RaceConfiguration {
        var bounded = self
        bounded.delays = delays.bounded
        bounded.attemptTimeout = attemptTimeout?.bounded
        bounded.timeout = timeout?.bounded
        return bounded
    }
}
