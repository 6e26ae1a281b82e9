// SPDX-License-Identifier: Apache-2.0

import Dispatch
import HeapModule
import NIOCore

/// An event loop on a run's time line, which may be blocked for a while.
final class SimulatedLoop: EventLoop, @unchecked Sendable {
    private final class Timer: Comparable {
        let due: UInt64
        let number: UInt64
        var task: (() -> Void)?

        init(due: UInt64, number: UInt64) {
            self.due = due
            self.number = number
        }

        static func < (left: Timer, right: Timer) -> Bool { (left.due, left.number) < (right.due, right.number) }
        static func == (left: Timer, right: Timer) -> Bool { left === right }
    }

    private let clock: SimulatedClock
    private let hasSpun: () -> Void
    private var tasks: [() -> Void] = []
    private var timers = Heap<Timer>()
    private var timerCount: UInt64 = 0
    private var nextTurn: UInt64?
    private(set) var inEventLoop = false

    /// How many turns the loop has had.
    private(set) var turnCount: UInt64 = 0

    /// Until when the loop is blocked.
    private(set) var blockedUntil: UInt64 = 0

    /// How many timers are set, and have neither gone off nor been cancelled.
    private(set) var liveTimerCount = 0

    /// - Parameter hasSpun: is told when the loop's tasks bring new ones without end, and no time passes.
    init(on clock: SimulatedClock, hasSpun: @escaping () -> Void) {
        self.clock = clock
        self.hasSpun = hasSpun
    }

    var now: NIODeadline { .uptimeNanoseconds(clock.now) }

    /// Other code keeps the loop busy for a while.
    func block(for nanoseconds: UInt64) {
        blockedUntil = max(blockedUntil, clock.now + nanoseconds)
    }

    func execute(_ task: @escaping @Sendable () -> Void) {
        tasks.append(task)
        turn(at: clock.now)
    }

    func scheduleTask<T>(deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
        let promise = makePromise(of: T.self)
        timerCount += 1
        let timer = Timer(due: deadline.uptimeNanoseconds, number: timerCount)
        liveTimerCount += 1
        timer.task = {
            let isolated = promise.assumeIsolatedUnsafeUnchecked()
            do { isolated.succeed(try task()) } catch { promise.fail(error) }
        }
        timers.insert(timer)
        turn(at: timer.due)
        let cancelled = UnsafeTransfer(timer)
        return Scheduled(promise: promise) {
            guard cancelled.value.task != nil else { return }
            cancelled.value.task = nil
            self.liveTimerCount -= 1
        }
    }

    func scheduleTask<T>(in delay: TimeAmount, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
        scheduleTask(deadline: now + delay, task)
    }

    func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
        callback(nil)
    }

    /// Sees to it that the loop has a turn then, or as soon as it is free again.
    private func turn(at time: UInt64) {
        guard !inEventLoop else { return }
        let time = max(time, clock.now, blockedUntil)
        if let nextTurn, nextTurn <= time { return }
        nextTurn = time
        clock.at(time) {
            guard self.nextTurn == time else { return }
            self.nextTurn = nil
            if self.clock.now < self.blockedUntil { self.turn(at: self.blockedUntil) } else { self.run() }
        }
    }

    private func run() {
        inEventLoop = true
        turnCount += 1
        var rounds = 0
        while true {
            rounds += 1
            if rounds > 10_000 {
                hasSpun()
                break
            }
            if let timer = timers.min, timer.due <= clock.now || timer.task == nil {
                timers.removeMin()
                guard let task = timer.task else { continue }
                timer.task = nil
                liveTimerCount -= 1
                task()
                continue
            }
            guard !tasks.isEmpty else { break }
            let batch = tasks
            tasks = []
            for task in batch { task() }
        }
        inEventLoop = false
        if let timer = timers.min { turn(at: timer.due) }
    }
}

/// Carries a value of the run's one thread into a closure that must be `Sendable`.
private struct UnsafeTransfer<Value>: @unchecked Sendable {
    let value: Value

    init(_ value: Value) {
        self.value = value
    }
}
