// SPDX-License-Identifier: Apache-2.0

public import NIOCore
import NIOEmbedded

/// An event loop whose time moves when the test says so, and stands still otherwise.
///
/// A dialer whose group is `loop` runs its budgets, delays and deadlines on it; sockets and answers can be dialed for, but
/// no channel made, since NIO makes those on its own loops alone.
public final class ManualClock: Sendable {
    private let testing = NIOAsyncTestingEventLoop()

    /// At time zero.
    public init() {}

    /// The loop that runs on this clock.
    public var loop: any EventLoop { testing }

    /// How far the clock has come since its start.
    public var now: Duration {
        .nanoseconds(Int64(testing.now.uptimeNanoseconds))
    }

    /// Moves on to an instant, counted from the start. Whatever falls due on the way happens at its own time and in order;
    /// it has happened when this returns.
    public func advance(to instant: Duration) async {
        await testing.advanceTime(to: .uptimeNanoseconds(UInt64(instant / .nanoseconds(1))))
        // What the last timers set off with `execute` has its turn, too.
        await testing.run()
    }

    /// Gives what is due now its turn, without moving on.
    public func settle() async {
        await testing.run()
    }
}
