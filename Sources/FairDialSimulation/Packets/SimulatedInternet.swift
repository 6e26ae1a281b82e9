// SPDX-License-Identifier: Apache-2.0

import DNSResolution
import IPAddresses
import NameResolution

/// The network between a DNS resolver and its servers: it loses, delays, repeats and reorders packets, and a forger may
/// forge them.
final class SimulatedInternet: @unchecked Sendable {
    unowned let run: any SimulatedSurroundings
    let zone: PacketZone
    let servers: [PacketServer]
    /// How the resolver is told to look names up.
    let file: ResolverFile
    let rules: PacketRules
    /// In a hundred.
    private let loss: Int
    private let repetition: Int
    /// By how much a packet may be later than another, in nanoseconds.
    private let spread: UInt64
    let isTroubled: Bool
    private(set) var forger: PacketForger?
    private var hasMoved = false
    private var moveCount = 0
    private var openedStreams: [SimulatedStream] = []
    var datagrams: [SimulatedDatagrams] = []
    var wire = PacketWire()
    /// By the index of their server.
    private(set) var adversaries: [Int: PacketAdversary] = [:]
    var book = AdversaryBook()
    var work = PacketWork()

    /// - Parameters:
    ///   - adversarySeed: what the first server makes up comes from here, and perhaps what others do; `nil` for none.
    ///   - usesStreamsOnly: whether the resolver is told to ask over streams alone; else some are.
    init(
        of run: any SimulatedSurroundings,
        names: [String],
        isCalm: Bool,
        rules: PacketRules = .current,
        adversarySeed: UInt64? = nil,
        usesStreamsOnly: Bool = false
    ) {
        self.run = run
        self.rules = rules
        let dice = run.dice
        let zone = PacketZone(names, dice)
        self.zone = zone
        servers = (0..<dice.pick([1, 1, 1, 2, 2, 3])).map { number in
            let traits = (0..<dice.pick([0, 1, 1, 1, 1, 2])).map { _ in dice.pick(PacketTrait.allCases) }
            let address = IPAddress.v4(IPv4Address(bits: 0xC000_0235 + UInt32(number)))
            return PacketServer(Endpoint(address: address, port: 53), Set(traits), of: zone, dice)
        }
        var file = ResolverFile.standard
        file.timeout = .seconds(dice.pick([1, 2, 5]))
        file.attempts = dice.pick([1, 2, 2, 3])
        file.rotates = dice.chance(10)
        file.asksOneByOne = dice.chance(10)
        file.usesStreamsOnly = dice.chance(4) || usesStreamsOnly
        self.file = file
        loss = isCalm || dice.chance(50) ? 0 : dice.number(1..<40)
        repetition = dice.chance(70) ? 0 : dice.number(1..<40)
        spread = dice.chance(50) ? 0 : dice.milliseconds(0...300)
        isTroubled = !isCalm && dice.chance(15)
        if !isCalm, dice.chance(50) { forger = PacketForger(on: self) }
        if let adversarySeed {
            let dice = Dice(seed: adversarySeed)
            wire.takesPlainAsWritten = true
            for place in servers.indices where place == 0 || dice.chance(50) {
                adversaries[place] = PacketAdversary(dice)
            }
        }
        for (place, adversary) in adversaries.sorted(by: { $0.key < $1.key }) {
            run.story("server \(servers[place].endpoint.address) is an adversary: \(adversary)")
        }
        for server in servers {
            let traits = PacketTrait.allCases.filter(server.has).map { "\($0)" }.joined(separator: ", ")
            run.story("server \(server.endpoint.address): \(traits), \(server.roundTrip) ns away")
        }
        for name in zone.names { run.story("\(name.text): \(name.content)") }
        run.story(
            "loss \(loss) %, repetition \(repetition) %, spread \(spread) ns, troubled \(isTroubled), "
                + "timeout \(file.timeout), attempts \(file.attempts), forger: \(forger?.description ?? "none")"
        )
    }

    /// Whether nothing is lost, forged or short: what the C library would find then can be told.
    var isCalm: Bool { loss == 0 && !isTroubled && forger == nil && !hasAdversary }

    /// How many ports an engine may have open at once. Each of a query's tries has its own until the query ends, and an
    /// adversary sees to it that none of them ends it.
    var portLimit: Int { hasAdversary ? 64 + PacketWork.portLimit * work.lookups : 64 }

    /// How many engines there are in all at most: one more with each move.
    var engineCount: Int { moveCount + 1 }

    /// A resolver in this network.
    ///
    /// - Parameter isTold: whether it tells its part of the story.
    func resolver(isTold: Bool) -> DNSResolver {
        var configuration = DNSResolverConfiguration()
        configuration.configurationPath = ""
        configuration.fileContent = file
        configuration.servers = servers.map { NameServer($0.endpoint) }
        configuration.machine = SimulatedMachine(internet: self)
        configuration.transport = SimulatedStreams(internet: self)
        if isTold { configuration.trace = { trace in self.run.story("\(trace.event)") } }
        return DNSResolver(configuration)
    }

    /// Whether this machine lacks something just now, with this chance in percent.
    func hasTrouble(_ percent: Int) -> Bool { isTroubled && run.dice.chance(percent) }

    /// Has the forger guess, and this machine move to another network, in which the same servers are.
    func beginTrouble() {
        let dice = run.dice
        for _ in 0..<dice.number(1..<6) where forger?.isOnPath == false {
            run.clock.after(dice.milliseconds(0...3_000)) { self.forger?.burst() }
        }
        guard dice.chance(5) else { return }
        run.clock.after(dice.milliseconds(0...4_000)) {
            self.run.story("this machine is in another network")
            self.hasMoved = true
            self.moveCount += 1
        }
    }

    func takeMove() -> Bool {
        defer { hasMoved = false }
        return hasMoved
    }

    func opened(_ stream: SimulatedStream, to server: Int) {
        openedStreams.append(stream)
        let (count, limit) = (work.openCount(to: server), PacketWork.openStreamLimit(ofEngines: engineCount))
        if count > limit { run.fault("\(count) streams to one server at once, and \(limit) at most") }
        stream.begin()
    }

    /// Drops its references, so that no cycle is left.
    func part() {
        for datagrams in datagrams { datagrams.part() }
        datagrams = []
        openedStreams = []
        forger = nil
    }

    /// When nothing happens any more, nothing is left.
    func checkRemains() {
        for datagrams in datagrams {
            if datagrams.hasReader { run.fault("a reader is left") }
            if !datagrams.ports.isEmpty { run.fault("\(datagrams.ports.count) ports are open still") }
        }
        let streamCount = openedStreams.count { !$0.isOver }
        if streamCount > 0 { run.fault("\(streamCount) streams are open still") }
    }
}

// MARK: - Packets

extension SimulatedInternet {
    /// A query goes out.
    ///
    /// - Parameter port: where from; `nil` over a stream.
    /// - Returns: the query; `nil` where it is none.
    func willSend(_ message: [UInt8], to server: Int, port: SimulatedPort?) -> PacketQuery? {
        work.sends()
        guard let query = PacketQuery(message, in: zone) else {
            run.fault("a query that cannot be read: \(message)")
            return nil
        }
        guard let name = query.place else { return query }
        let tally = wire.sent(query, about: name, to: server, isStream: port == nil, at: run.clock.now)
        check(query, name, to: server, tally, port)
        return query
    }

    func send(_ message: [UInt8], from port: SimulatedPort, of datagrams: SimulatedDatagrams) {
        guard let query = willSend(message, to: port.server, port: port) else { return }
        port.sent.append(query)
        let (server, dice) = (servers[port.server], run.dice)
        forger?.sees(query, from: port, of: datagrams)
        if dice.chance(loss) { return run.story("lost on the way there") }
        if makesUp(query, from: port, of: datagrams) { return }
        let reply = server.reply(to: query, isStream: false, from: port.number)
        for turn in 0..<2 where turn == 0 || dice.chance(repetition) {
            if dice.chance(loss) {
                run.story("lost on the way back")
                continue
            }
            let delay = server.roundTrip + server.thinkingTime + (spread == 0 ? 0 : dice.milliseconds(0...300) % spread)
            let event: DatagramEvent
            let kind: SimulatedPort.Kind
            switch reply {
            case .silence: return
            case .refused:
                let refused: Int32 = 111
                event = .failed(refused)
                kind = .genuine(.complaint, to: query, about: nil)
            case .message(let bytes, let meaning):
                event = .message(bytes)
                kind = .genuine(meaning, to: query, about: query.place)
            }
            let time = run.clock.now + delay
            datagrams.arrives(SimulatedPort.Arrival(time: time, event: event, kind: kind), at: port)
        }
    }

    /// The resolver reads a packet.
    ///
    /// - Returns: whether it does: a forger who has everything right by accident has lost the packet on the way.
    func delivers(_ arrival: SimulatedPort.Arrival, at port: SimulatedPort) -> Bool {
        work.reads()
        switch arrival.kind {
        case .madeUp(let message):
            for query in port.sent { book.note(message, to: query) }
        case .genuine(let meaning, let query, let name):
            if let name { wire.delivered(meaning, to: query, about: name, from: port.server) }
        case .forged(let forgery):
            if forgery.isRight(for: port, wire) { return false }
            if forgery.question != nil, let name = forgery.place,
                let query = port.sent.last(where: { $0.place == name && $0.type == forgery.type }),
                // One with the identifier of another query there is a mismatch of that one.
                !port.sent.contains(where: {
                    $0.identifier == forgery.identifier && !($0.place == name && $0.type == forgery.type)
                })
            {
                wire.mismatched(query, about: name, from: port.server, at: run.clock.now)
            }
        }
        return true
    }

    /// The resolver reads what a stream brings.
    func delivers(_ meaning: PacketReply.Meaning, to query: PacketQuery, from server: Int) {
        guard let name = query.place else { return }
        wire.delivered(meaning, to: query, about: name, from: server)
    }

    /// Packets have come, and are about to be read or thrown away: a check that looks at the clock now must count them.
    func hasCome(_ arrivals: [SimulatedPort.Arrival]) {
        for arrival in arrivals {
            guard case .genuine(.addresses(let addresses), let query, let name?) = arrival.kind, !addresses.isEmpty
            else { continue }
            wire.unread.append(PacketWire.Unread(name: name, type: query.type, time: run.clock.now))
        }
    }
}
