// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import NameResolution
import Testing

@testable import DNSResolution

@Suite struct `Rule 4: queries that wait for their turn` {
    private static func bench(waitingLimit: Int) -> QueryBench {
        QueryBench { configuration in
            configuration.inFlightLimit = 1
            configuration.waitingLimit = waitingLimit
        }
    }

    private static func question(_ number: Int) -> Question {
        Question(name: QueryBench.name("n\(number).example.org"), type: .a)
    }

    @Test func `those that were cancelled, or have ended, keep no place`() {
        var bench = Self.bench(waitingLimit: 8)
        let first = bench.ask()
        for round in 0..<100 {
            let keys = (0..<8).map { bench.ask(Self.question($0), for: FairnessKey(label: "\(round) \($0)")) }
            for key in keys {
                #expect(bench.end(of: key) == nil)
                bench.perform { client, now, actions in client.cancel(key, at: now, &actions) }
            }
        }
        #expect(bench.client.waiting.count == 0)
        #expect(bench.client.waiting.entryCount <= 64)
        let next = bench.ask(Self.question(9))
        let others = (10..<17).map { bench.ask(Self.question($0)) }
        let tooMany = bench.ask(Self.question(17))
        #expect(bench.end(of: tooMany) == "queue full")
        #expect(others.allSatisfy { bench.end(of: $0) == nil })
        bench.answer(0)
        #expect(bench.end(of: first) == "192.0.2.1")
        #expect(bench.begun == [first, next])
    }

    @Test func `one query that many fairness keys wait for is one that waits`() {
        var bench = Self.bench(waitingLimit: 4)
        _ = bench.ask()
        let shared = bench.ask(Self.question(0))
        for number in 0..<20 {
            let fairnessKey = FairnessKey(label: "\(number / 2)")
            bench.perform { client, now, _ in _ = client.share(shared, for: fairnessKey, until: now + .seconds(5)) }
        }
        // In no key's queue twice, and in no more queues than the limit.
        #expect(bench.client.waiting.entryCount == 4)
        let others = (1..<4).map { bench.ask(Self.question($0)) }
        #expect(others.allSatisfy { bench.end(of: $0) == nil })
        #expect(bench.client.waiting.count == 4)
        bench.answer(0)
        #expect(bench.begun.last == shared)
        #expect(bench.client.waiting.count == 3)
        bench.answer(1)
        #expect(bench.begun.last == others[0])
    }

    @Test func `an entry of one that is over takes no turn of its key's`() {
        var queue = FairnessKeyQueue<Int>()
        var gone: Set<Int> = []
        let (one, other) = (FairnessKey(label: "one"), FairnessKey(label: "other"))
        for number in 0..<6 { queue.append(number, for: number < 4 ? one : other) }
        for number in [0, 1] {
            gone.insert(number)
            queue.left(behind: 1) { [gone] in !gone.contains($0) }
        }
        var order: [Int] = []
        while queue.count > 0, let next = queue.popFirst({ [gone] in !gone.contains($0) }) {
            order.append(next)
            gone.insert(next)
            queue.left(behind: 0) { [gone] in !gone.contains($0) }
        }
        #expect(order == [2, 4, 3, 5])
        #expect(queue.entryCount == 0)
    }
}
