// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import FairDialTestKit
import IPAddresses
import NameResolution
import Testing

@testable import DNSResolution

/// A server, or a forger in its place, sends datagrams without end: that costs it a port, and nobody time.
@Suite(.timeLimit(.minutes(15))) struct `A flood of datagrams` {
    /// The messages of a flood that a port is not closed for: one was sent.
    private static let limit = 1_024 + 1

    @Test func `a port over which more comes than can be is closed, and the question goes another way`() throws {
        var bench = QueryBench()
        let key = bench.ask()
        let wrong = QueryBench.answer(bench.sent[0].message) { $0.header.identifier ^= 1 }
        for _ in 0..<Self.limit { bench.deliver(wrong, on: bench.sent[0]) }
        #expect(bench.closed == [])
        bench.deliver(wrong, on: bench.sent[0])
        #expect(bench.closed == [bench.sent[0].carrier])
        try #require(bench.summaries == ["0 datagram 0", "0 stream 0"])
        // What comes on a closed port is nothing to anybody.
        bench.deliver(wrong, on: bench.sent[0])
        bench.answer(1)
        #expect(bench.end(of: key) == "192.0.2.1")
    }

    @Test func `answers that cannot be read are a flood as well`() throws {
        var bench = QueryBench()
        _ = bench.ask()
        var cut = try QueryBench.answer(bench.sent[0].message).bytes()
        cut.removeLast(3)
        // The first one is a sign, and has the question asked otherwise.
        for _ in 0..<Self.limit + 1 { bench.deliver(cut, on: bench.sent[0]) }
        #expect(bench.closed == [])
        bench.deliver(cut, on: bench.sent[0])
        #expect(bench.closed == [bench.sent[0].carrier])
    }

    @Test func `a port that is flooded is no end of the query, which is asked again from another one`() {
        var bench = QueryBench { $0.timeout = .seconds(2) }
        let key = bench.ask()
        for number in 0..<4 {
            while bench.sent.count <= number { bench.advance(to: bench.now + .milliseconds(100)) }
            guard !bench.sent[number].isStream else { continue }
            let wrong = QueryBench.answer(bench.sent[number].message) { $0.header.identifier ^= 1 }
            for _ in 0...Self.limit + 8 { bench.deliver(wrong, on: bench.sent[number]) }
        }
        #expect(bench.end(of: key) == nil)
        let last = bench.sent.count - 1
        bench.answer(last)
        #expect(bench.end(of: key) == "192.0.2.1")
    }

    @Test func `floods, which may be forged, set no server aside, however many names wait on their ports`() throws {
        var bench = QueryBench(servers: 2)
        for number in 0..<8 {
            _ = bench.ask(Question(name: try DomainName("www.name\(number).test"), type: .a))
        }
        let asked = bench.sent
        for query in asked {
            let wrong = QueryBench.answer(query.message) { $0.header.identifier ^= 1 }
            for _ in 0...Self.limit + 8 { bench.deliver(wrong, on: query) }
        }
        #expect(Set(bench.closed) == Set(asked.map(\.carrier)))
        #expect(!bench.client.health[0].isSetAside)
    }

    @Test func `while messages come the process does not stand still, and a query ends at its time`() {
        var bench = QueryBench { $0.lookupTimeout = .seconds(5) }
        let key = bench.ask()
        let wrong = QueryBench.answer(bench.sent[0].message) { $0.header.identifier ^= 1 }
        for step in 1...60 {
            bench.now = .milliseconds(step * 100)
            bench.deliver(wrong, on: bench.sent[0])
        }
        #expect(bench.end(of: key) == nil)
        bench.perform { client, now, actions in client.advance(to: now, &actions) }
        #expect(bench.end(of: key)?.hasPrefix("failed: ") == true)
    }

    @Test func `where the cookie was wrong once, it is looked at before the rest of the next answer`() throws {
        var bench = QueryBench()
        let key = bench.ask()
        let cookie = OPTRecord.Option(code: OPTRecord.Option.cookieCode, value: [UInt8](repeating: 7, count: 9))
        let forged = QueryBench.answer(bench.sent[0].message) { message in
            let options = OPTRecord([cookie])
            message.additionals = [Record(name: .root, timeToLive: 0, data: options)]
        }
        for _ in 0..<3 { bench.deliver(forged, on: bench.sent[0]) }
        #expect(bench.client.mismatches.wrongCookie == 3)
        bench.answer(0)
        #expect(bench.end(of: key) == "192.0.2.1")
    }

    @Test func `after so many messages of a socket, all that had come before them has been read`() async throws {
        let flood = try DatagramFlood()
        let turns = await flood.run()
        #expect((1...17).contains(turns), "\(turns) turns")
    }

    @Test func `rule 6: clocks are looked at as of when the reader began to read`() throws {
        let bench = EngineBench()
        let engine = bench.makeEngine()
        _ = engine.lookUpRecords(QueryBench.name("db.example.org"), .a, for: QueryBench.fairnessKey) { _ in }
        #expect(bench.sentCount == 1)
        _ = engine.nextSleep()
        bench.elapsed = .milliseconds(10)
        engine.turn([], isEverything: false, wasWoken: true)
        bench.elapsed = .milliseconds(3_000)
        _ = engine.nextSleep()
        // What came in between may be behind what has been read: it is too early for a second try.
        engine.turn([], isEverything: true, wasWoken: true)
        #expect(bench.sentCount == 1)
        _ = engine.nextSleep()
        engine.turn([], isEverything: true, wasWoken: true)
        #expect(bench.sentCount == 2)
    }
}
