// SPDX-License-Identifier: Apache-2.0

import DequeModule

/// Who waits for a descriptor or a thread, in the order in which they came, and whose turn it is to ask for one.
///
/// Nothing tells when another part of the process closes a file. So one waiter tries, and the others wait: after a
/// failure longer and longer, up to 100 ms; as long as no try fails, twice as many every 5 ms. However many wait for
/// however long, that is ten attempts a second.
///
///     join ──► waiting ──advance──► its turn ──► has what it needs
///                 ▲                    │
///                 └──── join, again ───┘
@available(FairDial 0.1, *)
struct ShortageQueue: Sendable {
    /// Identifies one wait in the queue; no number is used twice.
    typealias Ticket = UInt64

    private static let shortestPause = Duration.milliseconds(5)
    private static let longestPause = Duration.milliseconds(100)
    /// Turns at a time, however well it goes: each may be a lookup, and they are all one loop's work.
    private static let mostTurns = 256

    /// Those that had a turn and got nothing; they go before all others.
    private var returned = Deque<Ticket>()
    private var arrived = Deque<Ticket>()
    /// Those of both who have not left.
    private var waiting: Set<Ticket> = []
    private var nextTicket: Ticket = 1
    private var pause = shortestPause
    private var turns = 1
    /// Whether a turn brought nothing since the last `advance`.
    private var hasFailed = false

    /// When to call `advance(to:)` next; `nil` where none waits.
    private(set) var wakeTime: Duration?

    /// How many wait.
    var count: Int { waiting.count }

    /// How many entries are stored, some of those that have left included.
    var placesKept: Int { returned.count + arrived.count }

    /// One more joins.
    ///
    /// - Parameter again: whether it has just had a turn, for nothing.
    mutating func join(again: Bool, at now: Duration) -> Ticket {
        let ticket = nextTicket
        nextTicket += 1
        waiting.insert(ticket)
        if again {
            returned.append(ticket)
            fail(at: now)
        } else {
            arrived.append(ticket)
        }
        wakeTime = wakeTime ?? now + pause
        return ticket
    }

    /// The one whose turn it was has found nothing: the others need not try soon.
    private mutating func fail(at now: Duration) {
        // Those who had their turn together are one failure.
        guard !hasFailed else { return }
        hasFailed = true
        turns = 1
        pause = min(pause * 2, Self.longestPause)
        wakeTime = now + pause
    }

    /// One waits no longer.
    mutating func leave(_ ticket: Ticket) {
        guard waiting.remove(ticket) != nil else { return }
        if waiting.isEmpty { return rest() }
        // Entries of those that have left are removed before they outnumber the others.
        let room = 2 * waiting.count + 64
        if returned.count > room { returned.removeAll { !waiting.contains($0) } }
        if arrived.count > room { arrived.removeAll { !waiting.contains($0) } }
    }

    /// None waits.
    private mutating func rest() {
        returned.removeAll()
        arrived.removeAll()
        wakeTime = nil
        pause = Self.shortestPause
        turns = 1
        hasFailed = false
    }

    /// Time has passed.
    ///
    /// - Returns: whose turn it is. They wait no longer, and come again where there is nothing.
    mutating func advance(to now: Duration) -> [Ticket] {
        guard let wakeTime, now >= wakeTime else { return [] }
        var called: [Ticket] = []
        while called.count < turns, let ticket = returned.popFirst() ?? arrived.popFirst() {
            if waiting.remove(ticket) != nil { called.append(ticket) }
        }
        if !hasFailed { pause = Self.shortestPause }
        hasFailed = false
        turns = min(turns * 2, Self.mostTurns)
        // Also where none is left: the one whose turn it is now may come again, and that is counted.
        self.wakeTime = waiting.isEmpty ? nil : now + pause
        return called
    }
}
