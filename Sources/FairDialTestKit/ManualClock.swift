// SPDX-License-Identifier: Apache-2.0

import Dispatch
import IPAddresses
import NIOConcurrencyHelpers
public import NIOCore
import NIOEmbedded

/// An event loop whose time moves when the test says so, and stands still otherwise.
///
/// A dialer whose group is `loop` runs its timeouts, delays and deadlines on it. NIO makes channels of sockets on its
/// own loops alone: on this one, `ScriptedNetwork` makes them.
@available(FairDial 0.1, *)
public final class ManualClock: Sendable {
    private let manual = ManualEventLoop()

    /// At time zero.
    public init() {}

    /// The loop that runs on this clock.
    public var loop: any EventLoop { manual }

    /// The same time without the account of who sleeps.
    var backing: NIOAsyncTestingEventLoop { manual.backing }

    /// How far the clock has come since its start.
    public var now: Duration {
        .nanoseconds(Int64(manual.now.uptimeNanoseconds))
    }

    /// Returns once at least this many timers wait on `loop`, or have been set there since the clock was moved or this
    /// returned last: only then does it make sense to move the clock on. A dial sets its first one when it starts.
    public func sleepers(_ count: Int = 1) async {
        await manual.timers(count)
    }

    /// Moves on to an instant, counted from the start. Whatever falls due on the way happens at its own time and in
    /// order; it has happened when this returns.
    public func advance(to instant: Duration) async {
        await backing.advanceTime(to: .uptimeNanoseconds(UInt64(instant.boundedNanoseconds)))
        // What the last timers passed to `execute` runs, too.
        await backing.run()
        manual.forgetTimersSet()
    }
}

/// NIO's testing loop, and an account of the timers that wait on it.
@available(FairDial 0.1, *)
private final class ManualEventLoop: EventLoop {
    private struct Account: Sendable {
        /// Timers that have neither gone off nor been cancelled.
        var pending = 0
        /// Timers that were set since the test looked last.
        var set = 0
        var waiting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

        var most: Int { max(pending, set) }
    }

    let backing = NIOAsyncTestingEventLoop()
    private let account = NIOLockedValueBox(Account())

    var inEventLoop: Bool { backing.inEventLoop }

    var now: NIODeadline { backing.now }

    func execute(_ task: @escaping @Sendable () -> Void) {
        backing.execute(task)
    }

    func scheduleTask<T>(deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
        let scheduled = backing.scheduleTask(deadline: deadline, task)
        countTimer()
        scheduled.futureResult.whenComplete { [account] _ in account.withLockedValue { $0.pending -= 1 } }
        return scheduled
    }

    func scheduleTask<T>(in delay: TimeAmount, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
        scheduleTask(deadline: now + delay, task)
    }

    func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
        backing.shutdownGracefully(queue: queue, callback)
    }

    func timers(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isReached = account.withLockedValue { account in
                let isReached = account.most >= count
                if isReached { account.set = 0 } else { account.waiting.append((count, continuation)) }
                return isReached
            }
            if isReached { continuation.resume() }
        }
    }

    func forgetTimersSet() {
        account.withLockedValue { $0.set = 0 }
    }

    private func countTimer() {
        let reached = account.withLockedValue { account in
            account.pending += 1
            account.set += 1
            let most = account.most
            let reached = account.waiting.filter { $0.count <= most }
            account.waiting.removeAll { $0.count <= most }
            if !reached.isEmpty { account.set = 0 }
            return reached
        }
        for waiter in reached { waiter.continuation.resume() }
    }
}
