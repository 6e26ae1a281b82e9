// SPDX-License-Identifier: Apache-2.0

import FairDial
import Testing

@testable import FairPool

/// The server was gone, and its monitor has seen it come back.
@Suite struct `A pool that was cleared and is ready again` {
    private static func clear(_ bench: inout PoolBench) {
        bench.perform { pool, now, actions in pool.clear(interruptingUse: false, at: now, &actions) }
    }

    private static func ready(_ bench: inout PoolBench) {
        bench.perform { pool, now, actions in pool.ready(at: now, &actions) }
    }

    @Test func `gives the places of dials from before to those that are needed now`() {
        var bench = PoolBench()
        bench.checkOut()
        bench.checkOut()
        bench.asks(1)
        bench.asks(2)
        Self.clear(&bench)
        _ = bench.take()
        // A black hole: neither has ended.
        Self.ready(&bench)
        #expect(bench.take() == ["cancel 1", "cancel 2"])
        bench.checkOut()
        bench.checkOut()
        #expect(bench.take() == ["dial 3 to 0"])
        bench.asks(3)
        bench.asks(4)
        bench.connected(3)
        bench.connected(4)
        #expect(bench.take() == ["admit 3 as 3", "dial 4 to 0", "admit 4 as 4", "hand 3 to 3", "hand 4 to 4"])
    }

    @Test func `says that what it was making is stale, before it says that it is ready`() {
        var pool = PoolMachine(PoolConfiguration(), isObserved: true, random: RandomSource { 0 })
        var actions: [PoolAction] = []
        _ = pool.checkOut(at: .zero, &actions)
        pool.asks(1, at: .zero, &actions)
        pool.clear(interruptingUse: false, at: .zero, &actions)
        actions = []
        pool.ready(at: .zero, &actions)
        let events = actions.compactMap { if case .tell(let event) = $0 { event } else { nil } }
        #expect(events == [.connectionClosed(1, .stale), .ready])
    }

    @Test func `holds nothing back for what failed before`() {
        var bench = PoolBench { $0.firstBackOff = .seconds(10) }
        bench.checkOut()
        bench.asks(1)
        bench.failed(1)
        Self.clear(&bench)
        Self.ready(&bench)
        _ = bench.take()
        bench.checkOut()
        #expect(bench.take() == ["dial 2 to 0"])
        bench.failed(2)
        bench.advance(to: .milliseconds(9_999))
        bench.checkOut()
        #expect(bench.take() == ["fail 2: allAttemptsFailed"])
        // One failure in a row, not two.
        bench.advance(to: .seconds(10))
        #expect(bench.take() == ["dial 3 to 0"])
    }

    @Test func `blames nothing for a dial from before that fails while it is paused`() {
        var bench = PoolBench { $0.firstBackOff = .seconds(10) }
        bench.checkOut()
        bench.asks(1)
        Self.clear(&bench)
        bench.failed(1)
        #expect(bench.pool.targets[0].failures == 0)
        #expect(bench.pool.targets[0].backOffEnds == nil)
        #expect(bench.pool.counts == (0, 0, 0, 0))
    }

    @Test func `closes what took longer to make than it may live, where no caller waits for it`() {
        var bench = PoolBench { $0.lifetimeLimit = .seconds(1) }
        let waiter = bench.checkOut()
        bench.asks(1)
        bench.perform { pool, now, actions in pool.leave(waiter, at: now, &actions) }
        bench.advance(to: .seconds(2))
        bench.perform { pool, now, actions in pool.advance(to: now, &actions) }
        bench.connected(1)
        #expect(bench.take() == ["dial 1 to 0", "admit 1 as 1", "close 1"])
        #expect(bench.pool.counts == (0, 0, 0, 0))
    }
}

@Suite struct `A pool's close` {
    @Test func `ends with its limit also where nothing but handlers is left to wait for`() {
        var bench = PoolBench()
        bench.fill(1)
        bench.perform { pool, now, actions in pool.close(within: .seconds(5), at: now, &actions) }
        #expect(bench.take() == ["close 1", "finish"])
        bench.advance(to: .milliseconds(4_999))
        #expect(bench.take() == [])
        bench.advance(to: .seconds(5))
        #expect(bench.take() == ["close the rest"])
        #expect(bench.pool.wakeTime == nil)
    }

    @Test func `may be shortened by a second call when nothing but handlers is left`() {
        var bench = PoolBench()
        bench.fill(1)
        bench.perform { pool, now, actions in pool.close(within: .seconds(5), at: now, &actions) }
        bench.perform { pool, now, actions in pool.close(within: .seconds(1), at: now, &actions) }
        bench.perform { pool, now, actions in pool.close(within: .seconds(7), at: now, &actions) }
        _ = bench.take()
        bench.advance(to: .seconds(1))
        #expect(bench.take() == ["close the rest"])
    }

    @Test func `and a clear that interrupts use close by force what is used, and nothing else`() {
        var bench = PoolBench()
        bench.fill(2)
        bench.checkOut()
        _ = bench.take()
        bench.perform { pool, now, actions in pool.clear(interruptingUse: true, at: now, &actions) }
        #expect(bench.take() == ["close 1", "close 2 by force"])
    }
}
