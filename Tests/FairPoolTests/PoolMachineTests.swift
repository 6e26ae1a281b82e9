// SPDX-License-Identifier: Apache-2.0

import FairDial
import Testing

@testable import FairPool

@Suite struct `A pool's connections` {
    @Test func `are made when somebody needs one, used again, and the last one used goes first`() {
        var bench = PoolBench()
        #expect(bench.take() == [])
        bench.checkOut()
        #expect(bench.take() == ["dial 1 to 0"])
        bench.asks(1)
        #expect(bench.take() == ["admit 1 as 1"])
        bench.connected(1)
        #expect(bench.take() == ["hand 1 to 1"])
        bench.checkOut()
        #expect(bench.take() == ["dial 2 to 0"])
        bench.asks(2)
        bench.connected(2)
        #expect(bench.take() == ["admit 2 as 2", "hand 2 to 2"])
        bench.checkIn(2)
        bench.checkIn(1)
        bench.checkOut()
        #expect(bench.take() == ["hand 1 to 3"])
    }

    @Test func `go to whoever waits longest, whichever comes first: one that is returned, or a new one`() {
        var bench = PoolBench { $0.maximumSize = 2 }
        bench.fill(1)
        for _ in 0..<3 { bench.checkOut() }
        #expect(bench.take() == ["hand 1 to 2", "dial 2 to 0"])
        bench.asks(2)
        bench.checkIn(1)
        #expect(bench.take() == ["admit 2 as 2", "hand 1 to 3"])
        bench.connected(2)
        #expect(bench.take() == ["hand 2 to 4"])
    }

    @Test func `are never more than the pool's size, nor more at a time than the connecting limit`() {
        var bench = PoolBench {
            $0.maximumSize = 3
            $0.connectingLimit = 2
        }
        for _ in 0..<10 { bench.checkOut() }
        #expect(bench.take() == ["dial 1 to 0"])
        bench.asks(1)
        #expect(bench.take() == ["admit 1 as 1", "dial 2 to 0"])
        bench.asks(2)
        #expect(bench.take() == ["admit 2 as 2", "dial 3 to 0"])
        bench.asks(3)
        #expect(bench.take() == [])
        bench.connected(1)
        #expect(bench.take() == ["hand 1 to 1", "admit 3 as 3"])
        bench.connected(2)
        bench.connected(3)
        #expect(bench.take() == ["hand 2 to 2", "hand 3 to 3"])
        #expect(bench.pool.counts == (0, 3, 0, 7))
    }

    @Test func `that hang in their lookup hold no place: there is one such dial, whoever waits`() {
        var bench = PoolBench { $0.maximumSize = 2 }
        bench.fill(1)
        for _ in 0..<20 { bench.checkOut() }
        #expect(bench.take() == ["hand 1 to 2", "dial 2 to 0"])
        #expect(bench.pool.counts == (0, 1, 0, 19))
        for _ in 0..<19 { bench.checkIn(1) }
        #expect(bench.take().last == "hand 1 to 21")
        // Nobody needs it when it asks at last.
        bench.asks(2)
        #expect(bench.take() == ["cancel 2"])
    }

    @Test func `to a good target are made while another one's name hangs`() {
        var bench = PoolBench(targets: 2)
        for _ in 0..<5 { bench.checkOut() }
        #expect(bench.take() == ["dial 1 to 0", "dial 2 to 1"])
        bench.advance(to: .milliseconds(10))
        bench.asks(2)
        // The other target's dial began at the same time, and has as few connections: it need not be waited for.
        #expect(bench.take() == ["admit 2 as 1", "dial 3 to 1"])
        bench.asks(3)
        // Now it would be its turn, for twice as long as the good name took, less an eighth for one more dial.
        bench.advance(to: .microseconds(17_499))
        #expect(bench.take() == [])
        bench.advance(to: .microseconds(17_500))
        #expect(bench.take() == ["admit 3 as 2", "dial 4 to 1"])
        bench.connected(2)
        bench.asks(4)
        #expect(bench.take() == ["hand 1 to 1", "admit 4 as 3", "dial 5 to 1"])
    }

    @Test func `of a numeric target do not wait for a name at all`() {
        var bench = PoolBench(targets: 2)
        for _ in 0..<5 { bench.checkOut() }
        bench.asks(2)
        bench.asks(3)
        #expect(bench.take().filter { $0.hasPrefix("admit") } == ["admit 2 as 1", "admit 3 as 2"])
    }

    @Test func `are spread for 50 ms at most, however long lookups take`() {
        var bench = PoolBench(targets: 2)
        for _ in 0..<5 { bench.checkOut() }
        bench.advance(to: .milliseconds(40))
        bench.asks(2)
        bench.asks(3)
        bench.advance(to: .microseconds(49_999))
        #expect(bench.take().filter { $0.hasPrefix("admit") } == ["admit 2 as 1"])
        bench.advance(to: .milliseconds(50))
        #expect(bench.take().filter { $0.hasPrefix("admit") } == ["admit 3 as 2"])
    }

    @Test func `are spread over targets, the one with the fewest first`() {
        var bench = PoolBench(targets: 2) { $0.connectingLimit = 10 }
        for _ in 0..<4 { bench.checkOut() }
        bench.advance(to: .milliseconds(10))
        bench.asks(1)
        bench.asks(3)
        bench.asks(2)
        bench.asks(4)
        let admitted = bench.take().filter { $0.hasPrefix("admit") }
        #expect(admitted == ["admit 1 as 1", "admit 2 as 2", "admit 3 as 3", "admit 4 as 4"])
        #expect(bench.pool.targets.map(\.connections) == [2, 2])
    }

    @Test func `are filled up to the least size, also when nobody waits`() {
        var bench = PoolBench {
            $0.minimumSize = 2
            $0.connectingLimit = 1
        }
        #expect(bench.take() == ["dial 1 to 0"])
        bench.asks(1)
        bench.asks(2)
        bench.connected(1)
        bench.connected(2)
        #expect(bench.take() == ["admit 1 as 1", "dial 2 to 0", "admit 2 as 2"])
        #expect(bench.pool.counts == (2, 0, 0, 0))
        bench.perform { pool, now, actions in pool.closedItself(1, at: now, &actions) }
        #expect(bench.take() == ["close 1"])
        bench.advance(to: .milliseconds(100))
        #expect(bench.take() == ["dial 3 to 0"])
    }

    @Test func `that are broken, or old, or idle for long, are not handed out again`() {
        var bench = PoolBench {
            $0.idleLimit = .seconds(10)
            $0.lifetimeLimit = .seconds(100)
        }
        bench.fill(2)
        bench.checkOut()
        bench.checkIn(2, isBroken: true)
        #expect(bench.take() == ["hand 2 to 3", "close 2"])
        bench.advance(to: .seconds(9))
        bench.checkOut()
        #expect(bench.take() == ["hand 1 to 4"])
        bench.checkIn(1)
        bench.advance(to: .seconds(18))
        #expect(bench.take() == [])
        bench.advance(to: .seconds(19))
        #expect(bench.take() == ["close 1"])
        bench.checkOut()
        bench.asks(3)
        bench.connected(3)
        _ = bench.take()
        bench.advance(to: .seconds(200))
        bench.checkIn(3)
        #expect(bench.take() == ["close 3"])
        bench.checkIn(3)
        #expect(bench.take() == [])
    }

    @Test func `that were idle for some time are checked, and a dead one costs its caller no turn`() {
        var bench = PoolBench { $0.checkAfter = .seconds(1) }
        bench.fill(2)
        bench.advance(to: .seconds(1))
        bench.checkOut()
        bench.checkOut()
        bench.checkOut()
        #expect(bench.take() == ["check 2", "check 1", "dial 3 to 0"])
        bench.perform { pool, now, actions in pool.checked(2, lives: false, at: now, &actions) }
        bench.perform { pool, now, actions in pool.checked(1, lives: true, at: now, &actions) }
        // Whoever waits longest has it, whosever turn the check was.
        #expect(bench.take() == ["close 2", "hand 1 to 3"])
        bench.checkIn(1)
        #expect(bench.take() == ["hand 1 to 4"])
    }

    @Test func `that are checked hold nobody up: one that comes back is handed out, and a check has an end`() {
        var bench = PoolBench {
            $0.checkAfter = .seconds(1)
            $0.checkTimeout = .milliseconds(300)
            $0.maximumSize = 2
        }
        bench.fill(2)
        bench.checkOut()
        bench.advance(to: .seconds(1))
        bench.checkOut()
        #expect(bench.take() == ["hand 2 to 3", "check 1"])
        // Nobody uses what is checked.
        #expect(bench.pool.counts == (1, 1, 0, 1))
        bench.checkIn(2)
        #expect(bench.take() == ["hand 2 to 4"])
        bench.checkOut()
        bench.advance(to: .milliseconds(1_299))
        #expect(bench.take() == [])
        bench.advance(to: .milliseconds(1_300))
        #expect(bench.take() == ["close 1 by force", "dial 3 to 0"])
        bench.asks(3)
        bench.connected(3)
        #expect(bench.take() == ["admit 3 as 3", "hand 3 to 5"])
    }

    @Test func `are made to another target where one says nothing`() {
        var bench = PoolBench(targets: 2)
        bench.checkOut()
        bench.asks(1)
        bench.asks(2)
        #expect(bench.take() == ["dial 1 to 0", "dial 2 to 1", "admit 1 as 1", "cancel 2"])
        bench.advance(to: .milliseconds(249))
        #expect(bench.take() == [])
        bench.advance(to: .milliseconds(250))
        #expect(bench.take() == ["dial 3 to 0", "dial 4 to 1"])
        bench.asks(3)
        bench.asks(4)
        bench.connected(4)
        #expect(bench.take().filter { !$0.hasPrefix("cancel") } == ["admit 4 as 2", "hand 2 to 1"])
    }

    @Test func `to a target that says nothing are one at a time, while another one is there`() {
        var bench = PoolBench(targets: 2)
        for _ in 0..<4 { bench.checkOut() }
        bench.asks(1)
        bench.asks(2)
        bench.asks(3)
        bench.asks(4)
        #expect(bench.take().filter { $0.hasPrefix("admit") } == ["admit 1 as 1", "admit 2 as 2"])
        bench.connected(2)
        // Both have one, and of the first nobody knows whether it ever comes.
        #expect(bench.take().filter { $0.hasPrefix("admit") } == ["admit 4 as 3"])
    }

    @Test func `that is idle is found behind one that has closed`() {
        var bench = PoolBench()
        bench.fill(2)
        bench.perform { pool, now, actions in pool.closedItself(2, at: now, &actions) }
        var taken: PooledConnectionID?
        bench.perform { pool, now, _ in taken = pool.takeIdle(at: now) }
        #expect(taken == 1)
    }

    @Test func `that nobody used says nothing of its server`() {
        var bench = PoolBench { $0.firstBackOff = .seconds(1) }
        bench.checkOut()
        bench.asks(1)
        bench.failed(1)
        bench.advance(to: .seconds(1))
        bench.checkOut()
        bench.asks(2)
        bench.connected(2)
        bench.perform { pool, now, actions in pool.checkIn(2, isBroken: false, wasUsed: false, at: now, &actions) }
        #expect(bench.pool.targets[0].failures == 1)
        bench.checkOut()
        bench.checkIn(2)
        #expect(bench.pool.targets[0].failures == 0)
    }

    @Test func `that closed before they were there are handed to nobody`() {
        var bench = PoolBench()
        bench.checkOut()
        bench.asks(1)
        bench.perform { pool, now, actions in pool.connected(1, hasClosed: true, at: now, &actions) }
        #expect(bench.take() == ["dial 1 to 0", "admit 1 as 1", "close 1"])
        #expect(bench.pool.counts == (0, 0, 0, 1))
    }
}

@Suite struct `A dial that waits for a place` {
    private static func bench() -> PoolBench {
        var bench = PoolBench { $0.connectingLimit = 1 }
        bench.checkOut()
        bench.checkOut()
        bench.asks(1)
        bench.asks(2)
        _ = bench.take()
        return bench
    }

    @Test(arguments: [DialError.Code.queueTimeout, .deadlineExceeded])
    func `for as long as it may is no fault of its target's, and the next one begins later`(_ code: DialError.Code) {
        var bench = Self.bench()
        bench.failed(2, code)
        #expect(bench.take() == [])
        #expect(bench.pool.targets[0].failures == 0)
        bench.advance(to: .milliseconds(99))
        #expect(bench.take() == [])
        bench.advance(to: .milliseconds(100))
        #expect(bench.take() == ["dial 3 to 0"])
    }

    @Test func `and was admitted too late is no fault of its target's either`() {
        var bench = Self.bench()
        bench.failed(1, .queueTimeout)
        #expect(bench.take() == ["admit 2 as 2"])
        #expect(bench.pool.targets[0].failures == 0)
    }
}

@Suite struct `A wait for a connection` {
    @Test func `has a timeout of its own, whatever the dials do, and leaves the dial for the next one`() {
        var bench = PoolBench { $0.waitTimeout = .milliseconds(500) }
        bench.checkOut()
        bench.asks(1)
        bench.advance(to: .milliseconds(499))
        #expect(bench.take() == ["dial 1 to 0", "admit 1 as 1"])
        bench.advance(to: .milliseconds(500))
        #expect(bench.take() == ["fail 1: timeout"])
        bench.checkOut()
        bench.connected(1)
        #expect(bench.take() == ["hand 1 to 2"])
    }

    @Test func `that ends leaves nothing, and ten thousand at once cost no more than themselves`() {
        var bench = PoolBench { $0.maximumSize = 1 }
        bench.fill(1)
        bench.checkOut()
        let waiters = (0..<10_000).map { _ in bench.checkOut() }
        for waiter in waiters.reversed() {
            bench.perform { pool, now, actions in pool.leave(waiter, at: now, &actions) }
        }
        #expect(bench.pool.waiters.count == 0)
        bench.checkIn(1)
        #expect(bench.pool.counts == (1, 0, 0, 0))
        #expect(bench.take() == ["hand 1 to 2"])
    }

    @Test func `is refused where as many wait as may`() {
        var bench = PoolBench {
            $0.waitingLimit = 1
            $0.maximumSize = 1
        }
        bench.checkOut()
        bench.checkOut()
        #expect(bench.take() == ["dial 1 to 0", "fail 2: queueFull"])
    }

    @Test func `learns why the dial failed, one caller of one failure, and the next dial comes later and later`() {
        var bench = PoolBench()
        bench.checkOut()
        bench.checkOut()
        bench.asks(1)
        bench.failed(1)
        #expect(bench.take() == ["dial 1 to 0", "admit 1 as 1", "dial 2 to 0", "fail 1: allAttemptsFailed"])
        bench.failed(2, .nameNotFound)
        #expect(bench.take() == ["fail 2: nameNotFound"])
        // Two that failed together are one failure.
        bench.checkOut()
        bench.advance(to: .milliseconds(99))
        #expect(bench.take() == [])
        bench.advance(to: .milliseconds(100))
        #expect(bench.take() == ["dial 3 to 0"])
        bench.failed(3)
        bench.checkOut()
        bench.advance(to: .milliseconds(299))
        #expect(bench.take() == ["fail 3: allAttemptsFailed"])
        bench.advance(to: .milliseconds(300))
        #expect(bench.take() == ["dial 4 to 0"])
    }

    @Test func `goes on where another target may be dialed`() {
        var bench = PoolBench(targets: 2)
        bench.checkOut()
        bench.asks(1)
        bench.failed(1)
        #expect(bench.take() == ["dial 1 to 0", "dial 2 to 1", "admit 1 as 1"])
        bench.asks(2)
        bench.connected(2)
        #expect(bench.take() == ["admit 2 as 2", "hand 2 to 1"])
    }
}

@Suite struct `A server that accepts and closes at once` {
    @Test func `is connected to less and less often`() {
        var bench = PoolBench {
            $0.minimumSize = 5
            $0.waitTimeout = .seconds(3_600)
        }
        var dials = 0
        var dial: PoolDialID = 1
        var connection: PooledConnectionID = 1
        while bench.now < .seconds(100) {
            for action in bench.take() where action.hasPrefix("dial") {
                dials += 1
                bench.asks(dial)
                bench.connected(dial)
                let id = connection
                bench.perform { pool, now, actions in pool.closedItself(id, at: now, &actions) }
                dial += 1
                connection += 1
            }
            bench.advance(to: bench.now + .milliseconds(10))
        }
        #expect(dials < 40)
        #expect(dials > 10)
    }

    @Test func `and one that has served and fails over is dialed again at once, two at a time`() {
        var bench = PoolBench()
        bench.fill(10)
        for _ in 0..<10 { bench.checkOut() }
        for id in 1...10 { bench.checkIn(PooledConnectionID(id)) }
        _ = bench.take()
        for id in 1...10 {
            bench.perform { pool, now, actions in pool.closedItself(PooledConnectionID(id), at: now, &actions) }
        }
        _ = bench.take()
        for _ in 0..<10 { bench.checkOut() }
        #expect(bench.take() == ["dial 11 to 0"])
        bench.asks(11)
        bench.asks(12)
        bench.asks(13)
        #expect(bench.pool.counts == (0, 0, 2, 10))
    }
}

@Suite struct `A pool that is cleared or closed` {
    @Test func `hands out nothing that was made before, and makes nothing until it is ready`() {
        var bench = PoolBench()
        bench.fill(2)
        bench.checkOut()
        bench.perform { pool, now, actions in pool.clear(interruptingUse: false, at: now, &actions) }
        #expect(bench.take() == ["hand 2 to 3", "close 1"])
        bench.checkOut()
        #expect(bench.take() == ["fail 4: paused"])
        bench.perform { pool, now, actions in pool.ready(at: now, &actions) }
        bench.checkIn(2)
        bench.checkOut()
        #expect(bench.take() == ["close 2", "dial 3 to 0"])
    }

    @Test func `ends waits and dials; one that is connecting is finished, found stale, and closed`() {
        var bench = PoolBench()
        bench.checkOut()
        bench.checkOut()
        bench.asks(1)
        _ = bench.take()
        bench.perform { pool, now, actions in pool.clear(interruptingUse: false, at: now, &actions) }
        #expect(bench.take() == ["cancel 2", "fail 1: cleared", "fail 2: cleared"])
        bench.connected(1)
        #expect(bench.take() == ["close 1"])
        #expect(bench.pool.counts == (0, 0, 0, 0))
    }

    @Test func `of one service keeps the others' connections`() {
        var bench = PoolBench()
        bench.checkOut()
        bench.checkOut()
        bench.asks(1)
        bench.asks(2)
        bench.connected(1, service: 7)
        bench.connected(2, service: 8)
        bench.checkIn(1)
        bench.checkIn(2)
        _ = bench.take()
        bench.perform { pool, now, actions in pool.clear(service: 7, at: now, &actions) }
        #expect(bench.take() == ["close 1"])
        bench.checkOut()
        #expect(bench.take() == ["hand 2 to 3"])
    }

    @Test func `waits for what is in use, up to its limit`() {
        var bench = PoolBench()
        bench.fill(3)
        bench.checkOut()
        bench.checkOut()
        bench.perform { pool, now, actions in pool.close(within: .seconds(5), at: now, &actions) }
        #expect(bench.take() == ["hand 3 to 4", "hand 2 to 5", "close 1"])
        bench.checkIn(3)
        bench.checkOut()
        #expect(bench.take() == ["close 3", "fail 6: closed"])
        bench.advance(to: .seconds(5))
        #expect(bench.take() == ["close 2 by force", "close the rest", "finish"])
        bench.checkIn(2)
        #expect(bench.take() == [])
        #expect(bench.pool.wakeTime == nil)
    }

    @Test func `while it grows is closed when its last dial has ended`() {
        var bench = PoolBench()
        bench.checkOut()
        bench.checkOut()
        bench.asks(1)
        _ = bench.take()
        bench.perform { pool, now, actions in pool.close(within: nil, at: now, &actions) }
        #expect(bench.take() == ["fail 1: closed", "fail 2: closed", "cancel 1", "cancel 2"])
        bench.failed(1, .cancelled)
        #expect(bench.take() == [])
        bench.connected(2)
        #expect(bench.take() == ["finish"])
    }
}

@Suite struct `A pool's settings` {
    @Test(arguments: [Int.min, -1, 0, 1, .max], [Int.min, -1, 0, 1, .max])
    func `of any size are clamped, and a caller is served`(minimum: Int, maximum: Int) {
        var bench = PoolBench {
            ($0.minimumSize, $0.maximumSize, $0.connectingLimit) = (minimum, maximum, minimum)
            $0.waitingLimit = maximum
            $0.idleLimit = .seconds(Int64.max)
            $0.lifetimeLimit = .seconds(Int64.max)
            $0.checkAfter = .seconds(Int64.max)
            $0.firstBackOff = .seconds(Int64.max)
            $0.longestBackOff = .seconds(Int64.min)
            $0.waitTimeout = .seconds(Int64.max)
        }
        bench.checkOut()
        bench.asks(1)
        bench.connected(1)
        #expect(bench.take().contains("hand 1 to 1"))
        bench.failed(2)
        bench.advance(to: .seconds(1))
        #expect(bench.pool.counts.inUse == 1)
    }
}
