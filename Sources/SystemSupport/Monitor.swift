// SPDX-License-Identifier: Apache-2.0

import IPAddresses

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A state behind a mutex, with a condition that threads can wait on for a bounded time.
///
/// `NIOLockedValueBox` has no condition, and NIO's own condition lock waits on the wall clock, which can jump.
@available(FairDial 0.1, *)
package final class Monitor<State>: @unchecked Sendable {
    /// What a waiting thread found.
    package enum Look<Result> {
        case done(Result)
        case notYet
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    /// Touched under `mutex` alone.
    private var state: State

    package init(_ state: State) {
        self.state = state
        mutex.initialize(to: pthread_mutex_t())
        condition.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        #if !canImport(Darwin)
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        #endif
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deinitialize(count: 1).deallocate()
        mutex.deinitialize(count: 1).deallocate()
    }

    /// Reads or changes the state; `signal` wakes one thread that waits.
    package func withState<Result>(_ body: (inout State, _ signal: () -> Void) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&state) { pthread_cond_signal(condition) }
    }

    /// Looks at the state, and again after each signal, until the look is done.
    ///
    /// - Parameters:
    ///   - limit: after this long, the last look is told that the time is over; it must be done then. `nil` for no
    ///     limit.
    ///   - look: called under the lock, with whether the time is over.
    package func wait<Result>(
        atMost limit: Duration?,
        _ look: (inout State, _ isOver: Bool) -> Look<Result>
    ) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        let end = limit.map { Self.now + $0.bounded }
        while true {
            let isOver = end.map { Self.now >= $0 } ?? false
            if case .done(let result) = look(&state, isOver) { return result }
            guard let end else {
                pthread_cond_wait(condition, mutex)
                continue
            }
            var until = Self.timespec(end)
            #if canImport(Darwin)
                // Darwin's condition takes a span, not an instant of the monotonic clock.
                var span = Self.timespec(max(.zero, end - Self.now))
                pthread_cond_timedwait_relative_np(condition, mutex, &span)
                _ = until
            #else
                pthread_cond_timedwait(condition, mutex, &until)
            #endif
        }
    }

    private static var now: Duration {
        var time = Self.timespec(.zero)
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    private static func timespec(_ duration: Duration) -> timespec {
        let (seconds, attoseconds) = duration.components
        #if canImport(Darwin)
            return Darwin.timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        #elseif canImport(Musl)
            return Musl.timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        #else
            return Glibc.timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        #endif
    }
}
