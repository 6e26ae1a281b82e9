// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import NameResolution
import Testing

@testable import DNSResolution

@Suite struct `When a query is repeated` {
    @Test func `time that the process stood still is taken from no query`() {
        var bench = QueryBench(servers: 2) {
            $0.timeout = .seconds(1); $0.attempts = 1
        }
        let key = bench.ask()
        // No clock was looked at for ten seconds.
        bench.now = .seconds(10)
        bench.perform { client, now, actions in client.advance(to: now, &actions) }
        #expect(bench.end(of: key) == nil)
        bench.advance(to: .seconds(12))
        #expect(bench.sent.contains { $0.server == 1 })
        bench.advance(to: .seconds(14))
        #expect(bench.end(of: key)?.hasPrefix("failed") == true)
    }

    @Test func `an answer ends the query, and its port serves further ones`() {
        var bench = QueryBench()
        let key = bench.ask()
        #expect(bench.summaries == ["0 datagram 0"])
        bench.answer(0)
        #expect(bench.end(of: key) == "192.0.2.1")
        #expect(bench.client.count == 0)
        #expect(bench.closed == [])
    }

    @Test
    func
        `silence of an unknown server: the plain form after 400 ms, that once more, then a stream too, each wait twice the last`()
    {
        var bench = QueryBench { $0.lookupTimeout = .seconds(60) }
        let key = bench.ask()
        bench.advance(to: .seconds(19))
        #expect(
            bench.summaries == [
                "0 datagram 0", "0 datagram 400", "0 datagram 2400", "0 datagram 4400", "0 stream 4400",
                "0 datagram 8400",
                // No wait is longer than resolv.conf's timeout; a stream that says nothing for so long is given up.
                "0 datagram 13400", "0 stream 13400", "0 datagram 18400", "0 stream 18400",
            ]
        )
        #expect(bench.end(of: key) == nil)
        // The second is plain, and the third the same bytes on the same way.
        #expect(bench.sent.map { $0.message.additionals.count } == [1, 0, 0, 1, 0, 1, 1, 0, 1, 0])
        #expect(bench.sent[1].message == bench.sent[2].message && bench.sent[1].carrier == bench.sent[2].carrier)
    }

    @Test func `a forwarder that takes queries one at a time gets none twice while it answers them in order`() {
        var bench = QueryBench()
        let keys = (0..<8).map { bench.ask(Question(name: QueryBench.name("host\($0).example.org"), type: .a)) }
        for number in keys.indices {
            bench.advance(to: .milliseconds(300 + 590 * number))
            bench.answer(number)
            #expect(bench.end(of: keys[number]) == "192.0.2.1")
        }
        #expect(bench.sent.count == 8)
    }

    @Test func `one of the crowd that is lost is asked for again once the others have been answered`() {
        var bench = QueryBench()
        let keys = (0..<3).map { bench.ask(Question(name: QueryBench.name("host\($0).example.org"), type: .a)) }
        bench.advance(to: .milliseconds(300))
        bench.answer(0)
        bench.advance(to: .milliseconds(890))
        bench.answer(1)
        // As long again as the last one took.
        bench.advance(to: .milliseconds(1_770))
        #expect(bench.sent.count == 3)
        bench.advance(to: .milliseconds(1_790))
        #expect(bench.sent.count == 4)
        #expect(bench.end(of: keys[2]) == nil)
    }

    @Test func `with a second server it is asked after 800 ms, and either's answer counts`() {
        var bench = QueryBench(servers: 2)
        let key = bench.ask()
        bench.advance(to: .milliseconds(900))
        #expect(bench.summaries == ["0 datagram 0", "0 datagram 400", "1 datagram 800"])
        bench.answer(0)
        #expect(bench.end(of: key) == "192.0.2.1")
    }

    @Test func `what a server has taken so far is how long it is waited for, and 200 ms at least`() {
        var bench = QueryBench(servers: 2)
        for _ in 0..<50 {
            _ = bench.ask()
            bench.now += .milliseconds(30)
            bench.answer(bench.sent.count - 1)
        }
        let start = bench.now
        let count = bench.sent.count
        _ = bench.ask()
        bench.advance(to: start + .milliseconds(199))
        #expect(bench.sent.count == count + 1)
        bench.advance(to: start + .milliseconds(201))
        #expect(bench.sent.last?.server == 1)
    }

    @Test func `a slow server's answers make the wait longer, also for what is under way`() {
        var bench = QueryBench { $0.attempts = 2 }
        _ = bench.ask()
        bench.now = .milliseconds(100)
        bench.answer(0)
        // 100 ms + 4 × 50 ms: but then one takes 250 ms, and is no longer alone.
        _ = bench.ask()
        _ = bench.ask()
        bench.advance(to: .milliseconds(350))
        bench.answer(1)
        bench.advance(to: .milliseconds(470))
        #expect(bench.sent.count == 3)
    }

    @Test func `a server's first answer hastens what was sent before it`() {
        var bench = QueryBench(servers: 2)
        for _ in 0..<3 { _ = bench.ask() }
        bench.now = .milliseconds(10)
        bench.answer(0)
        bench.advance(to: .milliseconds(199))
        #expect(bench.sent.count == 3)
        bench.advance(to: .milliseconds(201))
        #expect(bench.sent[3...].map(\.summary) == ["1 datagram 200", "1 datagram 200"])
    }

    @Test func `when hundreds are silent they are not lost, and few of them are repeated before a second is over`() {
        var bench = QueryBench(servers: 2)
        for _ in 0..<10 {
            _ = bench.ask()
            bench.now += .milliseconds(10)
            bench.answer(bench.sent.count - 1)
        }
        let count = bench.sent.count
        let start = bench.now
        for _ in 0..<500 { _ = bench.ask() }
        bench.advance(to: start + .milliseconds(990))
        // 32 to begin with, and one for two answers; each of these once more in the plain form, for the second server
        // is unknown.
        #expect(bench.sent.count - count - 500 == 2 * (32 + 5))
        bench.advance(to: start + .milliseconds(1_010))
        #expect(bench.sent.count - count - 500 >= 500)
    }

    @Test func `a query ends with its timeout, and says who was silent for how long`() {
        var bench = QueryBench(servers: 2) { $0.lookupTimeout = .seconds(2) }
        let key = bench.ask()
        bench.advance(to: .seconds(2))
        #expect(
            bench.end(of: key)
                == "failed: 10.0.0.1: no answer within 400 ms; 10.0.0.1: no answer within 400 ms; "
                + "10.0.0.2: no answer within 400 ms; 10.0.0.2: no answer within 800 ms; "
                + "10.0.0.2 over a stream: no answer within 800 ms"
        )
        #expect(bench.client.count == 0)
    }

    @Test func `by default a query may take what resolv.conf allows all its rounds, and 30 s at most`() {
        for (servers, end) in [(1, 10), (2, 20), (3, 30), (5, 30)] {
            var bench = QueryBench(servers: servers)
            let key = bench.ask()
            bench.advance(to: .seconds(end) - .milliseconds(1))
            #expect(bench.end(of: key) == nil)
            bench.advance(to: .seconds(end))
            #expect(bench.end(of: key)?.hasPrefix("failed: ") == true)
        }
    }

    @Test(arguments: [ResponseCode.serverFailure, .refused])
    func `a server that says no is left for the next at once, and all have said it twice when the query ends`(
        code: ResponseCode
    ) {
        var bench = QueryBench(servers: 2)
        let key = bench.ask()
        for number in 0..<6 {
            #expect(bench.sent.count == number + 1)
            bench.answer(number) {
                $0.header.responseCode = code
                $0.answers = []
            }
        }
        // First in the plain form too, then the next server; each says it for good twice.
        #expect(bench.sent.map(\.server) == [0, 0, 1, 1, 0, 1])
        #expect(bench.sent.map { $0.message.additionals.count } == [1, 0, 1, 0, 1, 1])
        #expect(bench.sent.allSatisfy { $0.time == .zero && !$0.isStream })
        let noes = [1, 1, 2, 2, 1, 2].map { "10.0.0.\($0): \(code)" }
        #expect(bench.end(of: key) == "failed: " + noes.joined(separator: "; "))
    }

    @Test func `a server that points to others instead of answering has said no`() {
        var bench = QueryBench { $0.attempts = 1 }
        let key = bench.ask()
        for number in 0...1 {
            bench.answer(number) {
                $0.header.offersRecursion = false
                $0.answers = []
            }
        }
        #expect(bench.end(of: key) == "failed: 10.0.0.1: REFUSED; 10.0.0.1: REFUSED")
    }

    @Test func `what the network refuses may be answered after another server has said no`() {
        var bench = QueryBench(servers: 2) { $0.attempts = 1 }
        let key = bench.ask()
        let port = bench.sent[0].carrier
        bench.perform { client, now, actions in
            client.failed(port, "connection refused", isShortage: false, at: now, &actions)
        }
        // In the wished form and in the plain one, so it is sure.
        for number in [1, 2] {
            bench.answer(number) {
                $0.header.responseCode = .refused
                $0.answers = []
            }
        }
        #expect(bench.end(of: key) == nil)
        bench.now = .milliseconds(150)
        bench.answer(0)
        #expect(bench.end(of: key) == "192.0.2.1")
    }

    @Test func `what the network refuses may be answered all the same, until the last call is over`() {
        var bench = QueryBench { $0.attempts = 1 }
        let key = bench.ask()
        let port = bench.sent[0].carrier
        bench.perform { client, now, actions in
            client.failed(port, "connection refused", isShortage: false, at: now, &actions)
        }
        #expect(bench.end(of: key) == nil)
        bench.now = .milliseconds(150)
        bench.answer(0)
        #expect(bench.end(of: key) == "192.0.2.1")
        // And where nothing comes, it is over after the last call.
        let second = bench.ask()
        let other = bench.sent[bench.sent.count - 1].carrier
        #expect(other != port)
        bench.perform { client, now, actions in
            client.failed(other, "connection refused", isShortage: false, at: now, &actions)
        }
        bench.advance(to: .seconds(2))
        #expect(bench.end(of: second) == "failed: 10.0.0.1: connection refused")
    }

    @Test func `a machine without a descriptor is told apart from servers that fail`() {
        var bench = QueryBench()
        let key = bench.ask()
        let port = bench.sent[0].carrier
        bench.perform { client, now, actions in
            client.failed(port, "too many open files", isShortage: true, at: now, &actions)
        }
        #expect(bench.end(of: key) == "no descriptor: too many open files")
        let second = bench.ask()
        bench.perform { client, now, actions in client.giveUp(.noDescriptor("too many open files"), at: now, &actions) }
        #expect(bench.end(of: second) == "no descriptor: too many open files")
        #expect(bench.client.wakeTime == nil)
    }

    @Test func `a client that gives up closes its streams`() {
        var bench = QueryBench { $0.usesStreamsOnly = true }
        let key = bench.ask()
        bench.perform { client, now, actions in client.giveUp(.noThread("not now"), at: now, &actions) }
        #expect(bench.end(of: key) == "no thread: not now")
        #expect(bench.closed == [bench.sent[0].carrier])
        #expect(bench.client.wakeTime == nil)
    }

    @Test
    func `a server that is silent for three names is set aside, shown a copy of one, and taken back when it answers`() {
        var bench = QueryBench(servers: 2)
        for number in 0..<3 {
            let key = bench.ask(Question(name: QueryBench.name("db.p\(number).example.org"), type: .a))
            bench.advance(to: bench.now + .milliseconds(801))
            bench.answer(bench.sent.count - 1)
            #expect(bench.end(of: key) == "192.0.2.1", "\(number)")
        }
        let count = bench.sent.count
        _ = bench.ask()
        #expect(bench.sent.count == count + 1)
        #expect(bench.sent[count].server == 1)
        bench.answer(count)
        // Two seconds later a query goes to both; the second server's answer counts, and the first one's brings it
        // back.
        bench.now += .seconds(2)
        let key = bench.ask()
        #expect(bench.sent[(count + 1)...].map(\.server) == [0, 1])
        bench.answer(count + 2)
        #expect(bench.end(of: key) == "192.0.2.1")
        bench.answer(count + 1)
        #expect(bench.client.mismatches.total == 0)
        _ = bench.ask()
        #expect(bench.sent.last?.server == 0)
        #expect(bench.client.count == 1)
    }

    @Test func `servers take turns where the configuration says so`() {
        var bench = QueryBench(servers: 3) { $0.rotates = true }
        for _ in 0..<6 { _ = bench.ask() }
        #expect(bench.sent.map(\.server) == [1, 2, 0, 1, 2, 0])
    }

    @Test func `a query that nobody wants any more is gone, and its answer is a stray`() {
        var bench = QueryBench()
        let key = bench.ask()
        bench.perform { client, now, actions in client.cancel(key, at: now, &actions) }
        bench.answer(0)
        #expect(bench.end(of: key) == nil)
        #expect(bench.client.count == 0)
        #expect(bench.client.mismatches.unknownIdentifier == 1)
    }

    @Test
    func
        `no more than the limit are in flight, those that wait are served by turns, and beyond that the queue is full`()
    {
        var bench = QueryBench {
            $0.inFlightLimit = 2
            $0.waitingLimit = 3
        }
        let crowd = (0..<4).map { _ in bench.ask(for: .init(label: "crowd")) }
        let single = bench.ask(for: .init(label: "single"))
        let late = bench.ask(for: .init(label: "late"))
        #expect(bench.end(of: late) == "queue full")
        #expect(bench.begun == [crowd[0], crowd[1]])
        bench.answer(0)
        bench.answer(1)
        #expect(bench.begun == [crowd[0], crowd[1], crowd[2], single])
        bench.answer(2)
        #expect(bench.begun.last == crowd[3])
        #expect(bench.sent.count == 5)
    }
}
