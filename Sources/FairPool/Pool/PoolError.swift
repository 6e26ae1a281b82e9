// SPDX-License-Identifier: Apache-2.0

public import FairDial

/// Why a caller got no connection.
@available(FairDial 0.1, *)
public struct PoolError: Error, Sendable, CustomStringConvertible {
    /// What a program may decide by.
    @nonexhaustive
    public enum Code: String, Hashable, Sendable {
        /// No connection was free, and none was made, within the wait timeout.
        case waitTimeout
        /// As many callers wait as may.
        case queueFull
        /// The pool was cleared and is not ready again, or began paused and was never ready.
        case paused
        /// The pool is closed.
        case closed
        /// The connection could not be made: `dialError` says why.
        case dialFailed
        /// The caller's task was cancelled, or its `DialCancellation`.
        case cancelled
        /// The process is a child of the one that made the pool: it must make one of its own.
        case forked
    }

    /// What a program may decide by.
    public let code: Code

    /// How long the caller has waited.
    public let waited: Duration

    /// The last dial that failed, while the caller waited or before; `nil` where none has.
    public let dialError: DialError?

    /// What ran out, the pool's state, and why the last dial failed.
    public let message: String

    /// One line for a person on call: the code, and the message.
    public var description: String { "\(code.rawValue): \(message)" }

    /// For tests of what a program does about it.
    public init(_ code: Code, _ message: String, waited: Duration = .zero, dialError: DialError? = nil) {
        self.code = code
        self.message = message
        self.waited = waited
        self.dialError = dialError
    }
}
