// SPDX-License-Identifier: Apache-2.0

import FairPool

/// The rules that hold whatever happens.
extension PoolWitness {
    /// Time has passed, and the pool was told: no wait is over its deadline.
    mutating func checkDeadlines(at now: Duration) {
        if let late = waits.first(where: { now >= $0.deadline }) {
            fault("waiter \(late.id) waits until \(now), and \(late.deadline) was its deadline")
        }
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
        if counts.idle != idle.count { fault("\(counts.idle) are idle, and really \(idle.sorted())") }
        // A connection that is checked counts as in use.
        let used = inUse.count + checking.count
        if counts.inUse != used { fault("\(counts.inUse) are in use, and really \(used)") }
        if counts.connecting != connectingCount {
            fault("\(counts.connecting) are being made, and really \(connectingCount)")
        }
        // For some of those that wait, a connection is being checked.
        if counts.waiting > waits.count || counts.waiting < waits.count - checking.count {
            fault("\(counts.waiting) wait, and really \(waits.count)")
        }
        // One whose connection was found dead waits again, whoever has come meanwhile.
        if counts.waiting > limits.waiting + limits.maximum { fault("\(counts.waiting) wait") }
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
        if counts.waiting > 0, counts.idle > 0 { fault("\(counts.waiting) wait, and \(counts.idle) are idle") }
        if !waits.isEmpty, wakeTime == nil { fault("\(waits.count) wait without an end") }
        // The pool has not been told yet of what is due.
        if let wakeTime, wakeTime <= now { return }
        let needed = max(counts.waiting - connectingCount, limits.minimum - connections.count)
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
        if counts != (0, 0, 0, 0) { fault("a closed pool counts \(counts)") }
        if wakeTime != nil { fault("a closed pool wants to be woken") }
    }
}
