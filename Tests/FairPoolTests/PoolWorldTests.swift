// SPDX-License-Identifier: Apache-2.0

import FairDialSimulation
import Testing

/// Pools under random events; `Scripts/test` simulates 20,000 more, and `Tests/PlantedFaults/check` shows that they
/// find what is wrong.
@Suite struct `Random pools keep the rules` {
    @Test func `one user each, sizes and places within bounds, nobody starves, nothing is left`() {
        for seed in 0..<20_000 as Range<UInt64> where Simulation.hasPool(seed) {
            if let violation = Simulation.run(seed: seed) {
                Issue.record("\(violation.what): fairdial simulate --seed \(seed) --runs 1 --story")
                return
            }
        }
    }

    @Test func `everything that can happen to a pool happens in them`() {
        var missing: Set<String> = [
            "fail 1: timeout", "queueFull", "cleared", "paused", "closed", "allAttemptsFailed", "check ", "is dead",
            "hand ", "cancel ", "finish", "clear service", "interrupting", "leaves", "broken", "connects", "admit",
        ]
        for seed in 0..<20_000 as Range<UInt64> where Simulation.hasPool(seed) && !missing.isEmpty {
            _ = Simulation.run(seed: seed) { line in
                for sign in missing where line.contains(sign) { missing.remove(sign) }
            }
        }
        #expect(missing == [])
    }
}
