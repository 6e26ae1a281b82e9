// SPDX-License-Identifier: Apache-2.0

/// Randomized runs of the whole stack above the socket calls: dialer, timeouts, resolver, sharing, queue, race, policy,
/// memory; and of pools above it.
///
/// A seed decides everything that happens in a run, so a run that fails can be repeated: `fairdial simulate --seed S
/// --runs 1 --story`.
public enum Simulation {
    /// A rule that was broken.
    public struct Violation: Error, Hashable, Sendable {
        /// The run's seed.
        public let seed: UInt64
        /// What was seen.
        public let what: String
    }

    /// Whether a seed's run simulates lookups in DNS alone, packet by packet: every even seed's.
    public static func hasPacketsAlone(_ seed: UInt64) -> Bool { seed.isMultiple(of: 2) }

    /// Whether a server of a seed's run says what the seed makes up: in every fourth of the runs packet by packet.
    public static func hasAdversary(_ seed: UInt64) -> Bool { seed.isMultiple(of: 8) }

    /// Whether a seed's run simulates a pool: every tenth seed's, taken from those that dial.
    public static func hasPool(_ seed: UInt64) -> Bool { seed % 10 == 7 }

    /// Simulates one run to its end.
    ///
    /// - Parameters:
    ///   - seed: decides the run.
    ///   - tell: called with everything that happens, a line each; `nil` for no story.
    /// - Returns: the first rule that was broken; `nil` when all held.
    public static func run(seed: UInt64, telling tell: ((String) -> Void)? = nil) -> Violation? {
        let what: String?
        if hasPacketsAlone(seed) {
            let run = PacketRun(seed: seed, telling: tell)
            run.run()
            what = run.violation
        } else if hasPool(seed) {
            let run = PoolRun(seed: seed, telling: tell)
            run.run()
            what = run.violation
        } else {
            let world = SimulatedWorld(seed: seed, telling: tell)
            world.run()
            what = world.violation
        }
        return what.map { Violation(seed: seed, what: $0) }
    }
}
