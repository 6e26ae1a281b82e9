// SPDX-License-Identifier: Apache-2.0

/// What happens in a pool, in the order in which it happens.
///
/// That a pool is made is told by `PoolObserver.poolBegins`.
///
/// - Source: the order is that of MongoDB's specification of connection pools ("Connection Monitoring and Pooling").
@available(FairDial 0.1, *)
@nonexhaustive
public enum PoolEvent: Hashable, Sendable {
    /// Why a wait for a connection ended without one.
    @nonexhaustive
    public enum WaitFailure: String, Hashable, Sendable {
        /// None was free, and none was made, within the wait timeout.
        case timeout
        /// The pool is closed.
        case poolClosed
        /// The pool is paused, or the connection could not be made.
        case connectionError
        /// The caller's task was cancelled.
        case cancelled
        /// As many callers wait as may.
        case queueFull
    }

    /// The pool hands out connections from now on.
    case ready
    /// Connections that were made before are not handed out any more.
    ///
    /// - Parameter interruptsUse: whether those in use are closed at once.
    case cleared(interruptsUse: Bool)
    /// The pool is closed, and every connection too that was not in use. Those in use are closed when they come back.
    case closed
    /// A connection begins to be made: its dial has an address, and its place.
    case connectionCreated(PooledConnectionID)
    /// A connection is there, with all that its initializer does.
    ///
    /// - Parameter after: how long it took since `connectionCreated`.
    case connectionReady(PooledConnectionID, after: Duration)
    /// A connection is closed, or could not be made.
    case connectionClosed(PooledConnectionID, PoolCloseReason)
    /// A caller wants a connection.
    case checkOutStarted
    /// It gets none.
    ///
    /// - Parameter after: how long it has waited.
    case checkOutFailed(WaitFailure, after: Duration)
    /// It has one.
    ///
    /// - Parameter after: how long it has waited.
    case checkedOut(PooledConnectionID, after: Duration)
    /// It has given it back. A connection that closes itself while it is in use is `connectionClosed` alone.
    ///
    /// - Parameter after: how long it had it.
    case checkedIn(PooledConnectionID, after: Duration)
    /// So many of the last four kinds were not told, since the event before this one: callers came and went faster
    /// than observers took what they were told. What happens to connections and to the pool is always told.
    case eventsDropped(Int)
}
