// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import FairDialTestKit
import NIOConcurrencyHelpers
import NameResolution
import Testing

@testable import DNSResolution

/// A reader that is woken at a time that does not pass keeps a processor busy until something else happens.
@Suite struct `Time passes every wake-up` {
    /// Random events, a random number of servers, forms and descriptors; all of it is said by the seed.
    private struct Run {
        var bench: QueryBench
        var dice: SeededGenerator
        let free = NIOLockedValueBox<Int?>(nil)
        var keys: [QueryClient.Key] = []
        var asked = 0

        init(seed: UInt64) {
            var dice = SeededGenerator(seed: seed)
            let isStreamsOnly = Bool.random(using: &dice)
            let attempts = Int.random(in: 1...3, using: &dice)
            let inFlight = [2, 20, 32_768].pick(&dice)
            bench = QueryBench(servers: Int.random(in: 1...3, using: &dice), seed: seed, counting: free) {
                $0.usesStreamsOnly = isStreamsOnly
                $0.attempts = attempts
                $0.inFlightLimit = inFlight
            }
            self.dice = dice
        }

        /// What the client says is due is done by telling it the time, a few times at most.
        mutating func isSettled() -> Bool {
            for _ in 0..<4 {
                guard let wake = bench.client.wakeTime, wake <= bench.now else { return true }
                bench.wake()
            }
            return false
        }

        mutating func step() {
            switch Int.random(in: 0..<16, using: &dice) {
            case 0...3:
                for _ in 0..<[1, 1, 3, 30].pick(&dice) {
                    asked += 1
                    let type = [RecordType.a, .aaaa].pick(&dice)
                    let name = QueryBench.name("n\(asked).p\(Int.random(in: 0..<5, using: &dice)).example.org")
                    keys.append(bench.ask(Question(name: name, type: type)))
                }
            case 4...6: answer(Int.random(in: 1...20, using: &dice)) { _ in }
            case 7: answer(1) { $0.header.isTruncated = true }
            case 8:
                let code = [ResponseCode.nameError, .serverFailure].pick(&dice)
                answer(1) { ($0.answers, $0.header.responseCode) = ([], code) }
            case 9, 10: endStream()
            case 11:
                guard let sent = bench.sent.last else { return }
                for _ in 0..<[1, 20, 1_100].pick(&dice) { bench.deliver([], on: sent) }
            case 12: failPort()
            case 13:
                guard let key = keys.randomElement(using: &dice) else { return }
                bench.perform { client, now, actions in client.cancel(key, at: now, &actions) }
            case 14: free.withLockedValue { $0 = [nil, 0, 8, 30].pick(&dice) }
            default:
                // Also past a wake-up, as when the process has stood still.
                bench.now += .milliseconds([1, 40, 250, 1_000, 7_000].pick(&dice))
                bench.perform { client, now, actions in client.advance(to: now, &actions) }
            }
        }

        private mutating func answer(_ count: Int, _ change: (inout Message) -> Void) {
            for _ in 0..<count where !bench.sent.isEmpty {
                let latest = max(0, bench.sent.count - 40)..<bench.sent.count
                bench.answer(Int.random(in: latest, using: &dice), change)
            }
        }

        private mutating func endStream() {
            guard let stream = bench.client.streams.keys.sorted().randomElement(using: &dice) else { return }
            bench.perform { client, now, actions in client.streamClosed(stream, "closed", at: now, &actions) }
        }

        private mutating func failPort() {
            guard let port = bench.client.ports.keys.sorted().randomElement(using: &dice) else { return }
            let isShortage = Bool.random(using: &dice)
            let isPort = Bool.random(using: &dice)
            bench.perform { client, now, actions in
                client.failed(port, "failed", isShortage: isShortage, isPort: isPort, at: now, &actions)
            }
        }
    }

    @Test(arguments: 1...300)
    func `whatever has happened`(seed: UInt64) {
        var run = Run(seed: seed)
        for step in 0..<150 {
            run.step()
            guard run.isSettled() else {
                Issue.record("after \(step) steps: \(run.bench.now)")
                return
            }
            guard Bool.random(using: &run.dice), let wake = run.bench.client.wakeTime else { continue }
            run.bench.now = max(run.bench.now, wake)
            guard run.isSettled() else {
                Issue.record("woken after \(step) steps: \(run.bench.now)")
                return
            }
        }
    }
}
