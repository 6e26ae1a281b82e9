// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import FairDialTestKit
import NIOConcurrencyHelpers
import NameResolution
import Testing

@testable import DNSResolution

/// What a stream that was cut short teaches, and for how long.
@Suite struct `One stream that is cut short` {
    private static func question(_ number: Int) -> Question {
        Question(name: QueryBench.name("n\(number).example.org"), type: .a)
    }

    private static func end(_ stream: QueryClient.Carrier, _ bench: inout QueryBench) {
        bench.perform { client, now, actions in
            client.streamClosed(stream, "closed by the server", at: now, &actions)
        }
    }

    /// So many are asked; the server answers the first, and ends the stream.
    private static func cutShort(of count: Int, free: Int? = nil) -> (bench: QueryBench, keys: [QueryClient.Key]) {
        var bench = QueryBench(free: free) { $0.usesStreamsOnly = true }
        let keys = (0..<count).map { bench.ask(question($0)) }
        #expect(bench.opened.count == 1)
        bench.answer(0)
        end(bench.sent[0].carrier, &bench)
        return (bench, keys)
    }

    @Test func `of a server that answers all from then on costs a dozen streams, and not one for each query`() {
        let count = 1_000
        var (bench, keys) = Self.cutShort(of: count)
        var looked = count
        while looked < bench.sent.count {
            bench.answer(looked)
            looked += 1
        }
        #expect(keys.allSatisfy { bench.end(of: $0) == "192.0.2.1" })
        #expect(bench.opened.count <= 20, "\(bench.opened.count)")
        #expect(bench.sent.count == 2 * count - 1)
    }

    @Test func `is made up for also where the new streams' first names are slow`() {
        var (bench, keys) = Self.cutShort(of: 200)
        // Of ten that go out over streams of their own, three are answered at once and seven not for long.
        let slow = Set(bench.sent.dropFirst(203).map(\.carrier))
        #expect(slow.count == 7)
        var looked = 200
        while bench.now < .seconds(4), bench.client.count > 7 {
            while looked < bench.sent.count {
                let isSlow = slow.contains(bench.sent[looked].carrier)
                if !isSlow { bench.answer(looked) }
                looked += 1
            }
            bench.advance(to: bench.now + .milliseconds(10))
        }
        #expect(keys.count { bench.end(of: $0) == "192.0.2.1" } == 193)
        #expect(bench.now < .seconds(1))
        #expect(bench.opened.count <= 20, "\(bench.opened.count)")
    }

    @Test func `is forgotten after a minute`() {
        var (bench, _) = Self.cutShort(of: 2)
        bench.answer(2)
        bench.advance(to: .seconds(61))
        #expect(bench.client.streams.isEmpty)
        for number in 0..<100 { _ = bench.ask(Self.question(number)) }
        #expect(bench.opened.count == 3)
    }

    @Test func `where no socket may be opened: what waits wakes the reader once a second, until there is one`() {
        let free = NIOLockedValueBox<Int?>(8)
        var bench = QueryBench(counting: free) { $0.usesStreamsOnly = true }
        for number in 0..<12 { _ = bench.ask(Self.question(number)) }
        bench.answer(0)
        Self.end(bench.sent[0].carrier, &bench)
        #expect(bench.client.streams.count == 2)
        var wakes = 0
        while let wake = bench.client.wakeTime, wake < .seconds(4), wakes < 100 {
            bench.wake()
            wakes += 1
        }
        #expect(wakes <= 10)
        #expect(bench.client.streams.count == 2)
        free.withLockedValue { $0 = nil }
        bench.advance(to: bench.now + .milliseconds(1_001))
        #expect(bench.client.streams.count == 10)
    }

    @Test(arguments: 1...200)
    func `where each is, after one answer: all are found, however late answers and ends come`(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        var bench = QueryBench { $0.usesStreamsOnly = true }
        let keys = (0..<16).map { bench.ask(Self.question($0)) }
        var looked = 0
        var answers: [(time: Duration, number: Int)] = []
        var ends: [(time: Duration, stream: QueryClient.Carrier)] = []
        var begun: Set<QueryClient.Carrier> = []
        let slowest = [10, 100, 700].pick(&dice)
        while bench.now < .seconds(9), bench.client.count > 0 {
            while looked < bench.sent.count {
                if begun.insert(bench.sent[looked].carrier).inserted {
                    answers.append((bench.now + .milliseconds(Int.random(in: 1...slowest, using: &dice)), looked))
                }
                looked += 1
            }
            for answer in answers where answer.time <= bench.now {
                let stream = bench.sent[answer.number].carrier
                bench.answer(answer.number)
                ends.append((bench.now + .milliseconds(Int.random(in: 0...20, using: &dice)), stream))
            }
            answers.removeAll { $0.time <= bench.now }
            for end in ends where end.time <= bench.now { Self.end(end.stream, &bench) }
            ends.removeAll { $0.time <= bench.now }
            bench.advance(to: bench.now + .milliseconds(1))
        }
        #expect(keys.allSatisfy { bench.end(of: $0) == "192.0.2.1" }, "\(keys.map { bench.end(of: $0) ?? "nothing" })")
        #expect(bench.now < .seconds(5))
    }
}
