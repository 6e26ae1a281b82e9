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
        if isReady, !waiters.isEmpty, checkingCount > doubtfulChecks { consider(earliestDoubt) }
        if isReady, !waiters.isEmpty, connecting > slow { consider(earliestSlow) }
        if idleCount > 0, let limit = limits.idle, let first = idle.first { consider(first.since + limit) }
        if idleCount > 0 { consider(earliestEnd) }
        switch phase {
        case .paused, .ready: break
        case .closing(let limit), .closed(let limit): consider(limit)
        }
        if isReady { consider(nextLookUp) }
        if isReady, need > 0 {
            for target in targets where target.unplaced == nil { consider(target.backOffEnds) }
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
        noteDoubtfulChecks(at: now)
        noteSlowDials(at: now)
        endIdle(at: now, &actions)
        for target in targets.indices {
            if let backOffEnds = targets[target].backOffEnds, now >= backOffEnds { targets[target].backOffEnds = nil }
        }
        endClose(at: now, &actions)
        proceed(at: now, &actions)
    }

    /// The owner waits no longer for users, nor for handlers.
    private mutating func endClose(at now: Duration, _ actions: inout [PoolAction]) {
        switch phase {
        case .closing(let limit?) where now >= limit:
            for id in connections.keys.sorted() {
                if case .inUse? = connections[id]?.stage { close(id, .poolClosed, byForce: true, &actions) }
            }
            phase = .closing(limit: nil)
        case .closed(let limit?) where now >= limit: phase = .closed(limit: nil)
        case .paused, .ready, .closing, .closed: return
        }
        actions.append(.closeRest)
    }

    /// A check that takes too long says that the connection is of no use. It would hold its place for ever.
    private mutating func endChecks(at now: Duration, _ actions: inout [PoolAction]) {
        guard let end = earliestCheckEnd, now >= end else { return }
        earliestCheckEnd = nil
        for id in connections.keys.sorted() {
            guard let connection = connections[id], case .checking(let deadline, _) = connection.stage else { continue }
            if now >= deadline {
                targets[connection.target].hasSilentConnections = true
                // A peer that does not answer is not waited for.
                close(id, .error, byForce: true, &actions)
            } else {
                earliestCheckEnd = min(earliestCheckEnd ?? deadline, deadline)
            }
        }
    }

    /// A check that takes long may get no answer: a dial begins beside it, for the caller's time may end before the
    /// last of many dead connections has been found out.
    private mutating func noteDoubtfulChecks(at now: Duration) {
        guard let first = earliestDoubt, now >= first else { return }
        earliestDoubt = nil
        for id in connections.keys {
            guard case .checking(let end, isDoubtful: false)? = connections[id]?.stage else { continue }
            let doubt = end - limits.checkTime + Self.slowDelay
            if now >= doubt {
                connections[id]?.stage = .checking(until: end, isDoubtful: true)
                doubtfulChecks += 1
            } else {
                earliestDoubt = min(earliestDoubt ?? doubt, doubt)
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
