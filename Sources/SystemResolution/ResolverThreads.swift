// SPDX-License-Identifier: Apache-2.0

import CSockets
import DequeModule
import NameResolution
import SystemSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Threads that may block: as many as there is work at once, gone when there has been none for a while.
///
/// There is no bound here: the queue gives out only as many slots as there may be threads.
@available(FairDial 0.1, *)
final class ResolverThreads: Sendable {
    /// Work that may block, and returns what is quickly done about it afterwards.
    ///
    /// Before the second part the thread counts as free, so that the work which that part brings finds this very thread
    /// and needs no further one.
    typealias Job = @Sendable () -> @Sendable () -> Void

    /// Starts a thread that runs the body; returns the system's error number where there is none to be had.
    typealias Starter = @Sendable (_ stackSize: Int, _ body: @escaping @Sendable () -> Void) -> Int32?

    private struct State {
        var jobs = Deque<Job>()
        var idle = 0
        var count = 0
    }

    private let monitor = Monitor(State())
    private let idleTime: Duration
    private let stackSize: Int
    private let start: Starter

    init(idleTime: Duration, stackSize: Int, start: @escaping Starter = DetachedThread.start) {
        self.idleTime = idleTime
        self.stackSize = stackSize
        self.start = start
    }

    /// How many threads there are, idle ones included.
    var count: Int { monitor.withState { state, _ in state.count } }

    /// How many threads wait for work.
    var idleCount: Int { monitor.withState { state, _ in state.idle } }

    /// Runs a job at once: on a thread that has none, else on a new one.
    ///
    /// - Returns: the system's error number when no thread could be had, and the job will not run; else `nil`.
    func run(_ job: @escaping Job) -> Int32? {
        let isTaken = monitor.withState { state, signal in
            guard state.idle > state.jobs.count else {
                state.count += 1
                return false
            }
            state.jobs.append(job)
            signal()
            return true
        }
        if isTaken { return nil }
        let failure = start(stackSize) {
            self.work(on: job)
            while let next = self.nextJob() { self.work(on: next) }
        }
        if failure != nil { monitor.withState { state, _ in state.count -= 1 } }
        return failure
    }

    private func work(on job: Job) {
        let conclude = job()
        monitor.withState { state, _ in state.idle += 1 }
        conclude()
    }

    /// Waits for something to do; `nil` when there has been nothing for `idleTime`.
    private func nextJob() -> Job? {
        monitor.wait(atMost: idleTime) { state, isOver in
            if let job = state.jobs.popFirst() {
                state.idle -= 1
                return .done(job)
            }
            guard isOver else { return .notYet }
            state.idle -= 1
            state.count -= 1
            return .done(nil)
        }
    }
}
