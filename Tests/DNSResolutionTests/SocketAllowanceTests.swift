// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import NIOConcurrencyHelpers
import Testing

@testable import DNSResolution

@Suite struct `A resolver's sockets are a quarter of what is free` {
    @Test(arguments: [
        // free, the most, allowed
        (0, 4_096, 1), (3, 4_096, 1), (8, 4_096, 2), (40, 4_096, 10), (960, 4_096, 240), (1_000_000, 4_096, 4_096),
        (1_000_000, 64, 64), (1_000_000, 0, 1),
    ])
    func `and at least one`(free: Int, most: Int, allowed: Int) {
        let open = NIOLockedValueBox(0)
        var allowance = SocketAllowance(most: most) { min($0, max(0, free - open.withLockedValue { $0 })) }
        var count = 0
        // What is opened is not free any more, and is counted with what the resolver could have.
        while count < 10_000, allowance.hasRoom(beside: count, at: .zero) {
            count += 1
            open.withLockedValue { $0 = count }
        }
        #expect(count == allowed)
    }

    @Test func `free descriptors are counted once a second, and only as far as matters`() {
        let counts = NIOLockedValueBox<[Int]>([])
        var allowance = SocketAllowance(most: 4_096) { wanted in
            counts.withLockedValue { $0.append(wanted) }
            return wanted
        }
        for _ in 0..<1_000 { #expect(allowance.hasRoom(beside: 4, at: .zero) == true) }
        #expect(counts.withLockedValue { $0 } == [40])
        #expect(allowance.hasRoom(beside: 4, at: .milliseconds(999)) == true)
        #expect(counts.withLockedValue { $0 } == [40])
        #expect(allowance.hasRoom(beside: 4, at: .seconds(1)) == true)
        #expect(counts.withLockedValue { $0 } == [40, 40])
        // The first one is always to be had.
        #expect(allowance.hasRoom(beside: 0, at: .seconds(5)) == true)
        #expect(counts.withLockedValue { $0 } == [40, 40])
    }

    @Test func `where there are few, they are not counted again at each query`() {
        let counts = NIOLockedValueBox(0)
        var allowance = SocketAllowance(most: 4_096) { _ in
            counts.withLockedValue { $0 += 1 }
            return 12
        }
        for _ in 0..<1_000 { #expect(allowance.hasRoom(beside: 8, at: .zero) == false) }
        #expect(counts.withLockedValue { $0 } == 1)
        allowance.ranOut(beside: 2, at: .seconds(3))
        #expect(allowance.hasRoom(beside: 2, at: .seconds(3)) == false)
        #expect(allowance.hasRoom(beside: 2, at: .seconds(4)) == true)
    }
}

@Suite struct `A quarter is for all of the process's resolvers together` {
    @Test func `however many begin while the others still have theirs`() {
        let census = SocketCensus()
        let open = NIOLockedValueBox(0)
        var entries: [SocketCensus.Entry] = []
        for _ in 0..<10 {
            let entry = census.enter()
            entries.append(entry)
            var allowance = SocketAllowance(most: 4_096) { wanted in
                entry.share(of: wanted) { min($0, 960 - open.withLockedValue { $0 }) }
            }
            var count = 0
            while count < 10_000, allowance.hasRoom(beside: count, at: .zero) {
                count += 1
                entry.change(by: 1)
                open.withLockedValue { $0 += 1 }
            }
        }
        // And one for each, without which it could ask no server.
        #expect(open.withLockedValue { $0 } == 240 + 9)
    }

    @Test func `and what one has closed, or had when it went, is there for the next`() {
        let census = SocketCensus()
        var first: SocketCensus.Entry? = census.enter()
        let second = census.enter()
        #expect(second.share(of: 100) { $0 } == 100)
        first?.change(by: 10)
        #expect(second.share(of: 100) { min($0, 110) } == 80)
        first?.change(by: -4)
        #expect(second.share(of: 100) { min($0, 110) } == 92)
        first = nil
        #expect(second.share(of: 100) { min($0, 110) } == 100)
        #expect(second.share(of: 100) { _ in 0 } == 0)
    }
}

@Suite struct `Silent names, and few descriptors` {
    private static let free = 40

    private static func bench(_ change: (inout QueryConfiguration) -> Void = { _ in }) -> QueryBench {
        QueryBench(free: free, change)
    }

    private static func question(_ number: Int) -> Question {
        Question(name: QueryBench.name("n\(number).example.org"), type: .a)
    }

    @Test func `thousands of them share the ports that there may be, and each is asked as often as ever`() {
        var bench = Self.bench()
        let keys = (0..<5_000).map { bench.ask(Self.question($0)) }
        var most = bench.client.portCount
        while let wake = bench.client.wakeTime, wake < .seconds(9) {
            bench.advance(to: wake)
            most = max(most, bench.client.portCount + bench.client.streams.count)
        }
        // One stream besides, for streams are tried where datagrams are met with silence.
        #expect(most <= (Self.free + 20) / 4 + 1, "\(most)")
        var tries: [String: Int] = [:]
        for sent in bench.sent {
            for question in sent.message.questions { tries["\(question.name)".lowercased(), default: 0] += 1 }
        }
        #expect(tries.count == 5_000)
        #expect(tries.values.allSatisfy { $0 >= 3 })
        // A late answer is one.
        bench.answer(bench.sent.count - 1)
        #expect(keys.contains { bench.end(of: $0) == "192.0.2.1" })
    }

    @Test func `all of them end, and nothing is left open`() {
        var bench = Self.bench { $0.lookupTimeout = .seconds(5) }
        let keys = (0..<500).map { bench.ask(Self.question($0)) }
        bench.advance(to: .seconds(5))
        #expect(keys.allSatisfy { bench.end(of: $0)?.hasPrefix("failed") == true })
        bench.advance(to: .seconds(60))
        #expect(bench.client.portCount == 0)
        #expect(bench.client.streams.isEmpty)
    }

    @Test func `where there is no descriptor for one more port, the question goes out on one that is open`() {
        var bench = QueryBench()
        let first = bench.ask(Self.question(0))
        let second = bench.ask(Self.question(1))
        #expect(Set(bench.sent.map(\.carrier)).count == 2)
        let lost = bench.sent[1].carrier
        bench.perform { client, now, actions in
            client.failed(lost, "too many open files", isShortage: true, at: now, &actions)
        }
        #expect(bench.sent.map(\.carrier) == [bench.sent[0].carrier, lost, bench.sent[0].carrier])
        #expect(bench.client.portCount == 1)
        bench.answer(2)
        bench.answer(0)
        #expect(bench.end(of: second) == "192.0.2.1")
        #expect(bench.end(of: first) == "192.0.2.1")
        // For a second none is opened.
        _ = bench.ask(Self.question(2))
        #expect(bench.client.portCount == 1)
    }

    @Test func `every server has a port for each form, however few there may be`() {
        var bench = QueryBench(servers: 3, free: 0) { $0.timeout = .seconds(1) }
        let key = bench.ask()
        bench.advance(to: .seconds(3))
        #expect(Set(bench.sent.filter { !$0.isStream }.map(\.server)) == [0, 1, 2])
        #expect(bench.client.portCount <= 6)
        bench.answer(bench.sent.count - 1)
        #expect(bench.end(of: key) == "192.0.2.1")
    }
}
