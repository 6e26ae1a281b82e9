// SPDX-License-Identifier: Apache-2.0

import FairDial
import IPAddresses
import Testing

@testable import FairPool

@Suite struct `A name that a pool follows` {
    private static func endpoint(_ number: UInt8) -> Endpoint {
        Endpoint(address: .v4(IPv4Address(bits: 0xC000_0200 | UInt32(number))), port: 5_432)
    }

    private static func attempt(_ number: UInt8, _ outcome: AttemptReport.Outcome) -> AttemptReport {
        AttemptReport(destination: .internet(endpoint(number)), started: .zero, ended: .zero, outcome: outcome)
    }

    private static func words(_ numbers: UInt8...) -> String {
        " at " + numbers.map { "192.0.2.\($0):5432" }.joined(separator: " ")
    }

    /// A pool with one connection in use, to the first address, whose name has been looked up.
    private static func bench(
        _ numbers: UInt8...,
        lifetime: Duration? = .seconds(60),
        _ change: (inout PoolConfiguration) -> Void = { _ in }
    ) -> PoolBench {
        var bench = PoolBench(following: [0], change)
        bench.checkOut()
        bench.asks(1)
        bench.connected(1, to: endpoint(numbers[0]))
        bench.lookedUp(PoolAnswer(numbers.map(endpoint), lifetime: lifetime))
        #expect(bench.take() == ["dial 1 to 0", "admit 1 as 1", "look up 0", "hand 1 to 1"])
        return bench
    }

    @Test func `is looked up when its answer is over, as long as there are connections, one lookup at a time`() {
        var bench = Self.bench(1, lifetime: .seconds(10))
        bench.advance(to: .milliseconds(9_999))
        #expect(bench.take() == [])
        bench.advance(to: .seconds(100))
        #expect(bench.take() == ["look up 0"])
        bench.lookedUp(PoolAnswer([Self.endpoint(1)], lifetime: .seconds(10)))
        bench.checkIn(1, isBroken: true)
        bench.advance(to: .seconds(1_000))
        #expect(bench.take() == ["close 1"])
    }

    @Test(
        arguments: [
            (.zero, .seconds(1)), (.milliseconds(-5), .seconds(1)), (nil, .seconds(30)), (.seconds(90), .seconds(90)),
            (.seconds(Int64.max), .seconds(3_600)),
        ] as [(Duration?, Duration)]
    )
    func `is looked up after its zone's time, within 1 s and 1 h`(lifetime: Duration?, interval: Duration) {
        var bench = Self.bench(1, lifetime: lifetime)
        bench.advance(to: interval - .nanoseconds(1))
        #expect(bench.take() == [])
        bench.advance(to: interval)
        #expect(bench.take() == ["look up 0"])
    }

    @Test func `that cannot change is not looked up again`() {
        var bench = PoolBench(following: [0])
        bench.checkOut()
        bench.asks(1)
        bench.connected(1, to: Self.endpoint(1))
        bench.lookedUp(PoolAnswer([Self.endpoint(1)], isFixed: true))
        _ = bench.take()
        bench.advance(to: .seconds(100_000))
        #expect(bench.take() == [])
    }

    @Test func `has its connections spread over the answer's addresses, the least used first`() {
        var bench = Self.bench(1, 2, 3)
        for _ in 0..<3 { bench.checkOut() }
        #expect(bench.take() == ["dial 2 to 0" + Self.words(2, 3, 1)])
        bench.asks(2)
        #expect(bench.take() == ["admit 2 as 2", "dial 3 to 0" + Self.words(3, 1, 2)])
        bench.connected(2, to: Self.endpoint(2))
        bench.asks(3)
        bench.connected(3, to: Self.endpoint(3))
        #expect(
            bench.take() == ["hand 2 to 2", "admit 3 as 3", "dial 4 to 0" + Self.words(1, 2, 3), "hand 3 to 3"]
        )
    }

    @Test func `has the other family's addresses dialed only where none of the first family's is open`() throws {
        let other = Endpoint(address: try IPAddress("2001:db8::1"), port: 5_432)
        var bench = PoolBench(following: [0])
        bench.checkOut()
        bench.asks(1)
        bench.connected(1, to: Self.endpoint(1))
        bench.lookedUp(PoolAnswer([Self.endpoint(1), other], lifetime: .seconds(60)))
        bench.checkOut()
        #expect(bench.take().last == "dial 2 to 0 at 192.0.2.1:5432 [2001:db8::1]:5432")
        bench.asks(2)
        bench.connected(2, to: other, after: [Self.attempt(1, .refused)])
        bench.checkOut()
        #expect(bench.take().last == "dial 3 to 0 at [2001:db8::1]:5432 192.0.2.1:5432")
    }

    @Test func `loses the connections to an address that is gone: idle ones at once, those in use when back`() {
        var bench = Self.bench(1, 2, lifetime: .seconds(10))
        bench.checkOut()
        bench.checkOut()
        bench.asks(2)
        bench.asks(3)
        bench.connected(2, to: Self.endpoint(2))
        bench.connected(3, to: Self.endpoint(1))
        bench.checkIn(2)
        bench.checkIn(3)
        bench.advance(to: .seconds(10))
        _ = bench.take()
        // 1 and 3 go to the first address, and 1 is in use.
        bench.lookedUp(PoolAnswer([Self.endpoint(2)], lifetime: .seconds(10)))
        #expect(bench.take() == ["close 3"])
        bench.checkOut()
        #expect(bench.take() == ["hand 2 to 4"])
        bench.checkIn(1)
        #expect(bench.take() == ["close 1"])
    }

    @Test func `loses a connection whose address went while it was made, and the caller has another one`() {
        var bench = Self.bench(1, 2, lifetime: .seconds(10)) { $0.waitTimeout = .seconds(60) }
        bench.checkOut()
        bench.asks(2)
        bench.advance(to: .seconds(10))
        _ = bench.take()
        bench.lookedUp(PoolAnswer([Self.endpoint(1), Self.endpoint(3)], lifetime: .seconds(10)))
        bench.connected(2, to: Self.endpoint(2))
        #expect(bench.take() == ["close 2", "dial 3 to 0" + Self.words(3, 1)])
    }

    @Test func `keeps its addresses while it cannot be looked up, and is looked up again later and later`() {
        var bench = Self.bench(1, 2, lifetime: .seconds(10)) { $0.firstBackOff = .seconds(2) }
        bench.advance(to: .seconds(10))
        bench.lookedUp(nil)
        bench.advance(to: .seconds(12))
        #expect(bench.take() == ["look up 0", "look up 0"])
        bench.lookedUp(PoolAnswer([]))
        bench.advance(to: .milliseconds(15_999))
        #expect(bench.take() == [])
        bench.advance(to: .seconds(16))
        bench.checkOut()
        #expect(bench.take() == ["look up 0", "dial 2 to 0" + Self.words(2, 1)])
        bench.checkIn(1)
        #expect(bench.pool.counts.inUse == 1)
    }

    @Test func `keeps the addresses of a family that was not answered`() throws {
        let other = Endpoint(address: try IPAddress("2001:db8::1"), port: 5_432)
        var bench = Self.bench(1, lifetime: .seconds(10))
        bench.advance(to: .seconds(10))
        bench.lookedUp(PoolAnswer([other], lifetime: .seconds(10), silent: .ipv4))
        bench.checkIn(1)
        #expect(bench.take() == ["look up 0"])
        #expect(bench.pool.counts.idle == 1)
    }

    @Test func `has an address that failed tried after the others, then probed by one dial`() {
        var bench = Self.bench(1, 2)
        bench.checkOut()
        bench.asks(2)
        bench.connected(2, to: Self.endpoint(1), after: [Self.attempt(2, .refused), Self.attempt(1, .connected)])
        _ = bench.take()
        bench.checkOut()
        #expect(bench.take() == ["dial 3 to 0" + Self.words(1, 2)])
        bench.asks(3)
        bench.connected(3, to: Self.endpoint(1))
        _ = bench.take()
        bench.advance(to: .milliseconds(100))
        bench.checkOut()
        bench.checkOut()
        bench.asks(4)
        // The second dial does not probe what the first one probes.
        #expect(bench.take() == ["dial 4 to 0" + Self.words(2, 1), "admit 4 as 4", "dial 5 to 0" + Self.words(1, 2)])
    }

    @Test func `has the address put last that was overtaken, for it gives no sign of life`() {
        var bench = Self.bench(1, 2)
        bench.checkOut()
        bench.asks(2)
        bench.connected(2, to: Self.endpoint(1), after: [Self.attempt(2, .abandoned), Self.attempt(1, .connected)])
        bench.checkOut()
        #expect(bench.take().last == "dial 3 to 0" + Self.words(1, 2))
    }

    @Test func `is dialed at another address at once where one's handshake fails, and held back where all fail`() {
        var bench = Self.bench(1, 2)
        bench.checkOut()
        bench.asks(2)
        bench.failed(2, .initializerFailed, attempts: [Self.attempt(2, .connected)])
        #expect(bench.take().last == "dial 3 to 0" + Self.words(1, 2))
        bench.asks(3)
        bench.failed(3, .initializerFailed, attempts: [Self.attempt(1, .connected)])
        #expect(bench.take() == ["admit 3 as 3", "fail 2: initializerFailed"])
        bench.advance(to: .seconds(1))
        #expect(bench.take() == ["look up 0"])
    }

    @Test func `is looked up soon where its addresses fail, and dialed by its name where nothing is connected`() {
        var bench = Self.bench(1, lifetime: .seconds(3_600))
        bench.checkIn(1, isBroken: true)
        bench.advance(to: .seconds(5))
        bench.checkOut()
        #expect(bench.take() == ["close 1", "dial 2 to 0" + Self.words(1)])
        bench.asks(2)
        bench.failed(2, attempts: [Self.attempt(1, .refused)])
        bench.advance(to: .seconds(6))
        bench.checkOut()
        #expect(bench.take() == ["admit 2 as 2", "fail 2: allAttemptsFailed", "dial 3 to 0"])
    }

    @Test func `is dialed at its old addresses where it cannot be looked up, and by its name where those fail too`() {
        var bench = Self.bench(1, lifetime: .seconds(10))
        bench.checkIn(1, isBroken: true)
        bench.advance(to: .seconds(100))
        bench.checkOut()
        bench.failed(2, .lookupTimeout)
        #expect(bench.take() == ["close 1", "dial 2 to 0", "fail 2: lookupTimeout"])
        bench.advance(to: .seconds(101))
        bench.checkOut()
        #expect(bench.take() == ["dial 3 to 0" + Self.words(1)])
        bench.failed(3, attempts: [Self.attempt(1, .refused)])
        bench.advance(to: .seconds(102))
        bench.checkOut()
        #expect(bench.take() == ["fail 3: allAttemptsFailed", "dial 4 to 0"])
    }

    @Test func `has an address again that had gone, where a dial by its name was just told so`() {
        var bench = Self.bench(2, 1, lifetime: .seconds(10))
        bench.advance(to: .seconds(10))
        bench.lookedUp(PoolAnswer([Self.endpoint(2)], lifetime: .seconds(10)))
        // Nothing is connected, and the answer is over: the next dial goes by the name, which leads back.
        bench.checkIn(1, isBroken: true)
        bench.advance(to: .seconds(100))
        _ = bench.take()
        bench.checkOut()
        #expect(bench.take() == ["dial 2 to 0"])
        bench.asks(2)
        bench.connected(2, to: Self.endpoint(1))
        #expect(bench.take() == ["admit 2 as 2", "look up 0", "hand 2 to 2"])
    }

    @Test func `is looked up no more by a pool that is closed, which waits for the lookup's end`() {
        var bench = Self.bench(1, lifetime: .seconds(10))
        bench.advance(to: .seconds(10))
        bench.checkIn(1)
        bench.perform { pool, now, actions in pool.close(within: nil, at: now, &actions) }
        #expect(bench.take() == ["look up 0", "close 1", "cancel the lookup of 0"])
        bench.lookedUp(nil)
        #expect(bench.take() == ["finish"])
        bench.lookedUp(PoolAnswer([Self.endpoint(2)]))
        #expect(bench.take() == [])
    }

    @Test func `with a hundred thousand addresses has the first 256 dialed`() {
        var bench = PoolBench(following: [0])
        bench.checkOut()
        bench.asks(1)
        bench.connected(1, to: Self.endpoint(1))
        let many = (0..<100_000).map { Endpoint(address: .v4(IPv4Address(bits: 0x0A00_0000 + $0)), port: 1) }
        bench.lookedUp(PoolAnswer(many))
        #expect(bench.pool.targets[0].endpoints.inOrder == Array(many.prefix(256)))
        for round in 1..<100 {
            bench.advance(to: .seconds(60 * round))
            bench.lookedUp(PoolAnswer(Array(many.dropFirst(256 * round))))
        }
        #expect(bench.pool.targets[0].endpoints.inOrder.count == 256)
        #expect(bench.pool.targets[0].endpoints.entries.count == 256)
    }
}
