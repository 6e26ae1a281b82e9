// SPDX-License-Identifier: Apache-2.0

/// The sequences of one pool's events that are read.
@available(FairDial 0.1, *)
struct PoolAudience: Sendable {
    /// Sequences of one pool at a time; a further one ends at once.
    static let feedLimit = 64

    private var feeds: [(id: UInt64, feed: PoolEvents.Feed)] = []
    private var lastID: UInt64 = 0

    var isEmpty: Bool { feeds.isEmpty }
    var all: [PoolEvents.Feed] { feeds.map(\.feed) }

    /// - Returns: the number by which it leaves; `nil` where there are too many.
    mutating func add(_ feed: PoolEvents.Feed) -> UInt64? {
        guard feeds.count < Self.feedLimit else { return nil }
        lastID += 1
        feeds.append((lastID, feed))
        return lastID
    }

    mutating func remove(_ id: UInt64) {
        feeds.removeAll { $0.id == id }
    }

    mutating func removeAll() -> [PoolEvents.Feed] {
        defer { feeds = [] }
        return all
    }
}
