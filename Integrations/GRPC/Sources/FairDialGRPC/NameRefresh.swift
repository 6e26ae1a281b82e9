// SPDX-License-Identifier: Apache-2.0

/// When a name that is in use is looked up again, and what an answer changes.
///
/// ```
///  unknown ── answered ──► known ── expired: look ──► known (changed or not)
///     │ failed                │ failed: keeps its addresses, waits longer each time
///     │                       │ answered in part: keeps those of the family that is silent
///     └──► the failure is told, and gRPC asks anew with its own back-off
/// ```
/// Time is what has passed since the answer before.
struct NameRefresh<Address: Hashable & Sendable>: Sendable {
    /// What to do with an outcome.
    enum Step: Hashable, Sendable {
        /// Tell the new addresses.
        case tell([Address])
        /// Nothing has changed.
        case keep
        /// There is nothing to keep: tell the failure.
        case fail
    }

    /// Addresses may move as fast as their zone says; more often than this nobody is asked.
    static var shortest: Duration { .seconds(1) }
    /// Where a zone says a week, the name may move within it all the same.
    static var longest: Duration { .seconds(1_800) }
    /// Where nothing says how long an answer holds: the hosts file, `getaddrinfo`.
    static var unknown: Duration { .seconds(30) }
    /// After failures: this, then twice as long each time.
    static var firstRetry: Duration { .seconds(1) }
    static var longestRetry: Duration { .seconds(120) }

    private var known: [Address] = []
    private var failures = 0

    /// How long after the last outcome to look the name up; `nil` for at once, before any.
    private(set) var pause: Duration?

    /// A lookup has brought addresses.
    ///
    /// - Parameter lifetime: how long they hold; `nil` where it is not known. Zero or less for an answer that has
    ///   expired by now.
    mutating func answered(_ addresses: [Address], for lifetime: Duration?) -> Step {
        // A name without an address is as good as none, for now.
        guard !addresses.isEmpty else { return failed() }
        failures = 0
        pause = min(max(lifetime ?? Self.unknown, Self.shortest), Self.longest)
        // Servers rotate their answers: another order is no other answer.
        if Set(addresses) == Set(known) { return .keep }
        known = addresses
        return .tell(addresses)
    }

    /// One family has brought addresses, and the other has said nothing yet: the rest of the answer follows.
    ///
    /// - Parameter isAwaited: whether an address is of the family that is silent.
    mutating func answeredInPart(_ addresses: [Address], awaiting isAwaited: (Address) -> Bool) -> Step {
        // Silence says nothing against what the family had before.
        let all = addresses + known.filter { isAwaited($0) && !addresses.contains($0) }
        if all.isEmpty || Set(all) == Set(known) { return .keep }
        known = all
        return .tell(all)
    }

    /// A lookup has failed.
    mutating func failed() -> Step {
        var wait = Self.firstRetry
        for _ in 0..<min(failures, 7) { wait = min(wait * 2, Self.longestRetry) }
        failures += 1
        pause = wait
        return known.isEmpty ? .fail : .keep
    }
}
