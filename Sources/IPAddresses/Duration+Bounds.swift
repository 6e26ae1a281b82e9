// SPDX-License-Identifier: Apache-2.0

/// Durations from outside, brought to where no later sum, product or conversion can trap.
///
/// A duration has 128 bits, and many callers say "for ever" with the largest one that they can write. Settings are
/// bounded where they are taken over, once, and are plain numbers from there on.
@available(FairDial 0.1, *)
extension Duration {
    /// The longest time that anything here waits, lasts or is remembered: 10⁹ s, about 31 years. A sum of a few of them
    /// fits everywhere: in nanoseconds of 64 bits, in a `timespec`, in NIO's deadlines.
    package static var longest: Duration { .seconds(1_000_000_000) }

    /// The nearest duration from zero to `longest`.
    package var bounded: Duration { min(max(self, .zero), .longest) }

    /// The bounded duration in whole nanoseconds.
    package var boundedNanoseconds: Int64 {
        let (seconds, attoseconds) = bounded.components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    /// The sum, or the longest duration that there is on its side of zero, where the sum would be longer.
    ///
    /// For state machines that take the time from their caller: it may be any duration.
    @inlinable
    package func saturating(plus other: Duration) -> Duration {
        let (sum, hasOverflown) = attoseconds.addingReportingOverflow(other.attoseconds)
        guard hasOverflown else { return Duration(attoseconds: sum) }
        return Duration(attoseconds: other < .zero ? .min : .max)
    }
}
