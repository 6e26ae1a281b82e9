// SPDX-License-Identifier: Apache-2.0

import NameResolution
import Synchronization
import SystemSupport

/// The descriptors that attempts leave to the rest of the program, which must be able to accept and to open files while
/// thousands of dials are in flight (rule 4): a sixteenth of the limit, at least 4 and at most 64.
///
/// Only attempts are held back, and only while there are more of them than descriptors left. A single dial may have the
/// last one: a program that has used up all others itself connects as one in C does.
@available(FairDial 0.1, *)
enum DescriptorReserve {
    private static let bounds = 4...64
    /// Descriptors are given out lowest first: below this one, at least half of them are free, or were.
    private static let middle = Atomic<Int>(0)

    /// Whether a look is worth its time: hardly ever.
    @inline(__always)
    static func isNear(_ descriptor: CInt) -> Bool {
        Int(descriptor) >= middle.load(ordering: .relaxed)
    }

    /// Whether an attempt with this descriptor would take from the reserve.
    @inline(never)
    static func isTouched(by descriptor: CInt) -> Bool {
        guard let limit = FreeDescriptors.limit else { return false }
        middle.store(limit / 2, ordering: .relaxed)
        guard Int(descriptor) >= limit / 2 else { return false }
        return isTouched(
            limit: limit,
            free: FreeDescriptors.count(upTo: reserve(of: limit), within: limit),
            inFlight: KernelConnector.shared.watchedCount
        )
    }

    /// The same from numbers.
    static func isTouched(limit: Int, free: Int, inFlight: Int) -> Bool {
        free < reserve(of: limit) && inFlight > free
    }

    private static func reserve(of limit: Int) -> Int { min(max(limit / 16, bounds.lowerBound), bounds.upperBound) }
}
