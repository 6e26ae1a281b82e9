// SPDX-License-Identifier: Apache-2.0

import FairDial
import NIOCore

/// What a pool's lock guards: the machine, and what its numbers stand for.
///
/// It does not know of what type the pool's connections are. What is generic over a caller's type is looked up at run
/// time, under the lock, each time: that was most of what taking an idle connection cost.
@available(FairDial 0.1, *)
struct PoolState: Sendable {
    /// A `PooledConnection` of the pool's.
    typealias Object = any AnyObject & Sendable
    typealias Answer = Result<Object, PoolError>

    /// A dial, from its start to its end.
    struct DialInFlight: Sendable {
        let cancellation: DialCancellation
        /// Of those that ask before it has its place. A caller's `connect` may dial more than once with what it is
        /// given: 16 of them count.
        var admissions: [@Sendable () -> Void] = []
        var connection: PooledConnectionID?
    }

    private static let admissionLimit = 16

    var machine: PoolMachine
    var connections = NumberedTable<Object>()
    var dials: [PoolDialID: DialInFlight] = [:]
    /// The lookup of each target's name that has begun last.
    var lookUps: [Int: Task<Void, Never>] = [:]
    var waiters: [PoolWaiterID: (since: NIODeadline, tell: @Sendable (Answer) -> Void)] = [:]
    /// Of the last dial, where that has failed.
    var lastError: DialError?
    var audience = PoolAudience()
    /// The timer, and when it goes off.
    var timer: (wakes: Duration, scheduled: NIOScheduledCallback, wakeUp: any AnyObject & Sendable)?
    /// Channels that have been made and have not closed, by their dials.
    var openChannels: [PoolDialID: any Channel] = [:]
    /// The latest time that the machine was told. Threads read the clock before they have the lock: the machine's time
    /// must not go back.
    private var latest = Duration.zero
    /// Whether the machine has nothing more to do.
    var mayFinish = false
    var isFinished = false
    var hasLostLoop = false
    /// Who waits for the end.
    var closers: [@Sendable () -> Void] = []

    init(machine: PoolMachine) {
        self.machine = machine
    }

    /// The machine's time, by a clock that was read a moment ago.
    mutating func time(_ now: Duration) -> Duration {
        latest = max(latest, now)
        return latest
    }

    /// A dial asks for its place.
    ///
    /// - Returns: whether it has it already, as a second one does of a `connect` that dials twice.
    mutating func asks(_ id: PoolDialID, _ admit: @escaping @Sendable () -> Void) -> Bool {
        if dials[id]?.connection != nil { return true }
        guard let dial = dials[id], dial.admissions.count < Self.admissionLimit else { return false }
        dials[id]?.admissions.append(admit)
        return false
    }

    mutating func takeIdle(at now: Duration) -> Object? {
        guard let id = machine.takeIdle(at: time(now)) else { return nil }
        return connections[id]
    }

    mutating func putBack(_ id: PooledConnectionID, at now: Duration) -> Bool {
        machine.putBack(id, at: time(now))
    }
}
