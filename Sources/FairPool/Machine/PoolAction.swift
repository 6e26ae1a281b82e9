// SPDX-License-Identifier: Apache-2.0

/// What a pool's machine wants done, in order.
@available(FairDial 0.1, *)
package enum PoolAction: Sendable {
    /// Dial this target, with an admission: report `asks`, then `connected` or `failed`.
    case dial(PoolDialID, target: Int)
    /// The dial may start its attempts; it is the connection of that number now.
    case admit(PoolDialID, PooledConnectionID)
    /// No caller needs this dial any more; report how it ends all the same.
    case cancel(PoolDialID)
    /// The caller has this connection.
    case hand(PooledConnectionID, PoolWaiterID)
    /// The caller gets none.
    case fail(PoolWaiterID, PoolFailure)
    /// See whether a connection that was idle for long still lives; report `checked`.
    case check(PooledConnectionID)
    /// Close it; nothing has to be reported.
    case close(PooledConnectionID)
    /// Tell the observers.
    case tell(PoolEvent)
    /// Every connection is closed, and every dial has ended.
    case finish
}
