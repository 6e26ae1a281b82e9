// SPDX-License-Identifier: Apache-2.0

import DequeModule

/// Who waits for a connection, in the order in which they came; all with the same timeout, so the first one's ends
/// first.
@available(FairDial 0.1, *)
struct PoolWaiters: Sendable {
    struct Waiter: Sendable {
        let id: PoolWaiterID
        let since: Duration
        let deadline: Duration
    }

    private var queue = Deque<Waiter>()
    /// Those that have not left, and since when they wait: entries of the others stay in the queue until they come to
    /// the front, or outnumber these.
    private var live: [PoolWaiterID: Duration] = [:]

    var count: Int { live.count }
    var isEmpty: Bool { live.isEmpty }

    /// The one that waits longest.
    private(set) var first: Waiter?

    mutating func append(_ waiter: Waiter) {
        live[waiter.id] = waiter.since
        queue.append(waiter)
        if first == nil { first = waiter }
    }

    mutating func popFirst() -> Waiter? {
        guard let waiter = first else { return nil }
        live[waiter.id] = nil
        settle()
        return waiter
    }

    /// - Returns: since when the one that has left waited; `nil` where it did not wait.
    mutating func remove(_ id: PoolWaiterID) -> Duration? {
        guard let since = live.removeValue(forKey: id) else { return nil }
        if first?.id == id { settle() }
        if queue.count > 2 * live.count + 64 { queue.removeAll { live[$0.id] == nil } }
        return since
    }

    mutating func removeAll() -> [Waiter] {
        defer { (queue, live, first) = ([], [:], nil) }
        return queue.filter { live[$0.id] != nil }
    }

    private mutating func settle() {
        while let waiter = queue.first, live[waiter.id] == nil { queue.removeFirst() }
        first = queue.first
    }
}
