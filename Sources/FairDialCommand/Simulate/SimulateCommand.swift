// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Dispatch
import FairDialSimulation
import NIOConcurrencyHelpers

/// `fairdial simulate`: random runs of the whole stack, each from its seed.
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run the whole stack at random on a simulated network and clock, and check every rule.",
        discussion: """
            A run's seed decides everything that happens in it.

            Exit status: 0 every rule held in every run; 1 a run broke a rule, and the command that repeats this run \
            is printed; 2 the command line was wrong.
            """
    )

    @Option(help: "The seed of the first run.")
    var seed: UInt64 = 1

    @Option(help: "How many runs; each has the seed after the last one's. (default: 10000)")
    var runs: UInt64?

    /// The option's name in earlier versions.
    @Option(help: .hidden)
    var worlds: UInt64?

    @Flag(help: "Run only every eighth seed: those whose DNS server answers at random.")
    var adversaries = false

    @Flag(help: "Run only every second seed: those that simulate lookups in DNS alone, packet by packet.")
    var packets = false

    @Flag(help: "Run only every tenth seed: those that simulate a pool.")
    var pools = false

    @Flag(help: "Print a line for everything that happens in a run.")
    var story = false

    func validate() throws {
        if runs != nil, worlds != nil { throw ValidationError("--runs and --worlds are one option: give it once") }
        if count == 0 { throw ValidationError("--runs must be 1 or more") }
        if seed.addingReportingOverflow(count - 1).overflow {
            throw ValidationError("--seed plus --runs must not be over \(UInt64.max)")
        }
    }

    private var count: UInt64 { runs ?? worlds ?? 10_000 }

    private var seeds: ClosedRange<UInt64> { seed...(seed + (count - 1)) }

    func run() throws {
        let began = ContinuousClock.now
        let violation = story ? told() : found()
        if let violation {
            print("\(violation.what) — fairdial simulate --seed \(violation.seed) --runs 1 --story")
            throw ExitCode(1)
        }
        let took = ContinuousClock.now - began
        let chosen = seeds.count(where: isChosen)
        let rate = Int(Double(chosen) / max(took / .seconds(1), 0.001))
        let packets = seeds.count { isChosen($0) && Simulation.hasPacketsAlone($0) }
        let pools = seeds.count { isChosen($0) && Simulation.hasPool($0) }
        print(
            "\(chosen) runs from seed \(seed), \(packets) of them packet by packet and \(pools) of pools, every rule "
                + "held; \(rate) runs a second"
        )
    }

    private func isChosen(_ seed: UInt64) -> Bool {
        (!adversaries || Simulation.hasAdversary(seed)) && (!packets || Simulation.hasPacketsAlone(seed))
            && (!pools || Simulation.hasPool(seed))
    }

    /// One run after the other, with its story.
    private func told() -> Simulation.Violation? {
        for seed in seeds where isChosen(seed) {
            if let violation = Simulation.run(seed: seed, telling: { print($0) }) { return violation }
        }
        return nil
    }

    /// All runs on all processors; of those that break a rule the one with the lowest seed, so that it is always the
    /// same.
    private func found() -> Simulation.Violation? {
        let first = NIOLockedValueBox<Simulation.Violation?>(nil)
        let batch: UInt64 = 100
        let batches = Int((count - 1) / batch + 1)
        DispatchQueue.concurrentPerform(iterations: batches) { number in
            let start = seed + UInt64(number) * batch
            if let known = first.withLockedValue({ $0?.seed }), known < start { return }
            for seed in start...min(start + (batch - 1), seeds.upperBound) where isChosen(seed) {
                guard let violation = Simulation.run(seed: seed) else { continue }
                first.withLockedValue { first in
                    if first.map({ violation.seed < $0.seed }) ?? true { first = violation }
                }
                return
            }
        }
        return first.withLockedValue { $0 }
    }
}
