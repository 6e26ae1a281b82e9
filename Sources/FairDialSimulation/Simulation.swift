// SPDX-License-Identifier: Apache-2.0

/// Random afternoons of the whole stack above the socket calls: dialer, timeouts, resolver, sharing, line, race,
/// policy, memory.
///
/// A seed says everything that happens in a world, so whatever goes wrong can be seen again:
/// `fairdial simulate --seed S --worlds 1 --story`.
public enum Simulation {
    /// A rule that was broken.
    public struct Violation: Error, Hashable, Sendable {
        /// The world's seed.
        public let seed: UInt64
        /// What was seen.
        public let what: String
    }

    /// Whether a seed's world is of lookups in DNS alone, packet by packet: every second one's.
    public static func hasPacketsAlone(_ seed: UInt64) -> Bool { seed.isMultiple(of: 2) }

    /// Whether a server of a seed's world says whatever the seed makes up: in every fourth one of those packet by
    /// packet.
    public static func hasAdversary(_ seed: UInt64) -> Bool { seed.isMultiple(of: 8) }

    /// Lives one world to its end.
    ///
    /// - Parameters:
    ///   - seed: the world.
    ///   - tell: is told everything that happens, a line each; `nil` for nobody.
    /// - Returns: the first rule that was broken; `nil` when all held.
    public static func run(seed: UInt64, telling tell: ((String) -> Void)? = nil) -> Violation? {
        let what: String?
        if hasPacketsAlone(seed) {
            let run = PacketRun(seed: seed, telling: tell)
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
