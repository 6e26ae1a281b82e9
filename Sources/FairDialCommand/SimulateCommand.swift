// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Dispatch
import FairDialTestKit
import NIOConcurrencyHelpers

/// `fairdial simulate`: random afternoons of the whole stack, each by its seed.
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Live random afternoons on a simulated network and clock, and check every rule.",
        discussion: """
            A world's seed says everything that happens in it. Exit status 0: all rules held in every world; 1: one was broken, \
            and the line that is printed lives that world again.
            """
    )

    @Option(help: "The first world's seed.")
    var seed: UInt64 = 1

    @Option(help: "How many worlds, with the seeds that follow.")
    var worlds: UInt64 = 10_000

    @Flag(help: "Tell everything that happens, one line each.")
    var story = false

    func validate() throws {
        if worlds == 0 { throw ValidationError("--worlds must be 1 or more") }
        if seed.addingReportingOverflow(worlds - 1).overflow { throw ValidationError("there are no such seeds") }
    }

    func run() throws {
        let began = ContinuousClock.now
        let violation = story ? told() : found()
        if let violation {
            print("\(violation.what) — fairdial simulate --seed \(violation.seed) --worlds 1 --story")
            throw ExitCode(1)
        }
        let took = ContinuousClock.now - began
        let rate = Int(Double(worlds) / max(took / .seconds(1), 0.001))
        let packetCount = (seed...(seed + (worlds - 1))).count(where: Simulation.hasPacketsAlone)
        print(
            "\(worlds) worlds from seed \(seed), \(packetCount) of them packet by packet, every rule held; "
                + "\(rate) worlds a second"
        )
    }

    /// One world after the other, told.
    private func told() -> Simulation.Violation? {
        for world in seed...(seed + (worlds - 1)) {
            if let violation = Simulation.run(seed: world, telling: { print($0) }) { return violation }
        }
        return nil
    }

    /// All worlds on all processors; of those that break a rule the one with the lowest seed, so that it is always the same.
    private func found() -> Simulation.Violation? {
        let first = NIOLockedValueBox<Simulation.Violation?>(nil)
        let batch: UInt64 = 100
        let batches = Int((worlds - 1) / batch + 1)
        DispatchQueue.concurrentPerform(iterations: batches) { number in
            let start = seed + UInt64(number) * batch
            if let known = first.withLockedValue({ $0?.seed }), known < start { return }
            for world in start...min(start + (batch - 1), seed + (worlds - 1)) {
                guard let violation = Simulation.run(seed: world) else { continue }
                first.withLockedValue { first in
                    if first.map({ violation.seed < $0.seed }) ?? true { first = violation }
                }
                return
            }
        }
        return first.withLockedValue { $0 }
    }
}
