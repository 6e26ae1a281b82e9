// SPDX-License-Identifier: Apache-2.0

import SystemSupport

/// Those who observe a pool are told.
@available(FairDial 0.1, *)
extension ConnectionPool {
    /// What happens in the pool from now on; the sequence ends when the pool has closed.
    ///
    /// While somebody reads, an idle connection takes a caller the way through the pool's queue, which costs more.
    ///
    /// - Parameter limit: how many events are kept for a reader who is slow; then the oldest are dropped and counted.
    ///   Default 1,024; from 1 to 65,536 count. Of one pool 64 sequences are read at a time; a further one ends at
    ///   once, and so does one that is asked for in a child that was forked.
    public func events(limit: Int = 1_024) -> PoolEvents {
        let (events, feed) = PoolEvents.make(of: identity, limit: min(max(limit, 1), 65_536))
        // The lock may be another thread's, which a child that was forked does not have.
        guard process.isCurrent else {
            feed.end()
            return events
        }
        let id = state.withMachine { state -> UInt64? in
            guard !state.isFinished, let id = state.audience.add(feed) else { return nil }
            state.machine.isObserved = true
            return id
        }
        if let id {
            feed.whenAbandoned { [weak self] in self?.leaveAudience(id) }
        } else {
            feed.end()
        }
        return events
    }

    /// Whether anybody is told; where not, an idle connection goes the short way.
    var isObserved: Bool { state.withMachine { $0.machine.isObserved } }

    private func leaveAudience(_ id: UInt64) {
        guard process.isCurrent else { return }
        state.withMachine { state in
            state.audience.remove(id)
            state.machine.isObserved = observe != nil || !state.audience.isEmpty
        }
    }

    /// The outbox has this called for one event after the other, without a lock held.
    func tell(_ event: PoolEvent) {
        observe?(event, counts)
        for feed in state.withMachine({ $0.audience.all }) { feed.tell(event) }
    }

    /// Nothing happens any more.
    func endEvents() {
        for feed in state.withMachine({ $0.audience.removeAll() }) { feed.end() }
    }
}
