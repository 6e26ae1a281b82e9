// SPDX-License-Identifier: Apache-2.0

import SystemSupport

/// Calls back at a time that may change: one thread, alive only while there is a time to wait for.
@available(FairDial 0.1, *)
final class Alarm: Sendable {
    private struct State {
        var wakes: ContinuousClock.Instant?
        var hasThread = false
    }

    private let monitor = Monitor(State())
    private let start: ResolverThreads.Starter

    /// - Parameter start: how to start the thread.
    init(start: @escaping ResolverThreads.Starter) {
        self.start = start
    }

    /// Sets the alarm, or takes it back with `nil`.
    ///
    /// - Parameter ring: called on the alarm's thread; the same in every call.
    func set(_ wakes: ContinuousClock.Instant?, ring: @escaping @Sendable () -> Void) {
        let needsThread = monitor.withState { state, signal in
            guard state.wakes != wakes else { return false }
            state.wakes = wakes
            if state.hasThread { signal() }
            defer { if wakes != nil { state.hasThread = true } }
            return wakes != nil && !state.hasThread
        }
        guard needsThread else { return }
        let smallStack = 64 * 1024
        if start(smallStack, { self.wait(ring) }) != nil {
            // Without a thread to wait there is no second call; the first one goes on. The next lookup tries again.
            monitor.withState { state, _ in
                state.hasThread = false
                state.wakes = nil
            }
        }
    }

    private func wait(_ ring: @Sendable () -> Void) {
        while true {
            let awaited = monitor.withState { state, _ -> ContinuousClock.Instant? in
                if state.wakes == nil { state.hasThread = false }
                return state.wakes
            }
            guard let awaited else { return }
            let pause = max(.zero, awaited - .now)
            let isTime = monitor.wait(atMost: pause) { state, isOver -> Monitor<State>.Look<Bool> in
                // Another time was set, earlier perhaps: it has to be waited for anew.
                guard state.wakes == awaited else { return .done(false) }
                if awaited <= .now {
                    state.wakes = nil
                    return .done(true)
                }
                return isOver ? .done(false) : .notYet
            }
            if isTime { ring() }
        }
    }
}
