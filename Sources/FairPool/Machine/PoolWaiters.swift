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
    /// Those that have not left: entries of the others stay until they come to the front, or outnumber these.
    private var live: Set<PoolWaiterID> = []

    var count: Int { live.count }
    var isEmpty: Bool { live.isEmpty }

    /// The one that waits longest.
    private(set) var first: Waiter?

    mutating func append(_ waiter: Waiter) {
        live.insert(waiter.id)
        queue.append(waiter)
        if first == nil { first = waiter }
    }

    /// One that had its turn, for nothing, has its old place again: before all that came after it.
    mutating func takeBack(_ waiter: Waiter) {
        live.insert(waiter.id)
        queue.insert(waiter, at: queue.firstIndex { $0.id > waiter.id } ?? queue.endIndex)
        first = queue.first
    }

    mutating func popFirst() -> Waiter? {
        guard let waiter = first else { return nil }
        live.remove(waiter.id)
        settle()
        return waiter
    }

    /// - Returns: the one that has left; `nil` where it did not wait.
    mutating func remove(_ id: PoolWaiterID) -> Bool {
        guard live.remove(id) != nil else { return false }
        if first?.id == id { settle() }
        if queue.count > 2 * live.count + 64 { queue.removeAll { !live.contains($0.id) } }
        return true
    }

    mutating func removeAll() -> [Waiter] {
        defer { (queue, live, first) = ([], [], nil) }
        return queue.filter { live.contains($0.id) }
    }

    private mutating func settle() {
        while let waiter = queue.first, !live.contains(waiter.id) { queue.removeFirst() }
        first = queue.first
    }
}
