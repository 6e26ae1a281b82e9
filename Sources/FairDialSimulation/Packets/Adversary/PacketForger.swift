// SPDX-License-Identifier: Apache-2.0

import DNSResolution
import IPAddresses

/// A forged datagram, with what its forger took for right.
struct PacketForgery {
    let identifier: UInt16
    /// `nil` without a question section.
    let question: [UInt8]?
    let type: UInt16
    /// The name's index in the zone.
    let place: Int?
    /// Whether only the DNS cookie in it is wrong. The resolver must drop it for that.
    let reliesOnCookie: Bool

    /// Whether everything that the resolver can compare is right in it: then no resolver could tell it from an answer.
    func isRight(for port: SimulatedPort, _ wire: PacketWire) -> Bool {
        port.sent.contains { query in
            guard query.identifier == identifier, !reliesOnCookie else { return false }
            guard let question else { return true }
            if question == query.question { return true }
            // Where the letters went out as they were written, their case is nothing to go by.
            guard let name = query.place, wire.isAsWritten(query, about: name) else { return false }
            return place == name && question.suffix(4) == query.question.suffix(4)
        }
    }
}

/// An attacker that sends forged answers. It knows which questions are asked and when or keeps guessing, and has some
/// of what it must guess right, never all.
final class PacketForger: CustomStringConvertible {
    private unowned let internet: SimulatedInternet
    /// Whether it notices each query, as the one on the path does; the other one sends when it likes.
    let isOnPath: Bool
    private let knowsIdentifier: Bool
    private let knowsPort: Bool
    private let knowsSpelling: Bool
    private let knowsCookies: Bool
    private var count = 0
    /// The most forgeries in a run; runs are small.
    private let limit: Int

    static let addresses: [IPAddress] = [
        .v4(IPv4Address(bits: 0x0606_0606)), .v6(IPv6Address(high: 0x0666_0000_0000_0000, low: 6), zone: nil),
    ]

    init(on internet: SimulatedInternet) {
        self.internet = internet
        let dice = internet.run.dice
        isOnPath = dice.chance(50)
        limit = dice.number(4..<60)
        // One of four that it has to guess; half of the time others, too.
        let unknown = dice.number(0..<4)
        let percent = dice.chance(50) ? 100 : 60
        knowsIdentifier = unknown != 0 && dice.chance(percent)
        knowsPort = unknown != 1 && dice.chance(percent)
        knowsSpelling = unknown != 2 && dice.chance(percent)
        knowsCookies = unknown != 3 && dice.chance(percent)
    }

    var description: String {
        "\(isOnPath ? "on" : "off") the path, knows identifiers \(knowsIdentifier), ports \(knowsPort), "
            + "spellings \(knowsSpelling), cookies \(knowsCookies)"
    }

    /// A query goes out.
    func sees(_ query: PacketQuery, from port: SimulatedPort, of datagrams: SimulatedDatagrams) {
        guard isOnPath else { return }
        let server = internet.servers[port.server]
        for _ in 0..<internet.run.dice.number(0..<6) {
            let window = Int((server.roundTrip + server.thinkingTime) / 1_000_000) + 2
            forge(query, on: port, of: datagrams, after: internet.run.dice.milliseconds(0...window))
        }
    }

    /// Sends forgeries to the ports that it takes for ours.
    func burst() {
        guard !isOnPath, let datagrams = internet.datagrams.last, !datagrams.ports.isEmpty else { return }
        let dice = internet.run.dice
        for _ in 0..<dice.number(1..<9) {
            let port = dice.pick(datagrams.ports)
            guard let query = port.sent.last else { continue }
            forge(query, on: port, of: datagrams, after: dice.milliseconds(0...20))
        }
    }

    private func forge(
        _ query: PacketQuery,
        on port: SimulatedPort,
        of datagrams: SimulatedDatagrams,
        after delay: UInt64
    ) {
        let dice = internet.run.dice
        guard count < limit else { return }
        count += 1
        var target = port
        if !knowsPort {
            // Most ports are closed; one of ours that waits for another answer is the best that it can hit.
            let others = datagrams.ports.filter { $0 !== port && $0.server == port.server }
            guard !others.isEmpty else { return }
            target = dice.pick(others)
        }
        let time = internet.run.clock.now + delay
        if dice.chance(6) {
            // An ICMP message that says the port is closed; the kernel wants to see the port in it.
            let refused: Int32 = 111
            let nothing = PacketForgery(identifier: 0, question: [], type: 0, place: nil, reliesOnCookie: false)
            return arrive(.failed(refused), nothing, at: target, of: datagrams, time)
        }
        let isMixed = query.place.map { !internet.wire.isAsWritten(query, about: $0) } ?? false
        let server = internet.servers[port.server]
        let isHonest = internet.adversaries[port.server] == nil
        let isCookieKnown =
            isHonest && query.hasServerCookie && (server.has(.givesCookies) || server.has(.demandsCookies))
        var identifier = knowsIdentifier ? query.identifier : query.identifier ^ UInt16(dice.number(1..<65_536))
        // A wrong identifier, port or letter case gives a forgery away. Where the forger has all three right, a cookie
        // that it does not know must give it away; where there is no such cookie, the identifier is made wrong.
        let isSafe = !knowsIdentifier || !knowsPort || !knowsSpelling && isMixed
        let reliesOnCookie = !isSafe && !knowsCookies && isCookieKnown
        if !isSafe, !reliesOnCookie { identifier ^= 1 }
        var writer = PacketWriter(to: query)
        writer.identifier = identifier
        if !knowsSpelling { writer.question = Self.respelled(query.question) }
        fill(&writer, query, mayLeaveQuestion: !knowsIdentifier || !knowsPort || identifier != query.identifier)
        if query.hasOptions, dice.chance(70) {
            let cookies = knowsCookies ? query.cookies : (0..<16).map { _ in UInt8(dice.number(0..<256)) }
            writer.additional = [PacketWriter.options(0, cookies: cookies)]
        }
        let forgery = PacketForgery(
            identifier: identifier,
            question: writer.question,
            type: query.type,
            place: query.place,
            reliesOnCookie: reliesOnCookie
        )
        arrive(.message(writer.bytes), forgery, at: target, of: datagrams, time)
    }

    private func arrive(
        _ event: DatagramEvent,
        _ forgery: PacketForgery,
        at port: SimulatedPort,
        of datagrams: SimulatedDatagrams,
        _ time: UInt64
    ) {
        internet.run.story("the forger sends to port \(port.carrier), identifier \(forgery.identifier)")
        datagrams.arrives(SimulatedPort.Arrival(time: time, event: event, kind: .forged(forgery)), at: port)
    }

    /// What it wants to be believed, or at least to be acted on.
    private func fill(_ writer: inout PacketWriter, _ query: PacketQuery, mayLeaveQuestion: Bool) {
        let dice = internet.run.dice
        switch dice.number(0..<100) {
        case 0..<50: writer.answers = [PacketWriter.record(Self.addresses[query.type == PacketZone.typeA ? 0 : 1])]
        case 50..<65:
            writer.code = PacketWriter.Code.nameError
            writer.authorities = [PacketWriter.zoneStart]
        case 65..<73: writer.authorities = [PacketWriter.zoneStart]
        case 73..<90:
            let codes = [PacketWriter.Code.formatError, PacketWriter.Code.refused, PacketWriter.Code.serverFailure]
            writer.code = dice.pick(codes)
            if mayLeaveQuestion, dice.chance(50) { writer.question = nil }
        case 90..<96: writer.isTruncated = true
        default: writer.announced = 3
        }
    }

    /// The same name in another spelling, or with one of its letters in the other case.
    private static func respelled(_ question: [UInt8]) -> [UInt8] {
        var bytes = question
        if let letter = bytes.dropLast(4).firstIndex(where: { ($0 | 0x20) &- 0x61 < 26 }) { bytes[letter] ^= 0x20 }
        return bytes
    }
}
