// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// A dial that has ended, as an observer is told of it.
@available(FairDial 0.1, *)
public struct ObservedDial: Sendable {
    /// How a dial ended.
    @nonexhaustive
    public enum Outcome: Sendable {
        /// With a channel, or a bare socket.
        case connected(DialWinner)
        /// With an answer, of `resolve`; of `targets(ofService:)` it has no addresses.
        case resolved([IPAddress])
        /// With an error.
        case failed(DialError)
    }

    /// What was dialed.
    public let target: Target

    /// When it began, on the wall clock: since 1970-01-01T00:00:00Z, without leap seconds.
    public let start: Duration

    /// How long it took on the monotonic clock, from its start to its end. The clocks of the report add up to it, but
    /// for what an initializer takes where there is no `Readiness`.
    public let duration: Duration

    /// Where the time went.
    public let report: DialReport

    /// How it ended.
    public let outcome: Outcome

    /// The lookups that it waited for, as `LookupInFlight.id` has them: dials with an id in common shared that lookup.
    /// What was numeric, local or cached has none.
    public let lookups: [UInt64]

    /// Whether the dial began with a lookup, be it answered by a cache or a file: not so for an address, a path, or
    /// endpoints that the caller had.
    package let lookedUp: Bool

    /// Whether the clock of the handshake is TLS's (`Readiness.tlsHandshake`).
    package let awaitedTLS: Bool

    /// The error, where it failed.
    public var error: DialError? {
        if case .failed(let error) = outcome { error } else { nil }
    }

    /// A dial from its parts, for a test of an observer.
    ///
    /// - Parameters:
    ///   - target: what was dialed.
    ///   - start: when it began, since 1970.
    ///   - duration: how long it took, of its four clocks and what is between them.
    ///   - report: where the time went.
    ///   - outcome: how it ended.
    ///   - lookups: the ids of its lookups, which dials of one name share.
    ///   - lookedUp: whether it began with a lookup; `FairDialObservability` counts and traces lookups by it.
    ///   - awaitedTLS: whether the clock of the handshake is TLS's.
    public init(
        target: Target,
        start: Duration,
        duration: Duration,
        report: DialReport,
        outcome: Outcome,
        lookups: [UInt64] = [],
        lookedUp: Bool = false,
        awaitedTLS: Bool = false
    ) {
        self.target = target
        self.start = start
        self.duration = duration
        self.report = report
        self.outcome = outcome
        self.lookups = lookups
        self.lookedUp = lookedUp
        self.awaitedTLS = awaitedTLS
    }
}
