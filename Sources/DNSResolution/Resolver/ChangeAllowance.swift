// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// How often a resolver starts a new engine because its servers or the network have changed.
///
/// Each engine has ports, streams and a cache of its own, and earlier ones live until their lookups have ended. So a
/// network that flaps a thousand times a second, or an attacker who makes it flap, must not cause a new engine each
/// time: the first few changes are taken as they come, and then one a second.
@available(FairDial 0.1, *)
struct ChangeAllowance: Sendable {
    /// How many changes in a row a resolver follows without a pause.
    private static let burst: Int64 = 8
    /// After this time it may follow one more.
    private static let interval = TimeAmount.seconds(1)

    private var left = burst
    private var filledAt: NIODeadline

    init(at now: NIODeadline) {
        filledAt = now
    }

    /// Whether a change may be taken now; one that may not is to be kept for later.
    mutating func take(at now: NIODeadline) -> Bool {
        let passed = max(0, (now - filledAt).nanoseconds / Self.interval.nanoseconds)
        if passed > 0 {
            left = min(Self.burst, left + min(passed, Self.burst))
            filledAt = filledAt + .nanoseconds(passed * Self.interval.nanoseconds)
        }
        guard left > 0 else { return false }
        left -= 1
        return true
    }
}
