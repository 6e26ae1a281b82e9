// SPDX-License-Identifier: Apache-2.0

import FairPool
import NIOCore
import Synchronization

/// A wait for a connection that ends with a deadline of the caller's, which is not the pool's own. A task waits, so
/// that the timer has something to cancel: for callers to whom no idle connection could be given.
final class LentConnection: Sendable {
    private struct State: ~Copyable {
        var lease: PoolLease<MongoConnection>?
        var error: PoolError?
    }

    private let state = Mutex(State())

    /// - Throws: `PoolError`, with `cancelled` also when the time is up.
    static func wait(
        for pool: ConnectionPool<MongoConnection>,
        until deadline: NIODeadline,
        on loop: any EventLoop
    ) async throws(PoolError) -> PoolLease<MongoConnection> {
        let lent = LentConnection()
        let waiting = Task { await lent.wait(for: pool) }
        let timer = WaitTimer(at: deadline, on: loop) { _ in waiting.cancel() }
        await withTaskCancellationHandler {
            await waiting.value
        } onCancel: {
            waiting.cancel()
        }
        timer.cancel()
        if let lease = lent.state.withLock({ $0.lease.take() }) { return lease }
        throw lent.state.withLock { $0.error } ?? PoolError(.cancelled, "nobody waited")
    }

    private func wait(for pool: ConnectionPool<MongoConnection>) async {
        do throws(PoolError) {
            let lease = try await pool.checkOut()
            put(lease)
        } catch {
            state.withLock { $0.error = error }
        }
    }

    private func put(_ lease: consuming PoolLease<MongoConnection>) {
        var given: PoolLease<MongoConnection>? = lease
        state.withLock { $0.lease = given.take() }
    }
}
