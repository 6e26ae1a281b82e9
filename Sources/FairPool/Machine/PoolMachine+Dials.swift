// SPDX-License-Identifier: Apache-2.0

package import FairDial
package import IPAddresses

/// Connections are made.
@available(FairDial 0.1, *)
extension PoolMachine {
    /// How many more connections the pool wants, those not counted that are being made or checked. One that is slow to
    /// be made helps nobody who waits, where there is another target, nor does one whose check is in doubt.
    var need: Int {
        let size = established + connecting
        let coming = connecting - slow + checkingCount - doubtfulChecks
        return min(max(waiters.count - coming, limits.minimum - size), limits.maximum - size)
    }

    /// A dial has its first address, and asks for a place.
    package mutating func asks(_ id: PoolDialID, at now: Duration, _ actions: inout [PoolAction]) {
        guard let dial = dials[id], case .lookingUp = dial.stage else { return }
        dials[id]?.stage = .asking
        lookupTime = max(now - dial.began, lookupTime - lookupTime / 8)
        proceed(at: now, &actions)
    }

    /// Whether a dial's connection is wanted, when it comes.
    package func awaits(_ id: PoolDialID) -> Bool {
        if case .connecting? = dials[id]?.stage { true } else { false }
    }

    /// A dial has connected, and its connection has been initialized.
    ///
    /// - Parameters:
    ///   - endpoint: where it goes, unless to a path.
    ///   - service: what it belongs to, where connections are cleared by that.
    ///   - attempts: what the dial says of the addresses it has tried.
    ///   - hasClosed: whether the connection has closed since.
    package mutating func connected(
        _ id: PoolDialID,
        to endpoint: Endpoint? = nil,
        service: UInt64? = nil,
        after attempts: [AttemptReport] = [],
        hasClosed: Bool = false,
        at now: Duration,
        _ actions: inout [PoolAction]
    ) {
        guard let dial = dials.removeValue(forKey: id) else { return }
        release(dial)
        learn(from: attempts, of: dial, winner: endpoint, at: now)
        guard case .connecting(let connection) = dial.stage else {
            // It was cancelled, and too late: the driver closes what it has made.
            if targets[dial.target].unplaced == id { targets[dial.target].unplaced = nil }
            if case .cancelled = dial.stage { return proceed(at: now, &actions) }
            let message =
                "a dial of the pool's connected before the pool admitted it: pass its options on, with their admission"
            blame(dial, DialError(.invalidOption, message, target: ""), at: now, &actions)
            return proceed(at: now, &actions)
        }
        placeIsFree(dial)
        established += 1
        connections[connection]?.service = service
        connections[connection]?.endpoint = endpoint
        targets[dial.target].endpoints.count(endpoint, 1)
        // An answer that came meanwhile has its address no more.
        if let endpoint, targets[dial.target].endpoints.hasLost(endpoint, since: dial.began) {
            connections[connection]?.isStale = true
        }
        let isCurrent = connections[connection].map(isCurrent) ?? false
        if isReady, isCurrent {
            let made = connections[connection]?.created ?? now
            tell(.connectionReady(connection, after: now - made), &actions)
            rest(connection, at: now)
            if hasClosed { return closedItself(connection, at: now, &actions) }
            // It has just been made: nobody has to ask whether it lives.
            if let waiter = waiters.popFirst() {
                idle.removeLast()
                hand(connection, to: waiter, at: now, &actions)
            } else if connections[connection].map({ isOver($0, at: now) }) ?? false {
                // It took longer to make than it may live: no timer would find it.
                close(connection, .idle, &actions)
            }
        } else {
            // Made for nothing: it was on its way when the pool was cleared or closed.
            close(connection, isReady || isPaused ? .stale : .poolClosed, &actions)
        }
        proceed(at: now, &actions)
    }

    private var isPaused: Bool { if case .paused = phase { true } else { false } }

    /// A dial has ended without a connection.
    ///
    /// - Returns: whether that says anything of its target.
    @discardableResult
    package mutating func failed(
        _ id: PoolDialID,
        _ error: DialError,
        at now: Duration,
        _ actions: inout [PoolAction]
    ) -> Bool {
        guard let dial = dials.removeValue(forKey: id) else { return false }
        defer { proceed(at: now, &actions) }
        release(dial)
        if targets[dial.target].unplaced == id { targets[dial.target].unplaced = nil }
        // It may have waited for its place for as long as it had, which is no fault of the target's.
        let isOutOfTime = error.code == .queueTimeout || error.code == .deadlineExceeded
        var hasOnlyWaited = isOutOfTime && error.report.attempts.isEmpty
        switch dial.stage {
        case .cancelled: return false
        case .lookingUp: hasOnlyWaited = false
        case .asking: break
        case .connecting(let connection):
            let isStale = isStale(dial)
            placeIsFree(dial)
            lose(connection, .error, &actions)
            // The pool has been cleared since: no caller of now is told of it, and nothing is held back for it.
            if isStale { return false }
        }
        if hasOnlyWaited {
            // The next one waits as long for a place, so it need not begin at once.
            let target = dial.target
            targets[target].backOffEnds = max(targets[target].backOffEnds ?? .zero, now + limits.firstBackOff)
        } else {
            blame(dial, error, at: now, &actions)
        }
        return !hasOnlyWaited
    }

    /// Whether a dial makes a connection that nobody will have, for the pool has been cleared since it got its place.
    func isStale(_ dial: Dial) -> Bool {
        guard case .connecting(let id) = dial.stage, let connection = connections[id] else { return false }
        return !isCurrent(connection)
    }

    /// A dial that had a place has ended.
    private mutating func placeIsFree(_ dial: Dial) {
        connecting -= 1
        targets[dial.target].connecting -= 1
        guard dial.isSlow else { return }
        slow -= 1
        targets[dial.target].slow -= 1
    }

    /// A connection that was being made will not be.
    private mutating func lose(
        _ id: PooledConnectionID,
        _ reason: PoolCloseReason,
        _ actions: inout [PoolAction]
    ) {
        guard let connection = connections.removeValue(forKey: id) else { return }
        targets[connection.target].connections -= 1
        tell(.connectionClosed(id, reason), &actions)
    }

    /// A dial has failed. Where nothing else can be dialed now, the caller that waits longest is told: one failure, one
    /// caller.
    private mutating func blame(
        _ dial: Dial,
        _ error: DialError,
        at now: Duration,
        _ actions: inout [PoolAction]
    ) {
        dialFailed(dial, error, at: now)
        guard isReady, !targets.contains(where: { isOpen($0, at: now) }), let waiter = waiters.popFirst() else {
            return
        }
        fail(waiter, .dial(error), at: now, &actions)
    }

    /// It is not dialed for a while, longer after each failure in a row. Dials that fail together count as one.
    mutating func targetFailed(_ target: Int, at now: Duration) {
        if isOpen(targets[target], at: now) || targets[target].failures == 0 {
            targets[target].failures = min(targets[target].failures + 1, 64)
        }
        let backOffEnds = now + pause(after: targets[target].failures)
        targets[target].backOffEnds = max(targets[target].backOffEnds ?? backOffEnds, backOffEnds)
    }

    /// How long to keep from what has failed so many times in a row.
    mutating func pause(after failures: Int) -> Duration {
        let doublings = min(failures - 1, 32)
        let pause = min(limits.firstBackOff * (1 << doublings), limits.longestBackOff)
        // Many pools of many processes must not come back in step.
        return pause - pause / 1024 * Int(random.next() % 257)
    }

    /// Names of one service take about equally long, so one that takes twice as long may hang: the others' connections
    /// are not to wait for it.
    var spreadTime: Duration { min(lookupTime * 2, Self.spreadDelay) }

    func isOpen(_ target: Target, at now: Duration) -> Bool {
        target.backOffEnds.map { now >= $0 } ?? true
    }

    /// Nobody needs a dial any more; what it still says is ignored.
    mutating func cancel(_ id: PoolDialID, _ actions: inout [PoolAction]) {
        guard let dial = dials[id] else { return }
        switch dial.stage {
        case .cancelled: return
        case .connecting(let connection):
            placeIsFree(dial)
            lose(connection, isReady ? .error : isPaused ? .stale : .poolClosed, &actions)
        case .lookingUp, .asking: break
        }
        if targets[dial.target].unplaced == id { targets[dial.target].unplaced = nil }
        release(dial)
        dials[id]?.stage = .cancelled
        dials[id]?.first = nil
        actions.append(.cancel(id))
    }

    /// Gives out what can be given out: connections to those who wait, places to dials, dials to targets.
    mutating func proceed(at now: Duration, _ actions: inout [PoolAction]) {
        serveWaiters(at: now, &actions)
        if isReady {
            admit(at: now, &actions)
            startDials(at: now, &actions)
            startLookUps(at: now, &actions)
        }
        if case .closing(let limit) = phase, established == 0, connecting == 0, dials.isEmpty, !isLookingUp {
            phase = .closed(limit: limit)
            actions.append(.finish)
        }
    }

    private mutating func serveWaiters(at now: Duration, _ actions: inout [PoolAction]) {
        while !waiters.isEmpty, let last = idle.last {
            guard let connection = connections[last.id], case .idle(let since) = connection.stage, since == last.since
            else {
                idle.removeLast()
                continue
            }
            guard isFit(connection, idleSince: since, at: now) else {
                idle.removeLast()
                close(last.id, isCurrent(connection) ? .idle : .stale, &actions)
                continue
            }
            if mustBeChecked(idleSince: since, at: now) {
                // One check for each caller is enough.
                guard waiters.count > checkingCount else { return }
                idle.removeLast()
                idleCount -= 1
                check(last.id, of: connection.target, at: now, &actions)
            } else if let waiter = waiters.popFirst() {
                idle.removeLast()
                hand(last.id, to: waiter, at: now, &actions)
            }
        }
    }

    /// Has an idle connection checked. Where the last check of its target got no answer, a dial begins beside it at
    /// once, else when this one takes long: idle connections may all be dead, and their callers have one wait timeout
    /// for all checks.
    private mutating func check(
        _ id: PooledConnectionID,
        of target: Int,
        at now: Duration,
        _ actions: inout [PoolAction]
    ) {
        let isDoubtful = targets[target].hasSilentConnections
        checkingCount += 1
        if isDoubtful { doubtfulChecks += 1 }
        let (doubt, end) = (now + Self.slowDelay, now + limits.checkTime)
        if !isDoubtful { earliestDoubt = min(earliestDoubt ?? doubt, doubt) }
        earliestCheckEnd = min(earliestCheckEnd ?? end, end)
        connections[id]?.stage = .checking(until: end, isDoubtful: isDoubtful)
        actions.append(.check(id))
    }

    /// Gives places to dials that ask, those first whose target has the fewest connections.
    private mutating func admit(at now: Duration, _ actions: inout [PoolAction]) {
        while need > 0, connecting < limits.connecting, let id = nextToAdmit(at: now), let dial = dials[id] {
            let connection = takeConnectionID()
            dials[id]?.stage = .connecting(connection)
            targets[dial.target].unplaced = nil
            targets[dial.target].connections += 1
            targets[dial.target].connecting += 1
            if targets.count > 1, earliestSlow == nil { earliestSlow = now + Self.slowDelay }
            considerLookUp(of: dial.target)
            connecting += 1
            let ends = limits.lifetime.map { now + $0 - $0 / 10_240 * Int(random.next() % 1_025) }
            if let ends { earliestEnd = min(earliestEnd ?? ends, ends) }
            connections[connection] = Connection(
                stage: .connecting(id),
                target: dial.target,
                generation: generation,
                created: now,
                ends: ends
            )
            tell(.connectionCreated(connection), &actions)
            actions.append(.admit(id, connection))
            // The next one may look its name up meanwhile.
            startDials(at: now, &actions)
        }
        guard need <= 0 else { return }
        // Nobody needs the others by now. One that still looks its name up may be needed when it has, and begins no
        // second lookup then.
        for target in targets.indices {
            if let id = targets[target].unplaced, case .asking? = dials[id]?.stage { cancel(id, &actions) }
        }
    }

    /// The dial that has asked and is to have the next place; `nil` where none is, or a better one is about to ask.
    private func nextToAdmit(at now: Duration) -> PoolDialID? {
        var best: (id: PoolDialID, rank: (Int, Int))?
        for target in targets {
            guard let id = target.unplaced, case .asking? = dials[id]?.stage else { continue }
            let rank = (target.doubt, target.connections)
            if best.map({ rank < $0.rank || rank == $0.rank && id < $0.id }) ?? true { best = (id, rank) }
        }
        guard let best else { return nil }
        // One that swallows what it is sent is not to have the next place too.
        let patience = best.rank.0 > 1 ? Self.spreadDelay : spreadTime
        let isAnotherBetter = targets.contains { target in
            guard let id = target.unplaced, let dial = dials[id], case .lookingUp = dial.stage else { return false }
            return now < dial.began + patience && (target.doubt, target.connections) < best.rank
        }
        return isAnotherBetter ? nil : best.id
    }

    /// Has every target dialed that has no dial without a place, as long as one more connection is wanted: whose name
    /// is answered first asks first.
    private mutating func startDials(at now: Duration, _ actions: inout [PoolAction]) {
        guard need > 0 else { return }
        for target in targets.indices
        where targets[target].unplaced == nil && isOpen(targets[target], at: now) && dials.count < dialLimit {
            let id = takeDialID()
            let endpoints = order(for: target, at: now)
            dials[id] = Dial(target: target, began: now, first: endpoints.first)
            targets[target].endpoints.countDial(endpoints.first, 1)
            targets[target].unplaced = id
            actions.append(.dial(id, target: target, to: endpoints))
        }
    }

    /// Dials at a time, those included that have been cancelled and have not ended yet.
    private var dialLimit: Int { limits.connecting + 2 * targets.count + 16 }
}

@available(FairDial 0.1, *)
extension PoolMachine.Target {
    /// One, where a connection is being made to it and nothing says that this will succeed; two, where that takes long.
    /// One at a time is enough for such a target, where there are others.
    fileprivate var doubt: Int {
        if slow > 0 { return 2 }
        return connecting > 0 && (failures > 0 || connections == connecting) ? 1 : 0
    }
}
