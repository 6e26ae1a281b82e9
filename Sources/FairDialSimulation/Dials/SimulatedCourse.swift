// SPDX-License-Identifier: Apache-2.0

import FairDial
import IPAddresses

/// One dial of a run as its caller asks for it: the target, the options and the timeouts, and how each step of the
/// caller's own ends. The dice choose all of it.
struct SimulatedCourse: CustomStringConvertible {
    /// How a step of the caller's ends.
    enum Way {
        case atOnce
        case never
        case after(UInt64)
        case fails(after: UInt64)
        case peerLeaves(after: UInt64)
    }

    /// The names that are looked up. No dial is for the last one: bindings and SRV records lead to it.
    static let names = ["a.sim", "b.sim", "c.sim", "t.sim"]

    let host: String
    /// What needs no lookup.
    let known: [IPAddress]
    let isKnown: Bool
    let goal: DialQuestion.Goal
    let families: AddressFamilies
    let timeouts: FilledTimeouts
    let deadline: Duration?
    let race: RaceConfiguration
    let isVetted: Bool
    let label: String?
    /// Whether service bindings are wanted, should there be a lookup.
    let isBound: Bool
    /// Whether `host` is a service, whose targets are looked up.
    let isService: Bool
    /// Whether what is known are endpoints that the caller has.
    let isGiven: Bool
    let initializer: Way
    let readiness: Way?

    init(_ dice: Dice) {
        families = dice.chance(70) ? .both : dice.chance(50) ? .ipv4 : .ipv6
        var isService = false
        var isGiven = false
        switch dice.number(0..<100) {
        case 0..<12:
            host = "_db._tcp.sim"
            known = []
            isKnown = false
            isService = true
        case 12..<55:
            host = dice.pick(Array(Self.names.dropLast()))
            known = []
            isKnown = false
        case 55..<80:
            let address = dice.pick(SimulatedWorld.addresses)
            host = "\(address)"
            known = [address]
            isKnown = true
        default:
            host = "known.sim"
            known = dice.some(of: SimulatedWorld.addresses)
            isKnown = true
            isGiven = dice.chance(50)
        }
        self.isService = isService
        self.isGiven = isGiven
        goal =
            isService || isGiven
            ? (dice.chance(50) ? .channel : .socket)
            : [.channel, .channel, .socket, .socket, .answer][dice.number(0..<5)]
        func timeout() -> Duration {
            dice.chance(50) ? .nanoseconds(Int64(dice.milliseconds(0...1_200))) : .seconds(10)
        }
        timeouts = FilledTimeouts(queue: timeout(), lookup: timeout(), connect: timeout(), handshake: timeout())
        deadline = dice.chance(70) ? nil : .nanoseconds(Int64(dice.milliseconds(0...3_000)))
        var race = RaceConfiguration(
            rules: dice.chance(50) ? .rfc8305 : .version3,
            resolutionDelay: .milliseconds(dice.number(0..<100)),
            attemptDelay: .milliseconds(dice.number(0..<400)),
            minimumAttemptDelay: .milliseconds(dice.number(0..<150)),
            firstFamilyCount: dice.number(0..<4),
            concurrentAttemptLimit: dice.chance(60) ? .max : dice.number(0..<3),
            attemptTimeout: dice.chance(70) ? nil : .milliseconds(dice.number(0..<1_500))
        )
        race.timeout = dice.chance(85) ? nil : .milliseconds(dice.number(0..<2_000))
        self.race = race
        isVetted = dice.chance(40)
        isBound = dice.chance(30)
        label = dice.chance(50) ? nil : dice.pick(["crawl", "driver"])
        initializer = Self.way(dice)
        readiness = dice.chance(50) ? nil : Self.way(dice)
    }

    func knows(_ address: IPAddress) -> Bool { known.contains(address) }

    var overrides: [String: [IPAddress]] { host == "known.sim" && !isGiven ? [host: known] : [:] }

    /// What is dialed.
    func target() throws(DialError) -> Target {
        if isService { return try .service(host) }
        if isGiven { return try .endpoints(known.map { Endpoint(address: $0, port: 443) }, name: host) }
        return try Target(host: host, port: 443)
    }

    var description: String {
        "\(host) \(known) for \(goal), families \(families.rawValue), \(timeouts), deadline \(deadline as Duration?), "
            + "\(race), vetted \(isVetted), bound \(isBound), initializer \(initializer), readiness \(readiness as Way?)"
    }

    private static func way(_ dice: Dice) -> Way {
        switch dice.number(0..<100) {
        case 0..<60: .atOnce
        case 60..<80: .after(dice.milliseconds(0...500))
        case 80..<88: .fails(after: dice.milliseconds(0...500))
        case 88..<95: .peerLeaves(after: dice.milliseconds(0...500))
        default: .never
        }
    }
}
