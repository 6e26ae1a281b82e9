// SPDX-License-Identifier: Apache-2.0

import FairDial
import NIOCore
import SystemSupport

/// Callers wait, and leave.
@available(FairDial 0.1, *)
extension ConnectionPool {
    func wait(_ tell: @escaping @Sendable (PoolState.Answer) -> Void) -> PoolWaiterID {
        var waiter: PoolWaiterID = 0
        guard process.isCurrent else {
            tell(.failure(PoolError(.forked, "the pool belongs to the process that this one was forked from")))
            return waiter
        }
        let since = NIODeadline.now()
        update { state, now, actions in
            waiter = state.machine.checkOut(at: now, &actions)
            state.waiters[waiter] = (since, tell)
        }
        return waiter
    }

    /// A caller waits no longer; one that has its answer by now is told nothing.
    func leave(_ waiter: PoolWaiterID) {
        let left = state.withMachine { $0.waiters.removeValue(forKey: waiter) }
        guard let left else { return }
        update { $0.machine.leave(waiter, at: $1, &$2) }
        let waited = Duration.nanoseconds((NIODeadline.now() - left.since).nanoseconds)
        left.tell(.failure(PoolError(.cancelled, "cancelled while it waited for a connection", waited: waited)))
    }

    /// A wait that a cancellation ends too.
    func wait(until cancellation: DialCancellation, _ tell: @escaping @Sendable (PoolState.Answer) -> Void) {
        guard process.isCurrent else {
            _ = wait(tell)
            return
        }
        let registration = CancellableWait()
        let waiter = wait { answer in
            cancellation.remove(registration)
            tell(answer)
        }
        cancellation.add(registration) { self.leave(waiter) }
        // Its answer may have come before there was anything to remove.
        if !isWaiting(waiter) { cancellation.remove(registration) }
    }

    private func isWaiting(_ waiter: PoolWaiterID) -> Bool {
        process.isCurrent && state.withMachine { $0.waiters[waiter] != nil }
    }
}
