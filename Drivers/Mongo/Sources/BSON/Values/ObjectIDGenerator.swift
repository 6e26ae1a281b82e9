// SPDX-License-Identifier: Apache-2.0

import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Makes object IDs: the second, five random bytes per generator, and a counter that starts at random.
///
/// Any number of threads may share one. A process that forks and goes on without `exec` shares its parent's random
/// bytes: give the child a generator of its own.
/// - Source: the drivers' specification "ObjectId".
public final class ObjectIDGenerator: Sendable {
    /// Five bytes, in the low ones.
    private let process: UInt64
    private let counter: Atomic<UInt32>

    /// The one that `ObjectID.init()` asks.
    public static let shared = ObjectIDGenerator()

    /// - Parameter random: Where the five bytes and the counter's start come from; pass a seeded one in tests.
    public init(random: inout some RandomNumberGenerator) {
        process = random.next() & 0xFF_FFFF_FFFF
        counter = Atomic(UInt32(truncatingIfNeeded: random.next() as UInt64) & 0xFF_FFFF)
    }

    /// A generator from the system's randomness.
    public convenience init() {
        var random = SystemRandomNumberGenerator()
        self.init(random: &random)
    }

    /// The next ID.
    /// - Parameter seconds: The time, in seconds since 1970. The counter goes from 0xFFFFFF on to 0, by the
    ///   specification: the 16,777,217th ID of a second would repeat the first.
    public func next(at seconds: UInt32) -> ObjectID {
        let count = counter.wrappingAdd(1, ordering: .relaxed).oldValue & 0xFF_FFFF
        return ObjectID(
            high: UInt64(seconds) << 32 | process >> 8,
            low: UInt32(truncatingIfNeeded: process & 0xFF) << 24 | count
        )
    }
}

extension ObjectID {
    /// A new ID, from the system's clock and the shared generator.
    public init() {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        self = ObjectIDGenerator.shared.next(at: UInt32(truncatingIfNeeded: time.tv_sec))
    }
}
