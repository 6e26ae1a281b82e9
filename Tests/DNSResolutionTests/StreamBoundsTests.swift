// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import NameResolution
import Testing

@testable import DNSResolution

/// What a server can make us do over streams, and how much of it.
@Suite struct `A server's streams are bounded` {
    private static func question(_ number: Int) -> Question {
        Question(name: QueryBench.name("n\(number).example.org"), type: .a)
    }

    private static func end(_ stream: QueryClient.Carrier, _ bench: inout QueryBench) {
        bench.perform { client, now, actions in
            client.streamClosed(stream, "closed by the server", at: now, &actions)
        }
    }

    @Test(arguments: [true, false])
    func `one that brings nothing over any is connected to less and less often, whoever asks`(saysJunk: Bool) {
        var bench = QueryBench { $0.usesStreamsOnly = true }
        var keys: [QueryClient.Key] = []
        var ended = 0
        for step in 0..<1_000 {
            bench.advance(to: .milliseconds(10 * step))
            keys.append(bench.ask(Self.question(step)))
            while ended < bench.opened.count {
                let stream = bench.opened[ended]
                ended += 1
                if saysJunk {
                    bench.perform { client, now, actions in
                        client.receivedOnStream([], on: stream, at: now, &actions)
                    }
                }
                Self.end(stream, &bench)
            }
        }
        #expect(bench.opened.count <= 20)
        bench.advance(to: .seconds(60))
        #expect(keys.allSatisfy { bench.end(of: $0)?.hasPrefix("failed") == true })
        #expect(bench.client.count == 0)
    }

    @Test func `one that answers again is connected to at once`() {
        var bench = QueryBench { $0.usesStreamsOnly = true }
        for number in 0..<8 {
            let count = bench.sent.count
            _ = bench.ask(Self.question(number))
            if bench.sent.count == count { bench.advance(to: bench.now + .seconds(2)) }
            Self.end(bench.opened[bench.opened.count - 1], &bench)
        }
        // The one before may have to wait; the answer opens the way.
        let first = bench.ask(Self.question(100))
        bench.advance(to: bench.now + .seconds(3))
        bench.answer(bench.sent.count - 1)
        Self.end(bench.sent[bench.sent.count - 1].carrier, &bench)
        let count = bench.opened.count
        let second = bench.ask(Self.question(101))
        #expect(bench.opened.count == count + 1)
        bench.answer(bench.sent.count - 1)
        #expect(bench.end(of: second) == "192.0.2.1")
        _ = first
    }

    @Test func `answers cut short and streams that are closed: two streams for a query, then it is over`() {
        var bench = QueryBench()
        let key = bench.ask()
        var answered = 0
        for _ in 0..<100 where bench.end(of: key) == nil {
            while answered < bench.sent.count {
                let sent = bench.sent[answered]
                answered += 1
                if sent.isStream {
                    Self.end(sent.carrier, &bench)
                } else {
                    bench.deliver(
                        QueryBench.answer(sent.message) {
                            $0.header.isTruncated = true
                            $0.answers = []
                        },
                        on: sent
                    )
                }
            }
            bench.advance(to: bench.now + .milliseconds(100))
        }
        #expect(bench.end(of: key)?.hasPrefix("failed") == true)
        #expect(bench.sent.count(where: \.isStream) == 2)
        #expect(bench.now < .seconds(2))
    }

    @Test func `two servers that cut every answer short are not asked in turns without end`() {
        var bench = QueryBench(servers: 2) { $0.attempts = 5 }
        // Enough that the last of them must wait for a stream.
        let keys = (0..<10).map { bench.ask(Self.question($0)) }
        var answered = 0
        while bench.now < .seconds(30), bench.client.count > 0 {
            while answered < min(bench.sent.count, 5_000) {
                let sent = bench.sent[answered]
                answered += 1
                if sent.isStream {
                    Self.end(sent.carrier, &bench)
                } else {
                    bench.deliver(QueryBench.answer(sent.message) { $0.header.isTruncated = true }, on: sent)
                }
            }
            bench.advance(to: bench.now + .milliseconds(10))
        }
        #expect(keys.allSatisfy { bench.end(of: $0)?.hasPrefix("failed") == true })
        #expect(bench.sent.count < 40 * keys.count)
        #expect(bench.opened.count { carrier in bench.sent.contains { $0.carrier == carrier && $0.isStream } } <= 60)
    }

    @Test(arguments: [0, 11, 32, 4_096])
    func `a stream of what answers nothing is closed after a thousand messages, and the query goes over another one`(
        length: Int
    ) {
        var bench = QueryBench { $0.usesStreamsOnly = true }
        let key = bench.ask()
        let stream = bench.sent[0].carrier
        var count = 0
        while !bench.closed.contains(stream), count < 10_000 {
            bench.deliver([UInt8](repeating: 0xFF, count: length), on: bench.sent[0])
            count += 1
        }
        #expect(count <= 1_026)
        #expect(bench.sent.count == 2 && bench.sent[1].carrier != stream)
        bench.answer(1)
        #expect(bench.end(of: key) == "192.0.2.1")
    }

    @Test func `what is idle is closed as well when it brings what answers nothing`() {
        var bench = QueryBench { $0.usesStreamsOnly = true }
        let key = bench.ask()
        bench.answer(0)
        #expect(bench.end(of: key) == "192.0.2.1")
        for _ in 0..<1_026 where bench.closed.isEmpty { bench.deliver([], on: bench.sent[0]) }
        #expect(bench.closed == [bench.sent[0].carrier])
    }

    @Test func `the right identifier and another question, without end`() {
        var bench = QueryBench {
            $0.usesStreamsOnly = true; $0.attempts = 1
        }
        let key = bench.ask()
        for _ in 0..<2_000 where bench.closed.isEmpty {
            bench.answer(0) { $0.questions[0].name = QueryBench.name("evil.example.org") }
        }
        #expect(bench.closed.count == 1)
        bench.advance(to: .seconds(1))
        #expect(bench.end(of: key)?.contains("it brings what answers nothing") == true)
    }

    @Test func `late answers to queries that were given up are no sign of malice`() {
        var bench = QueryBench { $0.usesStreamsOnly = true }
        let waits = bench.ask(Self.question(0))
        for number in 1...2_000 {
            let key = bench.ask(Self.question(number))
            bench.perform { client, now, actions in client.cancel(key, at: now, &actions) }
        }
        for number in 1...2_000 { bench.answer(number) }
        #expect(bench.closed.isEmpty)
        bench.answer(0)
        #expect(bench.end(of: waits) == "192.0.2.1")
    }

    @Test func `one that answers a single query a connection is sent each query twice or so, ten streams at a time`() {
        let count = 300
        var bench = QueryBench { $0.usesStreamsOnly = true }
        let keys = (0..<count).map { bench.ask(Self.question($0)) }
        var looked = 0
        var over: Set<QueryClient.Carrier> = []
        var most = 0
        while looked < bench.sent.count {
            let sent = bench.sent[looked]
            looked += 1
            most = max(most, bench.opened.count - over.count)
            guard over.insert(sent.carrier).inserted else { continue }
            bench.deliver(QueryBench.answer(sent.message), on: sent)
            Self.end(sent.carrier, &bench)
        }
        #expect(keys.allSatisfy { bench.end(of: $0) == "192.0.2.1" })
        #expect(most <= 10)
        #expect(bench.sent.count <= 2 * count + 10)
        let sendings = Dictionary(bench.sent.map { ($0.message.questions[0].name, 1) }, uniquingKeysWith: +)
        #expect((sendings.values.max() ?? 0) <= 2)
    }

    @Test func `one that answers a query and then floods is given no second one, and none is lost`() {
        var bench = QueryBench { $0.usesStreamsOnly = true }
        let keys = (0..<16).map { bench.ask(Self.question($0)) }
        var looked = 0
        var flooding: [QueryBench.Sent] = []
        while looked < bench.sent.count {
            let sent = bench.sent[looked]
            looked += 1
            if !flooding.contains(where: { $0.carrier == sent.carrier }) {
                bench.deliver(QueryBench.answer(sent.message), on: sent)
                flooding.append(sent)
            }
            // The flood is slow: all streams have some of it before one has enough to be closed.
            var rounds = 0
            repeat {
                for each in flooding where !bench.closed.contains(each.carrier) {
                    for _ in 0..<100 { bench.deliver([], on: each) }
                }
                rounds += 1
            } while looked == bench.sent.count && rounds < 20
        }
        #expect(keys.allSatisfy { bench.end(of: $0) == "192.0.2.1" })
        let sendings = Dictionary(bench.sent.map { ($0.message.questions[0].name, 1) }, uniquingKeysWith: +)
        #expect((sendings.values.max() ?? 0) <= 3)
    }

    @Test func `one whose answer and flood come together takes each query once in vain at most`() {
        var bench = QueryBench { $0.usesStreamsOnly = true }
        let keys = (0..<64).map { bench.ask(Self.question($0)) }
        var looked = 0
        var answered: Set<QueryClient.Carrier> = []
        while looked < bench.sent.count {
            let sent = bench.sent[looked]
            looked += 1
            guard answered.insert(sent.carrier).inserted else { continue }
            bench.deliver(QueryBench.answer(sent.message), on: sent)
            for _ in 0..<1_100 where !bench.closed.contains(sent.carrier) { bench.deliver([], on: sent) }
        }
        #expect(keys.allSatisfy { bench.end(of: $0) == "192.0.2.1" })
        let sendings = Dictionary(bench.sent.map { ($0.message.questions[0].name, 1) }, uniquingKeysWith: +)
        #expect((sendings.values.max() ?? 0) <= 2)
    }

    @Test func `a query that was lost has a new stream, where ten others have answered and rest`() {
        var bench = QueryBench { $0.usesStreamsOnly = true }
        let keys = (0..<25).map { bench.ask(Self.question($0)) }
        // The first stream answers one of them all: from now on each is given one.
        bench.answer(0)
        Self.end(bench.sent[0].carrier, &bench)
        var looked = 25
        var answered: Set<QueryClient.Carrier> = []
        // One of them is tried with one more after some good answers, and does not take it.
        while bench.client.count > 0, bench.now < .seconds(9) {
            while looked < bench.sent.count {
                let sent = bench.sent[looked]
                looked += 1
                if answered.insert(sent.carrier).inserted { bench.answer(looked - 1) }
            }
            #expect(bench.client.streams.count <= 10)
            bench.advance(to: bench.now + .milliseconds(100))
            if bench.now == .seconds(1) { #expect(bench.client.count == 1) }
        }
        #expect(keys.allSatisfy { bench.end(of: $0) == "192.0.2.1" })
        let sendings = Dictionary(bench.sent.map { ($0.message.questions[0].name, 1) }, uniquingKeysWith: +)
        #expect((sendings.values.max() ?? 0) <= 3)
    }

    @Test func `one that keeps its connection after all is given more over it again`() {
        var bench = QueryBench { $0.usesStreamsOnly = true }
        _ = bench.ask(Self.question(0))
        _ = bench.ask(Self.question(1))
        bench.answer(0)
        Self.end(bench.sent[0].carrier, &bench)
        // From now on it answers everything.
        for number in 2..<200 { _ = bench.ask(Self.question(number)) }
        var looked = 2
        while looked < bench.sent.count {
            bench.answer(looked)
            looked += 1
        }
        #expect(bench.client.count == 0)
        #expect(bench.opened.count <= 11)
        #expect(bench.sent.count == 201)
    }

    @Test func `a query that waits for a stream as its last try is not over before it has had one`() {
        var bench = QueryBench { $0.attempts = 1 }
        func refuse(_ bench: inout QueryBench) {
            let port = bench.sent[bench.sent.count - 1].carrier
            bench.perform { client, now, actions in
                client.failed(port, "connection refused", isShortage: false, at: now, &actions)
            }
        }
        // Streams that bring nothing: the next one may be opened in a second.
        for number in 0..<12 {
            bench.advance(to: bench.now + .seconds(2))
            let key = bench.ask(Self.question(number))
            refuse(&bench)
            bench.deliver([], on: bench.sent[bench.sent.count - 1])
            Self.end(bench.sent[bench.sent.count - 1].carrier, &bench)
            bench.perform { client, now, actions in client.cancel(key, at: now, &actions) }
        }
        let key = bench.ask(Self.question(100))
        refuse(&bench)
        let count = bench.sent.count
        bench.advance(to: bench.now + .milliseconds(900))
        #expect(bench.sent.count == count && bench.end(of: key) == nil)
        bench.advance(to: bench.now + .milliseconds(200))
        #expect(bench.sent.count == count + 1 && bench.sent[count].isStream)
        bench.answer(count)
        #expect(bench.end(of: key) == "192.0.2.1")
    }
}

/// A search for a free identifier has an end, whatever the limits and the randomness are.
@Suite struct `Identifiers are never used up` {
    private struct Constant: RandomNumberGenerator {
        func next() -> UInt64 { 7 }
    }

    private static func client(_ change: (inout QueryConfiguration) -> Void) -> QueryClient {
        var configuration = QueryConfiguration(servers: QueryBench(servers: 1).servers)
        configuration.inFlightLimit = .max
        change(&configuration)
        return QueryClient(configuration, generator: Constant())
    }

    @Test func `a generator that says one number alone`() {
        var client = Self.client { $0.usesStreamsOnly = true }
        var actions: [QueryClient.Action] = []
        for _ in 0..<300 { _ = client.ask(QueryBench.question, for: QueryBench.fairnessKey, at: .zero, &actions) }
        let identifiers = actions.compactMap { action -> [UInt8]? in
            if case .sendOnStream(_, let bytes) = action { Array(bytes.prefix(2)) } else { nil }
        }
        #expect(identifiers.count == 300 && Set(identifiers).count == 300)
    }

    @Test func `a stream has a quarter of them in use at most, and the next one takes what is more`() {
        var client = QueryClient(
            {
                var configuration = QueryConfiguration(servers: QueryBench(servers: 1).servers)
                configuration.inFlightLimit = .max
                configuration.usesStreamsOnly = true
                return configuration
            }()
        )
        var actions: [QueryClient.Action] = []
        var counts: [QueryClient.Carrier: Int] = [:]
        for _ in 0..<16_400 {
            actions.removeAll(keepingCapacity: true)
            _ = client.ask(QueryBench.question, for: QueryBench.fairnessKey, at: .zero, &actions)
            for case .sendOnStream(let stream, _) in actions { counts[stream, default: 0] += 1 }
        }
        #expect(counts.values.sorted() == [16, 16_384])
    }

    @Test func `where no stream is to be had and as many wait as may, the queue is full`() {
        var bench = QueryBench {
            $0.usesStreamsOnly = true; $0.waitingLimit = 1; $0.attempts = 100
        }
        let first = bench.ask()
        for _ in 0..<10 where !bench.client.isQueued(first.slab, for: 0) {
            let stream = bench.sent[bench.sent.count - 1].carrier
            bench.perform { client, now, actions in client.streamClosed(stream, "no", at: now, &actions) }
        }
        let waits = bench.client.isQueued(first.slab, for: 0)
        #expect(waits)
        let second = bench.ask()
        #expect(bench.end(of: second) == "queue full")
    }

    @Test func `a port serves no more than a quarter of them, whatever it is told`() {
        var configuration = SourcePortConfiguration()
        configuration.queries = 1_000_000
        configuration.count = 1
        var ports = SourcePorts(configuration)
        ports.opened(1, at: .zero)
        var count = 1
        while !ports.used(1) { count += 1 }
        #expect(count == 16_384)
    }

    @Test func `a server that cuts every answer short, and whose streams are silent, is asked ever more seldom`() {
        var bench = QueryBench {
            $0.attempts = 5
            $0.timeout = .seconds(30)
        }
        let key = bench.ask()
        var seen = 0
        while bench.end(of: key) == nil, bench.now < .seconds(600) {
            while seen < bench.sent.count {
                if !bench.sent[seen].isStream {
                    bench.answer(seen) { message in
                        message.header.isTruncated = true
                        message.answers = []
                    }
                }
                seen += 1
            }
            bench.advance(to: bench.now + .milliseconds(50))
        }
        #expect(bench.end(of: key) != nil)
        // 0.5 s after each of the first, and twice as long each time after: in 150 s there would be 270 otherwise.
        #expect(bench.sent.count <= 30)
    }
}
