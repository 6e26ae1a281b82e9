// SPDX-License-Identifier: Apache-2.0

/// What happens in a pool, in the order in which it happens.
///
/// - Source: the order is that of MongoDB's specification of connection pools ("Connection Monitoring and Pooling").
@available(FairDial 0.1, *)
package enum PoolEvent: Hashable, Sendable {
    /// Why a wait for a connection ended without one.
    package enum WaitFailure: String, Hashable, Sendable {
        case timeout
        case poolClosed
        case connectionError
        case cancelled
        case queueFull
    }

    /// The pool hands out connections from now on.
    case ready
    /// Connections that were made before are not handed out any more.
    ///
    /// - Parameter interruptsUse: whether those in use are closed at once.
    case cleared(interruptsUse: Bool)
    /// The pool is closed, and every connection too that was not in use.
    case closed
    /// A connection begins to be made: its dial has an address, and its place.
    case connectionCreated(PooledConnectionID)
    /// A connection is there, with all that its initializer does.
    case connectionReady(PooledConnectionID, after: Duration)
    /// A connection is closed, or could not be made.
    case connectionClosed(PooledConnectionID, PoolCloseReason)
    /// A caller wants a connection.
    case checkOutStarted
    /// It gets none.
    case checkOutFailed(WaitFailure, after: Duration)
    /// It has one.
    case checkedOut(PooledConnectionID, after: Duration)
    /// It has given it back.
    case checkedIn(PooledConnectionID)
}
