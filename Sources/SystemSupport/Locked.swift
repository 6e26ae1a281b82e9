// SPDX-License-Identifier: Apache-2.0

public import NIOConcurrencyHelpers

/// A state that one thread at a time reads or changes, behind a lock.
///
/// `NIOLockedValueBox` takes only what is copyable; this one takes a machine that has objects of its own and therefore
/// is neither copyable nor `Sendable`. `Synchronization.Mutex` would do, but the thread sanitizer reports races there.
///
/// Unchecked, because the compiler cannot see that `state` is reached through `withLock` alone, and under the lock.
@available(FairDial 0.1, *)
public final class Locked<State: ~Copyable>: @unchecked Sendable {
    @usableFromInline let lock = NIOLock()
    // A pointer: the lock keeps two accesses apart, so a stored property's run-time check would be paid for nothing.
    @usableFromInline let state: UnsafeMutablePointer<State>

    /// - Parameter state: the state at first.
    @inlinable
    public init(_ state: consuming sending State) {
        self.state = .allocate(capacity: 1)
        self.state.initialize(to: state)
    }

    deinit { state.deinitialize(count: 1).deallocate() }

    /// Reads or changes the state.
    ///
    /// - Parameter body: must not come back here; nothing of the state that can be shared may leave it.
    @inlinable
    @inline(__always)
    public func withLock<Result>(_ body: (inout State) -> Result) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return body(&state.pointee)
    }
}
