// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FairPool

/// What a firewall leaves of a pool whose flows it has dropped: connections that look alive and never answer.
@Suite struct `Idle connections that are dead without a word` {
    private static func bench(_ maximum: Int = 100) -> PoolBench {
        var bench = PoolBench {
            $0.maximumSize = maximum
            $0.checkAfter = .seconds(30)
            $0.checkTimeout = .seconds(1)
            $0.waitTimeout = .seconds(2)
        }
        bench.fill(20)
        bench.advance(to: .seconds(30))
        return bench
    }

    @Test func `cost their caller a quarter of a second and a dial, and no error`() {
        var bench = Self.bench()
        bench.checkOut()
        #expect(bench.take() == ["check 20"])
        bench.advance(to: .milliseconds(30_249))
        #expect(bench.take() == [])
        bench.advance(to: .milliseconds(30_250))
        #expect(bench.take() == ["dial 21 to 0"])
        bench.asks(21)
        bench.connected(21)
        #expect(bench.take() == ["admit 21 as 21", "hand 21 to 21"])
    }

    @Test func `are known for it afterwards: the next caller's dial begins beside its check, until one answers`() {
        var bench = Self.bench()
        bench.checkOut()
        bench.advance(to: .milliseconds(30_250))
        bench.asks(21)
        bench.connected(21)
        bench.advance(to: .seconds(31))
        #expect(bench.take().last == "close 20 by force")
        bench.checkOut()
        #expect(bench.take() == ["check 19", "dial 22 to 0"])
        bench.perform { pool, now, actions in pool.checked(19, lives: true, at: now, &actions) }
        #expect(bench.take() == ["hand 19 to 22"])
        bench.checkOut()
        #expect(bench.take() == ["check 18"])
        #expect(bench.pool.checking == 1)
    }

    @Test func `make room for a dial where there are as many as may be, after one check`() {
        var bench = Self.bench(20)
        bench.checkOut()
        bench.advance(to: .milliseconds(30_999))
        #expect(bench.take() == ["check 20"])
        bench.advance(to: .seconds(31))
        #expect(bench.take() == ["close 20 by force", "check 19", "dial 21 to 0"])
        bench.asks(21)
        bench.connected(21)
        #expect(bench.take() == ["admit 21 as 21", "hand 21 to 21"])
    }

    @Test func `are forgotten with a clear`() {
        var bench = Self.bench()
        bench.checkOut()
        bench.advance(to: .seconds(31))
        bench.perform { pool, now, actions in pool.clear(interruptingUse: false, at: now, &actions) }
        #expect(bench.pool.targets[0].hasSilentConnections == false)
        #expect(bench.pool.checking == 0)
        #expect(bench.pool.doubtfulChecks == 0)
    }
}
