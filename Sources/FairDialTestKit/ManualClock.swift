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

    /// Returns once this many timers have been set on `loop`, counted from the start: only then does it make sense to
    /// move the clock on. A dial sets its first one when it starts.
    public func sleepers(_ count: Int = 1) async {
        await manual.timers(count)
    }

    /// Moves on to an instant, counted from the start. Whatever falls due on the way happens at its own time and in
    /// order; it has happened when this returns.
    public func advance(to instant: Duration) async {
        await backing.advanceTime(to: .uptimeNanoseconds(UInt64(instant.boundedNanoseconds)))
        // What the last timers set off with `execute` has its turn, too.
        await backing.run()
    }
}

/// NIO's testing loop, and an account of the timers that were set on it.
private final class ManualEventLoop: EventLoop {
    private struct Account: Sendable {
        var count = 0
        var waiting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    let backing = NIOAsyncTestingEventLoop()
    private let account = NIOLockedValueBox(Account())

    var inEventLoop: Bool { backing.inEventLoop }

    var now: NIODeadline { backing.now }

    func execute(_ task: @escaping @Sendable () -> Void) {
        backing.execute(task)
    }

    func scheduleTask<T>(deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
        defer { countTimer() }
        return backing.scheduleTask(deadline: deadline, task)
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
                if account.count < count { account.waiting.append((count, continuation)) }
                return account.count >= count
            }
            if isReached { continuation.resume() }
        }
    }

    private func countTimer() {
        let reached = account.withLockedValue { account in
            account.count += 1
            let count = account.count
            defer { account.waiting.removeAll { $0.count <= count } }
            return account.waiting.filter { $0.count <= count }
        }
        for waiter in reached { waiter.continuation.resume() }
    }
}
