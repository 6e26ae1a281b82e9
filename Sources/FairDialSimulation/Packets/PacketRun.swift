// SPDX-License-Identifier: Apache-2.0

import DNSResolution
import IPAddresses
import NameResolution

/// A few lookups in DNS, packet by packet: name servers as they are, a network as it is, and mostly a forger. The
/// resolver and its engine are the code that ships.
final class PacketRun: SimulatedSurroundings, @unchecked Sendable {
    let clock = SimulatedClock()
    let dice: Dice
    private(set) var lateness = Duration.zero
    private(set) var violation: String?
    private let tell: ((String) -> Void)?
    private var internet: SimulatedInternet?
    private var witness: PacketWitness?
    private var lookups: [any LookupHandle] = []

    private static let names = [
        "alpha.one.sim", "beta.one.sim", "gamma.two.sim", "delta.two.sim", "epsilon.three.sim", "postgres",
    ]

    private let adversarySeed: UInt64?
    /// More names, all of which are looked up at once; mostly none.
    private let crowd: [String]

    init(seed: UInt64, telling tell: ((String) -> Void)?) {
        dice = Dice(seed: seed)
        // From dice of their own too, so that the other runs are what they were.
        let crowding = Dice(seed: seed &* 0x9E37_79B9_7F4A_7C15)
        let size = crowding.chance(4) ? crowding.number(6..<25) : 0
        crowd = (0..<size).map { "n\($0).crowd.sim" }
        // A seed of its own, apart from the run's.
        adversarySeed = Simulation.hasAdversary(seed) ? ~seed : nil
        self.tell = tell
    }

    func run() {
        prepare()
        var steps = 0
        while violation == nil, clock.runNext() {
            steps += 1
            if steps > 20_000 { fault("it never ends") }
            if let internet, let witness, internet.hasAdversary { internet.checkWork(witness.resolver.load) }
        }
        if violation == nil { checkRemains() }
        if let internet, internet.hasAdversary {
            // In an order of their own: a dictionary's differs from process to process.
            let most = internet.work.most.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
            story("the most in \(steps) events: \(most.joined(separator: ", "))")
        }
        // All parts of the run refer to this object: the cycles are broken here.
        internet?.part()
        (internet, witness, lookups) = (nil, nil, [])
    }

    private func prepare() {
        var names = Self.names
        while names.count > 4 || names.count > 1 && dice.chance(40) { names.remove(at: dice.number(0..<names.count)) }
        let internet = SimulatedInternet(
            of: self,
            names: names + crowd,
            isCalm: dice.chance(40),
            adversarySeed: adversarySeed,
            usesStreamsOnly: !crowd.isEmpty
        )
        self.internet = internet
        internet.work.keepsMost = tell != nil
        let witness = PacketWitness(internet.resolver(isTold: tell != nil), in: internet)
        self.witness = witness
        for _ in 0..<dice.number(1..<5) {
            let name = dice.pick(names)
            // Callers write names as they like.
            let text = dice.chance(85) ? name : name.uppercased()
            let families: AddressFamilies = dice.chance(70) ? .both : dice.chance(50) ? .ipv4 : .ipv6
            clock.after(dice.chance(50) ? 0 : dice.milliseconds(0...4_000)) { self.lookUp(text, families) }
        }
        for name in crowd { clock.after(0) { self.lookUp(name, .both) } }
        internet.beginTrouble()
        if !internet.isCalm, dice.chance(15) { prepareLateness() }
    }

    private func prepareLateness() {
        let time = dice.milliseconds(1...3_000)
        let isAsleep = dice.chance(50)
        clock.after(dice.milliseconds(0...3_000)) {
            self.story(isAsleep ? "the machine sleeps for \(time) ns" : "the reader does not run for \(time) ns")
            self.lateness += .nanoseconds(Int64(time))
            if isAsleep { self.clock.leap(time) } else { self.internet?.datagrams.last?.block(for: time) }
        }
    }

    private func lookUp(_ text: String, _ families: AddressFamilies) {
        guard let witness else { return }
        let question = LookupQuestion(name: text, families: families)
        let lookup = witness.lookUp(question, for: FairnessKey(label: "sim")) { _ in }
        if dice.chance(10) { clock.after(dice.milliseconds(0...2_000)) { _ = lookup.cancel() } }
    }

    private func checkRemains() {
        guard let internet, let witness else { return }
        internet.checkRemains()
        if witness.count > 0 { fault("\(witness.count) lookups have not ended") }
        if witness.resolver.inFlightCount > 0 { fault("\(witness.resolver.inFlightCount) lookups are left") }
    }

    func fault(_ what: String) {
        story("BROKEN: \(what)")
        violation = violation ?? what
    }

    func story(_ line: @autoclosure () -> String) {
        guard let tell else { return }
        tell("\(String((clock.now - 1_000_000_000) / 1_000)) µs  \(line())")
    }
}
