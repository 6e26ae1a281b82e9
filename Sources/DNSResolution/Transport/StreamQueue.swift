// SPDX-License-Identifier: Apache-2.0

import DequeModule

/// Queries that wait for a stream to one server, the first one first.
@available(FairDial 0.1, *)
struct StreamQueue: Sendable {
    private var keys = Deque<Slab<Query>.Key>()
    /// How many of them wait still; those that are over leave their keys behind for a while.
    private(set) var count = 0

    mutating func append(_ key: Slab<Query>.Key) {
        keys.append(key)
        count += 1
    }

    /// Puts one before the others: it has waited on a stream already, which was closed.
    mutating func prepend(_ key: Slab<Query>.Key) {
        keys.prepend(key)
        count += 1
    }

    /// The next key; its query may be over.
    var first: Slab<Query>.Key? { keys.first }

    /// Takes the next key out.
    mutating func dropFirst() { _ = keys.popFirst() }

    /// A query waits no longer: it goes out, or is over.
    ///
    /// - Parameter isWaiting: whether a query waits still.
    mutating func left(_ isWaiting: (Slab<Query>.Key) -> Bool) {
        count -= 1
        // When many leave at once, not each of them may cost a search of the queue.
        if keys.count > 2 * count + 64 { keys.removeAll { !isWaiting($0) } }
    }
}
