// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialTestKit
import IPAddresses

@testable import FairPool

/// A pool's machine, the time, and what it has wanted done, in words.
struct PoolBench {
    private(set) var pool: PoolMachine
    private(set) var now: Duration = .zero
    /// What it has wanted since `take` was called last.
    private var wanted: [String] = []

    init(
        targets: Int = 1,
        following: Set<Int> = [],
        isReady: Bool = true,
        _ change: (inout PoolConfiguration) -> Void = { _ in }
    ) {
        var configuration = PoolConfiguration()
        change(&configuration)
        // No randomness: back-offs and lifetimes are as long as they get.
        pool = PoolMachine(
            configuration,
            targets: targets,
            following: following,
            isReady: isReady,
            random: RandomSource { 0 }
        )
        perform { pool, now, actions in pool.start(at: now, &actions) }
    }

    mutating func perform(_ body: (inout PoolMachine, Duration, inout [PoolAction]) -> Void) {
        var actions: [PoolAction] = []
        body(&pool, now, &actions)
        wanted += actions.map { "\($0)" }
    }

    /// What the machine has wanted since the last time.
    mutating func take() -> [String] {
        defer { wanted = [] }
        return wanted
    }

    @discardableResult
    mutating func checkOut() -> PoolWaiterID {
        var waiter: PoolWaiterID = 0
        perform { pool, now, actions in waiter = pool.checkOut(at: now, &actions) }
        return waiter
    }

    mutating func checkIn(_ id: PooledConnectionID, isBroken: Bool = false) {
        perform { pool, now, actions in pool.checkIn(id, isBroken: isBroken, hasClosed: isBroken, at: now, &actions) }
    }

    mutating func asks(_ dial: PoolDialID) {
        perform { pool, now, actions in pool.asks(dial, at: now, &actions) }
    }

    mutating func connected(
        _ dial: PoolDialID,
        to endpoint: Endpoint? = nil,
        service: UInt64? = nil,
        after attempts: [AttemptReport] = []
    ) {
        perform { pool, now, actions in
            pool.connected(dial, to: endpoint, service: service, after: attempts, at: now, &actions)
        }
    }

    mutating func failed(
        _ dial: PoolDialID,
        _ code: DialError.Code = .allAttemptsFailed,
        attempts: [AttemptReport] = []
    ) {
        let error = DialError(code, "no", target: "db.test:1", report: DialReport(attempts: attempts))
        perform { pool, now, actions in pool.failed(dial, error, at: now, &actions) }
    }

    mutating func lookedUp(_ answer: PoolAnswer?) {
        perform { pool, now, actions in pool.lookedUp(0, answer, at: now, &actions) }
    }

    mutating func advance(to time: Duration) {
        while let wake = pool.wakeTime, wake <= time {
            now = max(now, wake)
            perform { pool, now, actions in pool.advance(to: now, &actions) }
        }
        now = time
    }

    /// Has so many connections made and idle, one dial after the other.
    mutating func fill(_ count: Int) {
        for number in 0..<count { _ = (number, checkOut()) }
        var dial: PoolDialID = 1
        for _ in 0..<count {
            asks(dial)
            connected(dial)
            dial += 1
        }
        for id in 0..<count { checkIn(PooledConnectionID(id + 1)) }
        _ = take()
    }
}
