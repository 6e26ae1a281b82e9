// SPDX-License-Identifier: Apache-2.0

/// Why a pool closed a connection.
@available(FairDial 0.1, *)
@nonexhaustive
public enum PoolCloseReason: String, Hashable, Sendable {
    /// It was idle for longer than the idle limit, or older than the lifetime limit.
    case idle
    /// The pool was cleared after it had been made.
    case stale
    /// It closed itself, was marked as broken, failed its check, or could not be made.
    case error
    /// The pool was closed.
    case poolClosed
}
