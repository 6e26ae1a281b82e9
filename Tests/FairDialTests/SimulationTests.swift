// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import NIOConcurrencyHelpers
import Testing

/// `Scripts/test` lives 100,000 worlds more, and `Tests/PlantedFaults/check` shows that they find what is wrong.
@Suite struct `Simulated afternoons` {
    @Test func `every rule holds`() {
        for seed in 0..<2_000 as Range<UInt64> {
            if let violation = Simulation.run(seed: seed) {
                Issue.record("\(violation.what): fairdial simulate --seed \(seed) --worlds 1 --story")
                return
            }
        }
    }

    @Test func `a seed says everything that happens`() {
        func story(_ seed: UInt64) -> [String] {
            let lines = NIOLockedValueBox<[String]>([])
            _ = Simulation.run(seed: seed) { line in lines.withLockedValue { $0.append(line) } }
            return lines.withLockedValue { $0 }
        }
        // Among so many there are bindings of equal priority, which are shuffled.
        for seed in 1...400 as ClosedRange<UInt64> where story(seed) != story(seed) {
            Issue.record("seed \(seed) says something else each time")
        }
        #expect(story(1) != story(2))
    }

    @Test func `everything that a dial can come to happens in them`() {
        let missing = NIOLockedValueBox<Set<String>>([])
        let signs: Set<String> = [
            "is connected to", "has a socket to", "has its answer", "was not answered within", "no attempt connected",
            "no place in the resolver's line", "no descriptor was free", "the deadline of", "called off on the",
            "and not ready within", "forbidden by the caller", "the channel initializer failed", "connected, and then",
            "says no at once", "nobody can watch", "a loop is blocked", "the machine sleeps", "no such name",
            "the servers are silent", "names wait for the resolver already", "the name has no address", "silent for",
            "all 2 addresses failed", "no channel can be made", "bound(",
        ]
        missing.withLockedValue { $0 = signs }
        for seed in 0..<5_000 as Range<UInt64> where missing.withLockedValue({ !$0.isEmpty }) {
            _ = Simulation.run(seed: seed) { line in
                missing.withLockedValue { missing in
                    for sign in missing where line.contains(sign) { missing.remove(sign) }
                }
            }
        }
        #expect(missing.withLockedValue { $0 } == [])
    }
}
