// SPDX-License-Identifier: Apache-2.0

/// The short way back.
@available(FairDial 0.1, *)
extension PoolMachine {
    /// A caller gives a connection back, and nothing follows but that it is idle: no caller waits, no observer is told,
    /// and no timer has to be set.
    ///
    /// - Returns: whether that was so; else it is for `checkIn`.
    package mutating func putBack(_ id: PooledConnectionID, at now: Duration) -> Bool {
        // The first one that is idle may be the first whose time ends.
        guard isReady, !isObserved, waiters.isEmpty, idleCount > 0 || limits.idle == nil && limits.lifetime == nil,
            let connection = connections[id], case .inUse = connection.stage, connection.hasServed,
            isCurrent(connection), !isOver(connection, at: now)
        else { return false }
        rest(id, at: now)
        return true
    }
}
