// SPDX-License-Identifier: Apache-2.0

/// Time passes.
@available(FairDial 0.1, *)
extension PoolMachine {
    /// When to call `advance(to:)` next; `nil` when only an event can change anything.
    package var wakeTime: Duration? {
        var wake: Duration?
        func consider(_ time: Duration?) {
            guard let time else { return }
            wake = wake.map { min($0, time) } ?? time
        }
        consider(waiters.first?.deadline)
        if checkingCount > 0 { consider(earliestCheckEnd) }
        if isReady, !waiters.isEmpty, connecting > slow { consider(earliestSlow) }
        if idleCount > 0, let limit = limits.idle, let first = idle.first { consider(first.since + limit) }
        if idleCount > 0 { consider(earliestEnd) }
        if case .closing(let limit) = phase { consider(limit) }
        if isReady { consider(nextLookUp) }
        if isReady, need > 0 {
            for target in targets where target.unplaced == nil { consider(target.opensAt) }
            // Only a dial that asks waits for others to ask.
            if targets.count > 1, connecting < limits.connecting, hasAsking {
                for target in targets {
                    guard let dial = target.unplaced.flatMap({ dials[$0] }), case .lookingUp = dial.stage else {
                        continue
                    }
                    consider(later(dial.began + spreadTime))
                    if slow > 0 { consider(later(dial.began + Self.spreadDelay)) }
                }
            }
        }
        return wake
    }

    private var hasAsking: Bool {
        targets.contains { target in
            if let id = target.unplaced, case .asking? = dials[id]?.stage { true } else { false }
        }
    }

    /// A time that has not been looked at yet; what has passed by then changes nothing any more.
    private func later(_ time: Duration) -> Duration? { lastAdvance.map { time > $0 } ?? true ? time : nil }

    /// Time has passed; what has happened has been told before.
    package mutating func advance(to now: Duration, _ actions: inout [PoolAction]) {
        lastAdvance = now
        while let waiter = waiters.first, now >= waiter.deadline {
            _ = waiters.popFirst()
            fail(waiter, .timeout, at: now, &actions)
        }
        endChecks(at: now, &actions)
        noteSlowDials(at: now)
        endIdle(at: now, &actions)
        for target in targets.indices {
            if let opensAt = targets[target].opensAt, now >= opensAt { targets[target].opensAt = nil }
        }
        if case .closing(let limit?) = phase, now >= limit {
            for id in connections.keys.sorted() {
                if case .inUse? = connections[id]?.stage { close(id, .poolClosed, &actions) }
            }
            phase = .closing(limit: nil)
        }
        proceed(at: now, &actions)
    }

    /// A check that takes too long says that the connection is of no use. It would hold its place for ever.
    private mutating func endChecks(at now: Duration, _ actions: inout [PoolAction]) {
        guard let end = earliestCheckEnd, now >= end else { return }
        earliestCheckEnd = nil
        for id in connections.keys.sorted() {
            guard case .checking(let deadline)? = connections[id]?.stage else { continue }
            if now >= deadline {
                close(id, .error, &actions)
            } else {
                earliestCheckEnd = min(earliestCheckEnd ?? deadline, deadline)
            }
        }
    }

    /// A dial that has had its place for long may have met a server that says nothing: others are dialed beside it.
    private mutating func noteSlowDials(at now: Duration) {
        guard let first = earliestSlow, now >= first else { return }
        earliestSlow = nil
        for (id, dial) in dials {
            guard case .connecting(let connection) = dial.stage, !dial.isSlow,
                let created = connections[connection]?.created
            else { continue }
            if now >= created + Self.slowDelay {
                dials[id]?.isSlow = true
                slow += 1
                targets[dial.target].slow += 1
            } else {
                earliestSlow = min(earliestSlow ?? created + Self.slowDelay, created + Self.slowDelay)
            }
        }
    }

    private mutating func endIdle(at now: Duration, _ actions: inout [PoolAction]) {
        while let first = idle.first {
            guard case .idle(let since)? = connections[first.id]?.stage, since == first.since else {
                idle.removeFirst()
                continue
            }
            guard let limit = limits.idle, now >= since + limit else { break }
            idle.removeFirst()
            close(first.id, .idle, &actions)
        }
        guard let end = earliestEnd, now >= end else { return }
        for id in connections.keys.sorted() {
            guard let connection = connections[id], isOver(connection, at: now), case .idle = connection.stage else {
                continue
            }
            close(id, .idle, &actions)
        }
        // Those in use are looked at when they come back.
        earliestEnd = connections.values.compactMap(\.ends).filter { $0 > now }.min()
    }
}
