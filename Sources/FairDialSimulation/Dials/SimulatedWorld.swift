// SPDX-License-Identifier: Apache-2.0

import DNSResolution
import FairDial
import IPAddresses
import NameResolution
import SystemResolution

/// One run: a few dials on one or two loops, one resolver for all of them, and a network and a machine that behave as
/// chance says. Everything above the socket calls and `getaddrinfo` is the code that ships.
final class SimulatedWorld: SimulatedSurroundings, @unchecked Sendable {
    static let addresses: [IPAddress] =
        (1...4).map { .v6(IPv6Address(high: 0x2001_0db8_0000_0000, low: $0), zone: nil) }
        + (1...4).map { .v4(IPv4Address(bits: 0xC000_0200 + $0)) }

    let clock = SimulatedClock()
    let waitingRoom = WaitingRoom()
    let dice: Dice
    private let tell: ((String) -> Void)?
    private var loops: [SimulatedLoop] = []
    private var dials: [SimulatedDial] = []
    private var system: SystemResolver?
    private var calls: SimulatedCalls?
    private var server: SimulatedNameServer?
    private var internet: SimulatedInternet?
    private var witness: PacketWitness?
    private var names: NameResolver?
    private var denied: [IPAddress] = []
    private var unreachable: AddressFamilies = []
    private var tokens: UInt64 = 0
    private var descriptors: CInt = 1_000
    private(set) var hasMemory = false

    /// How long loops were blocked and the machine slept in all: any event may be this late.
    private(set) var lateness = Duration.zero

    /// The first rule that was broken; `nil` when none was.
    private(set) var violation: String?

    init(seed: UInt64, telling tell: ((String) -> Void)?) {
        dice = Dice(seed: seed)
        self.tell = tell
    }

    func run() {
        prepare()
        var steps = 0
        while violation == nil, clock.runNext() {
            steps += 1
            if steps > 50_000 { fault("it never ends") }
        }
        if violation == nil { checkRemains() }
        // All parts of the run refer to this object: the cycles are broken here.
        for dial in dials { dial.part() }
        dials = []
        loops = []
        internet?.part()
        (system, calls, server, internet, witness, names) = (nil, nil, nil, nil, nil, nil)
    }
}

// MARK: - What happens

extension SimulatedWorld {
    private func prepare() {
        loops = (0..<(dice.chance(70) ? 1 : 2)).map { _ in
            SimulatedLoop(on: clock) { self.fault("a loop spins without end") }
        }
        let resolver = NameResolver(makeResolver(), localNames: nil)
        names = resolver
        if dice.chance(20) { unreachable = dice.chance(50) ? .ipv6 : .ipv4 }
        var configuration = DialerConfiguration()
        hasMemory = dice.chance(40)
        if hasMemory { configuration.memory = OutcomeMemory(lifetime: .seconds(20), failureLifetime: .seconds(2)) }
        denied = dice.some(of: Self.addresses)
        for number in 0..<dice.number(1..<6) {
            let dial = SimulatedDial(number, in: self, SimulatedCourse(dice), on: dice.pick(loops))
            dials.append(dial)
            clock.after(dice.chance(40) ? 0 : dice.milliseconds(0...1_000)) { [configuration] in
                dial.start(configuration, before: resolver)
            }
            if dice.chance(25) { clock.after(dice.milliseconds(0...2_500)) { dial.cancel() } }
        }
        prepareTrouble()
    }

    /// `getaddrinfo`, a resolver that answers as chance says, or the one that asks DNS servers.
    private func makeResolver() -> any AddressResolver {
        switch dice.number(0..<100) {
        case 0..<45:
            let calls = SimulatedCalls(in: self)
            let queue = QueueConfiguration(
                slots: calls.places,
                reservedSlots: calls.kept,
                waitingLimit: dice.chance(80) ? 16 : dice.number(0..<2)
            )
            let system = SystemResolver(
                SystemResolverConfiguration(queue: queue, secondCallDelay: dice.chance(50) ? .seconds(2) : nil),
                on: calls
            )
            (self.calls, self.system) = (calls, system)
            return system
        case 45..<75:
            let server = SimulatedNameServer(in: self)
            self.server = server
            return server
        default:
            let internet = SimulatedInternet(of: self, names: SimulatedCourse.names, isCalm: dice.chance(30))
            let witness = PacketWitness(internet.resolver(isTold: tell != nil), in: internet)
            internet.beginTrouble()
            (self.internet, self.witness) = (internet, witness)
            return witness
        }
    }

    private func prepareTrouble() {
        for _ in 0..<dice.number(0..<3) where dice.chance(50) {
            let while_ = dice.milliseconds(1...1_500)
            let loop = dice.pick(loops)
            clock.after(dice.milliseconds(0...2_500)) {
                self.story("a loop is blocked for \(while_) ns")
                self.lateness += .nanoseconds(Int64(while_))
                loop.block(for: while_)
            }
        }
        if dice.chance(10) {
            let while_ = dice.milliseconds(1...5_000)
            clock.after(dice.milliseconds(0...2_500)) {
                self.story("the machine sleeps for \(while_) ns")
                self.lateness += .nanoseconds(Int64(while_))
                self.clock.leap(while_)
            }
        }
        for _ in 0..<dice.number(0..<4) {
            clock.after(dice.milliseconds(0...1_500)) { self.denied = self.dice.some(of: Self.addresses) }
        }
    }

    /// A lookup brings these.
    func announce(_ addresses: [IPAddress], of name: String) {
        story("\(name) has \(addresses)")
    }

    func allows(_ address: IPAddress) -> Bool { !denied.contains(address) }

    /// Where this machine sends from.
    func source(for address: IPAddress) -> IPAddress? {
        guard !unreachable.contains(address.family) else { return nil }
        switch address.family {
        case .ipv4: return .v4(IPv4Address(bits: 0x0A00_0002))
        case .ipv6: return .v6(IPv6Address(high: 0x2001_0db8_00ff_0000, low: 2), zone: nil)
        }
    }

    func nextToken() -> UInt64 {
        tokens += 1
        return tokens
    }

    func nextDescriptor() -> CInt {
        descriptors += 1
        return descriptors
    }

    func story(_ line: @autoclosure () -> String) {
        guard let tell else { return }
        tell("\(String((clock.now - 1_000_000_000) / 1_000)) µs  \(line())")
    }
}

// MARK: - What must hold

extension SimulatedWorld {
    /// A rule was broken; the first one counts.
    func fault(_ what: String) {
        story("BROKEN: \(what)")
        violation = violation ?? what
    }

    /// A dial that waits for the answer to a question.
    func waiter(for question: LookupQuestion) -> SimulatedDial? {
        dials.first { $0.awaited.contains(question) }
    }

    /// A lookup that a dial waits for goes on, even when others have cancelled theirs (rule 3).
    func dialEnded() {
        guard let names else { return }
        for (dial, question) in dials.flatMap({ dial in dial.awaited.map { (dial, $0) } }) {
            let isInFlight =
                server.map { $0.isAsked(question) }
                ?? witness.map { $0.isAsked(question) }
                ?? system.map { $0.lookups.contains { $0.name == question.name && $0.families == question.families } }
                ?? false
            if !isInFlight || names.inFlightCount == 0 {
                fault("\(dial.name) waits for \(question.name), and no lookup for it is in flight")
            }
        }
    }

    /// When nothing happens any more, nothing is left (rule 9).
    private func checkRemains() {
        for dial in dials {
            if !dial.isOver { fault("\(dial.name) has not ended") }
            for socket in dial.sockets {
                if socket.stage != .closed { fault("\(dial.name): \(socket.destination) is open still") }
                if socket.watch != nil { fault("\(dial.name): \(socket.destination) is watched still") }
            }
        }
        for loop in loops where loop.liveTimerCount > 0 { fault("\(loop.liveTimerCount) timers are left") }
        if let count = names?.inFlightCount, count > 0 { fault("\(count) shared lookups are left") }
        if let count = calls?.count, count > 0 { fault("\(count) calls are left") }
        internet?.checkRemains()
        if let count = witness?.count, count > 0 { fault("\(count) lookups in DNS are left") }
        if let count = witness?.resolver.inFlightCount, count > 0 { fault("\(count) lookups in DNS go on") }
        if let count = server?.count, count > 0 { fault("\(count) questions are left") }
        if let count = system?.takenSlots, count > 0 { fault("\(count) slots are taken still") }
        if let system, system.waitingCount > 0 || !system.lookups.isEmpty {
            fault("the resolver's queue is not empty: \(system.lookups)")
        }
    }
}
