// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NameResolution

/// What must hold of queries, and of what is believed.
extension SimulatedInternet {
    /// The most datagrams and streams for one lookup of a name and type, over all servers.
    ///
    /// Three tries a second at first, each wait twice as long as the one before from the fourth on, 30 s in all: that
    /// is about twenty; a probe for each server that is marked down, and a repetition in another form, come on top.
    static let datagramLimit = 48
    static let streamLimit = 24

    /// A query goes out.
    func check(_ query: PacketQuery, _ name: Int, to server: Int, _ tally: PacketWire.Tally, _ port: SimulatedPort?) {
        let word = "\(zone.names[name].text) type \(query.type)"
        let isPlain = wire.isPlain(query, about: name)
        run.story(
            "→ \(servers[server].endpoint.address) \(word)\(port == nil ? " over a stream" : ""), "
                + "\(query.hasOptions ? "with" : "without") OPT\(isPlain ? ", plain" : "")"
        )
        // An adversary's aliases lead from any name to any other.
        guard let asks = hasAdversary ? work.lookups : wire.asks[name] else {
            return run.fault("\(word) is asked for, and no lookup wants it")
        }
        let tallies = wire.tallies(of: name, query.type).map(\.tally)
        let datagrams = tallies.reduce(0) { $0 + $1.datagrams }
        let streams = tallies.reduce(0) { $0 + $1.streamQueries }
        if datagrams > Self.datagramLimit * asks { run.fault("\(word): \(datagrams) datagrams for \(asks) lookups") }
        if streams > Self.streamLimit * asks { run.fault("\(word): \(streams) streams' queries for \(asks) lookups") }
        if let port, isPlain, !hasAdversary { checkPlain(query, name, tally, port, asks) }
    }

    /// The plain form has fewest bits to guess, so it goes out seldom, and from a port that the question has not used.
    private func checkPlain(
        _ query: PacketQuery,
        _ name: Int,
        _ tally: PacketWire.Tally,
        _ port: SimulatedPort,
        _ asks: Int
    ) {
        // Where names have three parents a server may have been learned to answer nothing else.
        guard Set(zone.names.indices.map(zone.parent)).count < 3, !wire.hasComplained(port.server) else { return }
        let word = "\(zone.names[name].text) type \(query.type)"
        // Of several queries it cannot be told here which of them a datagram is for.
        let isOnly = asks == 1 && !wire.isCopied(name, query.type)
        let hasUsedPort = port.sent.contains { $0.place == name && $0.type == query.type && $0.hasOptions }
        // A server that is marked down is probed besides.
        if rules.boundsPlainForm, tally.plainDatagrams > 2 * (asks + 1) * engineCount {
            run.fault("\(word): the plain form goes out \(tally.plainDatagrams) times over UDP for \(asks) lookups")
        }
        if rules.boundsPlainForm, isOnly, hasUsedPort {
            run.fault("\(word): the plain form goes out from a port that the question has used")
        }
        // To send the same again gives a forger nothing new to guess.
        let isRepeated = port.sent.contains { $0.identifier == query.identifier && $0.question == query.question }
        let mismatches = wire.mismatches(for: name, query.type, from: port.server, before: run.clock.now)
        let limit = 4
        if rules.hidesPlainFormFromForgers, isOnly, !isRepeated, mismatches >= limit {
            run.fault("\(word): the plain form goes out over UDP after \(mismatches) datagrams that do not match")
        }
    }

    /// A lookup is told these addresses of a family, or that there are none.
    func checkBelieved(_ addresses: [IPAddress], _ type: UInt16, of name: Int) {
        if hasAdversary, !addresses.isEmpty { return checkBelievedOfAdversary(addresses, type, of: name) }
        let chain = zone.chain(from: name)
        let word = "\(zone.names[name].text) type \(type)"
        let tallies = chain.flatMap { wire.tallies(of: $0, type) }
        guard addresses.isEmpty else {
            let given = tallies.flatMap { $0.tally.given + $0.tally.inUnusable }
            for address in addresses where !given.contains(address) {
                run.fault("\(word): \(address) is believed, and no server has said so")
            }
            return
        }
        checkDenied([type], of: name)
    }

    /// A lookup of these families ends with the word that there is no such name, or none with addresses.
    func checkDenied(_ families: AddressFamilies, of name: Int) {
        let types = [(AddressFamily.ipv4, PacketZone.typeA), (.ipv6, PacketZone.typeAAAA)]
        checkDenied(types.filter { families.contains($0.0) }.map(\.1), of: name)
    }

    /// Of one of these types nothing is believed to be there.
    private func checkDenied(_ types: [UInt16], of name: Int) {
        if hasAdversary { return checkDeniedByAdversary(types, of: name) }
        struct Denier {
            let name: Int
            let type: UInt16
            let server: Int
            let tally: PacketWire.Tally
        }
        let word = zone.names[name].text
        var deniers: [Denier] = []
        for name in zone.chain(from: name) {
            for type in types {
                for (server, tally) in wire.tallies(of: name, type)
                where tally.hasDenied || !rules.distrustsUnusable && tally.hasSentUnusable {
                    deniers.append(Denier(name: name, type: type, server: server, tally: tally))
                }
            }
        }
        if deniers.isEmpty {
            return run.fault("\(word) type \(types): nothing is believed to be there, and no server has said so")
        }
        guard rules.confirmsNegatives else { return }
        // A forger keeps the plain form off UDP, and the server may have no streams; a machine without sockets asks no
        // server.
        if isTroubled { return }
        let isConfirmed = deniers.contains { denier in
            denier.tally.wasAskedPlainly
                || wire.mismatches(for: denier.name, denier.type, from: denier.server, before: .max) > 0
                || isExempt(denier.server, denier.type, of: denier.name)
        }
        if !isConfirmed { run.fault("\(word) type \(types): a \"no\" is believed before the plain form was asked") }
    }

    /// The two exemptions: the server has given this name addresses of the other family, or a plain "no" under the same
    /// parent has agreed, be it to a question for service bindings.
    private func isExempt(_ server: Int, _ type: UInt16, of name: Int) -> Bool {
        let other = type == PacketZone.typeA ? PacketZone.typeAAAA : PacketZone.typeA
        if wire.tallies(of: name, other).contains(where: { $0.server == server && !$0.tally.given.isEmpty }) {
            return true
        }
        let siblings = zone.names.indices.filter { zone.parent(of: $0) == zone.parent(of: name) }
        return siblings.contains { sibling in
            [PacketZone.typeA, PacketZone.typeAAAA, PacketZone.typeHTTPS].contains { type in
                wire.tallies(of: sibling, type).contains { $0.server == server && $0.tally.hasDeniedPlainly }
            }
        }
    }

    /// A lookup has ended without addresses of a type that the name has.
    ///
    /// - Parameter isGivenUp: whether it has been told nothing about the type, not even that there are none.
    func checkMissed(_ type: UInt16, of name: Int, spelled text: [UInt8], isGivenUp: Bool) {
        // What it says may end a query before the answer that has come with it is read.
        if hasAdversary { return }
        let word = "\(zone.names[name].text) type \(type)"
        let comeNow = wire.unread.filter { unread in
            unread.time == run.clock.now && zone.chain(from: name).contains(unread.name)
        }
        // Where the other family's answer has come in the same moment, that is what ended the lookup, and the query for
        // this one may have been given up long before.
        let hasComeNow = !comeNow.isEmpty && comeNow.allSatisfy { $0.type == type }
        // Rule 6. Of several lookups it cannot be told here for which of them the answer is, nor of those that an alias
        // leads to.
        let isOnly = zone.chain(from: name).allSatisfy { wire.asks[$0] ?? 0 == ($0 == name ? 1 : 0) }
        if isGivenUp, hasComeNow, isOnly { run.fault("\(word): given up while the answer lay unread") }
        // A "no" to one spelling is kept for all of them, which a server that compares letters does not expect.
        let isSpelledAlike = zone.chain(from: name).allSatisfy { wire.isSpelled($0, zone.names[$0].wire) }
        guard isCalm, isSpelledAlike, rules.findsWhatGetaddrinfoFinds || hasOrdinaryServers,
            isFoundByGetaddrinfo(name, type, spelled: text)
        else { return }
        run.fault("\(word): not found, and getaddrinfo finds it")
    }

    private var hasOrdinaryServers: Bool {
        servers.allSatisfy { server in server.traits.allSatisfy(\.isFineWithWishes) }
    }

    /// Whether the C library would find addresses: it asks each server in order, in the plain form, believes the first
    /// that says something, and asks over TCP what was truncated.
    private func isFoundByGetaddrinfo(_ name: Int, _ type: UInt16, spelled text: [UInt8]) -> Bool {
        let truth = PacketReply.Meaning.addresses(zone.addresses(of: name, type))
        let header: [UInt8] = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        guard !file.rotates, !file.usesStreamsOnly,
            let query = PacketQuery(
                header + text + [UInt8(type >> 8), UInt8(truncatingIfNeeded: type), 0, 1],
                in: zone
            )
        else { return false }
        for server in servers {
            guard case .message(let bytes, let meaning) = server.reply(to: query, isStream: false),
                .nanoseconds(Int64(server.roundTrip + server.thinkingTime)) < file.timeout
            else { continue }
            if meaning == truth { return true }
            let isTruncated = bytes[2] & 0x02 != 0
            if isTruncated {
                if [.refusesStreams, .ignoresStreams, .closesStreams].contains(where: server.has) { continue }
                if case .message(_, truth) = server.reply(to: query, isStream: true) { return true }
                return false
            }
            if meaning != .complaint { return false }
        }
        return false
    }
}
