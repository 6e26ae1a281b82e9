// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import FairPool
import NIOConcurrencyHelpers

/// What one pool has added to the metrics of its name: the next reading adds the difference, so that several pools of
/// one name add up.
@available(FairDial 0.1, *)
final class PoolReading: Sendable {
    private struct Added: Sendable {
        var idle = 0
        var used = 0
        var pending = 0
        var isClosed = false
        var hasLimits = true
    }

    private let pool: ObservedPool
    private let instruments: PoolInstruments
    private let added = NIOLockedValueBox(Added())

    init(of pool: ObservedPool, into instruments: PoolInstruments) {
        self.pool = pool
        self.instruments = instruments
        addLimits(1)
    }

    deinit {
        // A pool that was dropped, and not closed.
        tell(.closed, PoolCounts())
    }

    func tell(_ event: PoolEvent, _ counts: PoolCounts) {
        switch event {
        case .connectionReady(_, let after): instruments.createTime.recordNanoseconds(after.nanoseconds)
        case .checkedOut(_, let after): instruments.waitTime.recordNanoseconds(after.nanoseconds)
        case .checkedIn(_, let after): instruments.useTime.recordNanoseconds(after.nanoseconds)
        case .checkOutFailed(.timeout, _): instruments.timeouts.increment()
        default: break
        }
        let (idle, used, pending, isOver) = added.withLockedValue { added in
            defer { (added.idle, added.used, added.pending) = (counts.idle, counts.inUse, counts.waiting) }
            if case .closed = event { added.isClosed = true }
            let isOver = added.isClosed && added.hasLimits && counts.idle + counts.inUse == 0
            if isOver { added.hasLimits = false }
            return (counts.idle - added.idle, counts.inUse - added.used, counts.waiting - added.pending, isOver)
        }
        add(idle, to: instruments.idle)
        add(used, to: instruments.used)
        add(pending, to: instruments.pending)
        if isOver { addLimits(-1) }
    }

    private func addLimits(_ sign: Int) {
        add(sign * pool.maximumSize, to: instruments.idleMaximum)
        add(sign * pool.minimumSize, to: instruments.idleMinimum)
        add(sign * pool.maximumSize, to: instruments.maximum)
    }

    private func add(_ count: Int, to meter: Meter) {
        if count > 0 { meter.increment(by: Double(count)) } else if count < 0 { meter.decrement(by: Double(-count)) }
    }
}
