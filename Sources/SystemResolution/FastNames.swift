// SPDX-License-Identifier: Apache-2.0

import DequeModule

/// Names that were lately answered fast, and so may have a reserved slot (rule 4: such names start at once, whatever
/// the queue). Bounded in number and age.
@available(FairDial 0.1, *)
struct FastNames: Sendable {
    /// What counts as fast: a lookup that took no longer, its thread's start included.
    static let limit = Duration.milliseconds(100)

    /// How long a name is remembered since it was last answered fast.
    private static let lifetime = Duration.seconds(60)

    /// How many names are remembered; the oldest is forgotten first.
    private static let capacity = 1_024

    private var answered: [String: Duration] = [:]
    private var order = Deque<(name: String, at: Duration)>()

    mutating func insert(_ name: String, at now: Duration) {
        // A busy name renews itself when half its life has gone, so that it fills the list once and not once a lookup.
        if let last = answered[name], now - last < Self.lifetime / 2 { return }
        answered[name] = now
        order.append((name, now))
        while order.count > Self.capacity, let oldest = order.popFirst() {
            if answered[oldest.name] == oldest.at { answered[oldest.name] = nil }
        }
    }

    func contains(_ name: String, at now: Duration) -> Bool {
        guard let last = answered[name] else { return false }
        return now - last <= Self.lifetime
    }
}
