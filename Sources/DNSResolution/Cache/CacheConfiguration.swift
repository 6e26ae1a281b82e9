// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// What a cache keeps, for how long, and how much of it.
@available(FairDial 0.1, *)
public struct CacheConfiguration: Hashable, Sendable {
    /// The most names that are kept. Default 10,000; none keeps nothing.
    public var entryLimit = 10_000

    /// About the most bytes that they may take. Default 8 MiB.
    public var byteLimit = 8 * 1024 * 1024

    /// The bounds that a positive answer's time to live is brought within. Default 0 s … 1 day: what says 0 is not kept
    /// (RFC 1035 §3.2.1).
    public var lifetimes: ClosedRange<Duration> = .zero ... .seconds(86_400)

    /// The longest that a "does not exist" is kept, whatever its zone says. Default 15 min (RFC 2308 §5 allows up to 3
    /// h).
    public var negativeLifetimeLimit: Duration = .seconds(900)

    /// How long beyond its time an answer may still be given, while a fresh one is fetched (RFC 8767); `nil`, the
    /// default, for never. What is given so is marked: `DialReport.isStale`.
    public var staleness: Duration?

    /// Whether a name that is asked for often is fetched anew shortly before its time is over. Default `true`.
    public var prefetches = true

    /// The defaults.
    public init() {}

    /// The same, its durations brought within what a cache can count with.
    var bounded: CacheConfiguration {
        var bounded = self
        bounded.lifetimes = lifetimes.lowerBound.bounded...lifetimes.upperBound.bounded
        bounded.negativeLifetimeLimit = negativeLifetimeLimit.bounded
        bounded.staleness = staleness?.bounded
        return bounded
    }

    /// Keeps nothing.
    public static var off: CacheConfiguration {
        var configuration = CacheConfiguration()
        configuration.entryLimit = 0
        return configuration
    }
}
