// SPDX-License-Identifier: Apache-2.0

import DNSMessages

/// The lookups of records in flight, for the list; they are not shared.
@available(FairDial 0.1, *)
struct RecordLookups: Sendable {
    /// One of them.
    struct InFlight: Sendable {
        let question: Question
        let began: ContinuousClock.Instant
        /// `nil` until the resolver has brought it.
        var handle: (any LookupHandle)?
        var hasStarted = false
        /// Whether its caller has left it, and it could not be called back.
        var isAbandoned = false
    }

    private(set) var all: [UInt64: InFlight] = [:]
    private var next: UInt64 = 0

    subscript(id: UInt64) -> InFlight? {
        get { all[id] }
        set { all[id] = newValue }
    }

    /// - Returns: its number.
    mutating func begin(_ question: Question) -> UInt64 {
        defer { next &+= 1 }
        all[next] = InFlight(question: question, began: .now)
        return next
    }
}
