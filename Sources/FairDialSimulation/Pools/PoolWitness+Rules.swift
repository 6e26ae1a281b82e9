// SPDX-License-Identifier: Apache-2.0

import FairPool

/// The rules that hold whatever happens. A *book* is what the witness has noted of one connection; the *word* is what
/// the owner has told the pool last: ready, cleared or closed.
extension PoolWitness {
    /// Time has passed, and the pool was told: no wait is over its deadline, no check over its time, and nothing idle
    /// over a limit.
    mutating func checkDeadlines(at now: Duration) {
        for (id, book) in connections {
            switch book.stage {
            case .checking(let since) where now >= since + limits.checkTime:
                fault("\(id) is checked for \(now - since)")
            case .idle(let since):
                if let limit = limits.idle, now >= since + limit { fault("\(id) is idle for \(now - since)") }
                if let limit = limits.lifetime, now >= book.created + limit {
                    fault("\(id) is idle, and \(now - book.created) old")
                }
            case .checking, .connecting, .inUse, .dead: break
            }
        }
        if let late = waits.first(where: { now >= $0.deadline }) {
            fault("waiter \(late.id) waits until \(now), and \(late.deadline) was its deadline")
        }
    }

    /// A connection was put back, and the driver sets no timer then: it must have one that is early enough.
    mutating func judgeTimer(_ timer: Duration?, wakeTime: Duration?) {
        guard let wakeTime, timer.map({ wakeTime < $0 }) ?? true else { return }
        fault("\(wakeTime) is to be looked at, and the timer is \(timer.map { "at \($0)" } ?? "not set")")
    }

    /// The pool has done what it wants to do now.
    mutating func judge(
        _ counts: (idle: Int, inUse: Int, connecting: Int, waiting: Int),
        wakeTime: Duration?,
        at now: Duration
    ) {
        judgeBounds()
        judgeBooks(counts)
        judgeGrowth(counts, wakeTime: wakeTime, at: now)
        if let dead = connections.first(where: { if case .dead = $0.value.stage { true } else { false } })?.key {
            fault("connection \(dead) is broken, and kept")
        }
        if word == .ready, let old = connections.first(where: { $0.value.isBeingMade && $0.value.isStale })?.key {
            fault("connection \(old) is being made still, and was cleared")
        }
    }

    /// A dial gets a place. If all connections to its target are still being made, no dial to another target may be
    /// asking to which no connection is being made.
    mutating func judgeAdmission(to target: Int) {
        let books = connections.values.filter { $0.target == target }
        guard !books.isEmpty, books.allSatisfy(\.isBeingMade) else { return }
        for dial in dials.values where dial.target != target {
            guard case .asking = dial.stage,
                !connections.values.contains(where: { $0.target == dial.target && $0.isBeingMade })
            else { continue }
            fault("target \(target) says nothing, and gets a place before \(dial.target)")
        }
    }

    private mutating func judgeBounds() {
        if connections.count > limits.maximum { fault("\(connections.count) connections") }
        if connectingCount > limits.connecting { fault("\(connectingCount) connections are made at a time") }
        var unplaced: Set<Int> = []
        for dial in dials.values {
            switch dial.stage {
            case .connecting, .cancelled: continue
            case .lookingUp, .asking: break
            }
            if !unplaced.insert(dial.target).inserted { fault("two dials to target \(dial.target) have no place") }
        }
    }

    private mutating func judgeBooks(_ counts: (idle: Int, inUse: Int, connecting: Int, waiting: Int)) {
        let idle = idle
        if word != .ready, !idle.isEmpty { fault("a pool that is not ready keeps \(idle.sorted())") }
        // A connection that is checked counts as idle.
        let unused = idle.count + checking.count
        if counts.idle != unused { fault("\(counts.idle) are idle, and really \(unused)") }
        if counts.inUse != inUse.count { fault("\(counts.inUse) are in use, and really \(inUse.count)") }
        if counts.connecting != connectingCount {
            fault("\(counts.connecting) are being made, and really \(connectingCount)")
        }
        if counts.waiting != waits.count { fault("\(counts.waiting) wait, and really \(waits.count)") }
        if counts.waiting > limits.waiting { fault("\(counts.waiting) wait") }
    }

    /// Whoever waits is served, or something happens for it, or time alone is to pass.
    private mutating func judgeGrowth(
        _ counts: (idle: Int, inUse: Int, connecting: Int, waiting: Int),
        wakeTime: Duration?,
        at now: Duration
    ) {
        guard word == .ready else {
            if counts.waiting > 0 { fault("\(counts.waiting) wait for a pool that is not ready") }
            return
        }
        // One that must be checked first is left alone while there is a check for each caller.
        if counts.waiting > checking.count, !idle.isEmpty { fault("\(counts.waiting) wait, and \(idle) are idle") }
        if counts.waiting > 0, let id = connections.first(where: { needsNoCheck($0.value, at: now) })?.key {
            fault("\(counts.waiting) wait, and \(id) is idle")
        }
        if !waits.isEmpty, wakeTime == nil { fault("\(waits.count) wait without an end") }
        // The pool has not been told yet of what is due.
        if let wakeTime, wakeTime <= now { return }
        let coming = connectingCount + checking.count { !isDoubtful($0, at: now) }
        let needed = max(counts.waiting - coming, limits.minimum - connections.count)
        guard needed > 0, connections.count < limits.maximum, dials.count < 16 else { return }
        let unplaced = dials.values.contains { dial in
            switch dial.stage {
            case .lookingUp, .asking: true
            case .connecting, .cancelled: false
            }
        }
        let hasOpenTarget = (0..<targetCount).contains { isOpen($0, at: now) }
        if !unplaced, hasOpenTarget { fault("\(needed) connections are needed, and nobody is dialed") }
        // A place is free, every dial that may ask has asked, and none is admitted.
        let asks = dials.values.contains { if case .asking = $0.stage { true } else { false } }
        if asks, lookingUp.isEmpty, connectingCount < limits.connecting { fault("a place is free, and none is given") }
    }

    /// Whether a check is not to be counted upon: it takes long, or the last one of its target got no answer.
    private func isDoubtful(_ id: PooledConnectionID, at now: Duration) -> Bool {
        guard let book = connections[id], case .checking(let since) = book.stage else { return false }
        return book.isDoubted || now >= since + .milliseconds(250)
    }

    private func needsNoCheck(_ book: Book, at now: Duration) -> Bool {
        guard case .idle(let since) = book.stage else { return false }
        return limits.check.map { now < since + $0 } ?? true
    }

    /// The pool was closed, everything has come back, and every dial has ended.
    mutating func checkRemains(
        _ counts: (idle: Int, inUse: Int, connecting: Int, waiting: Int),
        wakeTime: Duration?
    ) {
        if !isFinished { fault("it is not closed, and waits for nothing") }
        if !connections.isEmpty { fault("connections are left: \(connections.keys.sorted())") }
        if !dials.isEmpty { fault("dials are left: \(dials.keys.sorted())") }
        if !waits.isEmpty { fault("\(waiting) wait for ever") }
        if !lookedUp.isEmpty { fault("lookups are left: \(lookedUp)") }
        if !isRestClosed { fault("a closed pool waits for its channels' handlers") }
        if counts != (0, 0, 0, 0) { fault("a closed pool counts \(counts)") }
        if wakeTime != nil { fault("a closed pool wants to be woken") }
    }
}
