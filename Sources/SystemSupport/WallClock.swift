// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The time of day, for what people and other machines read. Nothing is measured with it: it can be set back.
@available(FairDial 0.1, *)
package enum WallClock {
    /// Since 1970-01-01T00:00:00Z, without leap seconds.
    package static var now: Duration {
        var time = timespec()
        // It cannot fail with a clock that every system has.
        clock_gettime(CLOCK_REALTIME, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }
}
