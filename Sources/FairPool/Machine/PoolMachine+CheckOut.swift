// SPDX-License-Identifier: Apache-2.0

/// Connections go out and come back.
@available(FairDial 0.1, *)
extension PoolMachine {
    /// The idle connection that was used last, where one can be had at once: no caller waits, and no observer
    /// is to be told.
    package mutating func takeIdle(at now: Duration) -> PooledConnectionID? {
        isObserved ? nil : popIdle(at: now)
    }

    /// The same, where an observer is to be told.
    package mutating func takeIdle(at now: Duration, _ actions: inout [PoolAction]) -> PooledConnectionID? {
        guard let id = popIdle(at: now) else { return nil }
        tellUse(.checkOutStarted, &actions)
        tellUse(.checkedOut(id, after: .zero), &actions)
        return id
    }

    private mutating func popIdle(at now: Duration) -> PooledConnectionID? {
        guard isReady, waiters.isEmpty else { return nil }
        while let last = idle.last {
            // One that has closed is no reason to say that there is none.
            guard let connection = connections[last.id], case .idle(let since) = connection.stage, since == last.since
            else {
                idle.removeLast()
                continue
            }
            guard isFit(connection, idleSince: since, at: now), !mustBeChecked(idleSince: since, at: now) else {
                return nil
            }
            idle.removeLast()
            connections.change(last.id) { $0.stage = .inUse(since: now) }
            idleCount -= 1
            return last.id
        }
        return nil
    }

    /// A caller wants a connection.
    ///
    /// - Returns: its wait, of which `hand` or `fail` tells, perhaps at once.
    package mutating func checkOut(at now: Duration, _ actions: inout [PoolAction]) -> PoolWaiterID {
        let waiter = PoolWaiters.Waiter(id: takeWaiterID(), since: now, deadline: now + limits.wait)
        tellUse(.checkOutStarted, &actions)
        switch phase {
        case .closing, .closed: fail(waiter, .closed, isAtOnce: true, at: now, &actions)
        case .paused: fail(waiter, .paused, isAtOnce: true, at: now, &actions)
        case .ready where waiters.count >= limits.waiting: fail(waiter, .queueFull, isAtOnce: true, at: now, &actions)
        case .ready:
            waiters.append(waiter)
            proceed(at: now, &actions)
        }
        return waiter.id
    }

    /// A caller waits no longer. One that has a connection by now gives it back by `checkIn`.
    package mutating func leave(_ waiter: PoolWaiterID, at now: Duration, _ actions: inout [PoolAction]) {
        guard let since = waiters.remove(waiter) else { return }
        tellUse(.checkOutFailed(.cancelled, after: now - since), &actions)
        proceed(at: now, &actions)
    }

    /// A caller gives a connection back.
    ///
    /// - Parameters:
    ///   - isBroken: whether nobody shall have it again.
    ///   - hasClosed: whether that is because it has closed.
    ///   - wasUsed: whether anybody had it: one that came back unused says nothing of its server.
    package mutating func checkIn(
        _ id: PooledConnectionID,
        isBroken: Bool,
        hasClosed: Bool = false,
        wasUsed: Bool = true,
        at now: Duration,
        _ actions: inout [PoolAction]
    ) {
        guard let connection = connections[id], case .inUse(let since) = connection.stage else { return }
        tellUse(.checkedIn(id, after: now - since), &actions)
        if isBroken {
            close(id, .error, &actions)
            // What a user cannot use is no fault of the server's.
            if hasClosed { blameIfYoung(connection, at: now) }
        } else if !isReady {
            // A pool that is paused has been cleared.
            if case .paused = phase { close(id, .stale, &actions) } else { close(id, .poolClosed, &actions) }
        } else if !isCurrent(connection) {
            close(id, .stale, &actions)
        } else if isOver(connection, at: now) {
            close(id, .idle, &actions)
        } else {
            if wasUsed, !connection.hasServed {
                connections[id]?.hasServed = true
                targets[connection.target].failures = 0
                targets[connection.target].endpoints.served(connection.endpoint)
            }
            rest(id, at: now)
            if waiters.isEmpty { return }
        }
        proceed(at: now, &actions)
    }

    /// A connection has closed, of itself or by its peer.
    package mutating func closedItself(_ id: PooledConnectionID, at now: Duration, _ actions: inout [PoolAction]) {
        guard let connection = connections[id] else { return }
        switch connection.stage {
        case .connecting: return
        case .idle, .checking, .inUse: close(id, .error, &actions)
        }
        blameIfYoung(connection, at: now)
        proceed(at: now, &actions)
    }

    /// A server that accepts and closes is one that fails. Many connections that close at once say it once; one that
    /// has served, or has lived for longer than the longest pause, says nothing.
    private mutating func blameIfYoung(_ connection: Connection, at now: Duration) {
        guard !connection.hasServed, isOpen(targets[connection.target], at: now),
            now <= connection.created + limits.longestBackOff
        else { return }
        targetFailed(connection.target, connection.endpoint.map { [$0] } ?? [], at: now)
    }

    /// It has been found out whether a connection lives.
    package mutating func checked(
        _ id: PooledConnectionID,
        lives: Bool,
        at now: Duration,
        _ actions: inout [PoolAction]
    ) {
        guard let connection = connections[id], case .checking(_, let isDoubtful) = connection.stage else { return }
        if lives { targets[connection.target].hasSilentConnections = false }
        if !lives {
            close(id, .error, &actions)
        } else if !isCurrent(connection) || isOver(connection, at: now) {
            // It was good while it was checked, and is not any more.
            close(id, isCurrent(connection) ? .idle : .stale, &actions)
        } else {
            endCheck(isDoubtful: isDoubtful)
            if let waiter = waiters.popFirst() {
                hand(id, to: waiter, at: now, &actions)
            } else {
                rest(id, at: now)
            }
        }
        proceed(at: now, &actions)
    }

    /// A check has ended, or its connection has.
    private mutating func endCheck(isDoubtful: Bool) {
        checkingCount -= 1
        if isDoubtful { doubtfulChecks -= 1 }
    }

    /// A connection has nobody who uses it.
    mutating func rest(_ id: PooledConnectionID, at now: Duration) {
        connections.change(id) { $0.stage = .idle(since: now) }
        idle.append((id, now))
        idleCount += 1
        if idle.count > 2 * idleCount + 64 {
            let connections = connections
            idle.removeAll { entry in
                guard case .idle(let since)? = connections[entry.id]?.stage else { return true }
                return since != entry.since
            }
        }
    }

    /// Whether it was made since the pool was cleared.
    func isCurrent(_ connection: Connection) -> Bool {
        connection.generation == generation && !connection.isStale
    }

    func isOver(_ connection: Connection, at now: Duration) -> Bool {
        connection.ends.map { now >= $0 } ?? false
    }

    /// Whether an idle connection may be handed out.
    func isFit(_ connection: Connection, idleSince since: Duration, at now: Duration) -> Bool {
        if let limit = limits.idle, now >= since + limit { return false }
        return isCurrent(connection) && !isOver(connection, at: now)
    }

    func mustBeChecked(idleSince since: Duration, at now: Duration) -> Bool {
        limits.check.map { now >= since + $0 } ?? false
    }

    mutating func hand(
        _ id: PooledConnectionID,
        to waiter: PoolWaiters.Waiter,
        at now: Duration,
        _ actions: inout [PoolAction]
    ) {
        if case .idle? = connections[id]?.stage { idleCount -= 1 }
        connections[id]?.stage = .inUse(since: now)
        tellUse(.checkedOut(id, after: now - waiter.since), &actions)
        actions.append(.hand(id, waiter.id))
    }

    /// A caller gets no connection.
    ///
    /// - Parameter isAtOnce: whether it has not waited.
    mutating func fail(
        _ waiter: PoolWaiters.Waiter,
        _ failure: PoolFailure,
        isAtOnce: Bool = false,
        at now: Duration,
        _ actions: inout [PoolAction]
    ) {
        let reason: PoolEvent.WaitFailure =
            switch failure {
            case .timeout: .timeout
            case .queueFull: .queueFull
            case .closed: .poolClosed
            case .cleared, .paused, .dial: .connectionError
            }
        let event = PoolEvent.checkOutFailed(reason, after: now - waiter.since)
        // However many waited, they are bounded; their end is what an outage is counted by.
        if isAtOnce { tellUse(event, &actions) } else { tell(event, &actions) }
        actions.append(.fail(waiter.id, failure))
    }

    /// Takes an established connection out of the pool, and closes it.
    ///
    /// - Parameter isByForce: whether its handlers are not asked, for a user or the pool's owner waits for its end.
    mutating func close(
        _ id: PooledConnectionID,
        _ reason: PoolCloseReason,
        byForce isByForce: Bool = false,
        _ actions: inout [PoolAction]
    ) {
        guard let connection = connections.removeValue(forKey: id) else { return }
        switch connection.stage {
        case .idle: idleCount -= 1
        case .checking(_, let isDoubtful): endCheck(isDoubtful: isDoubtful)
        case .inUse, .connecting: break
        }
        established -= 1
        targets[connection.target].connections -= 1
        targets[connection.target].endpoints.count(connection.endpoint, -1)
        tell(.connectionClosed(id, reason), &actions)
        actions.append(.close(id, byForce: isByForce))
    }
}
