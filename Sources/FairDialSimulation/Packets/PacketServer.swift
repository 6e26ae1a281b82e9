// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// One name server of a run: what it knows is true; how it says it, its traits decide.
final class PacketServer {
    let endpoint: Endpoint
    let traits: Set<PacketTrait>
    let zone: PacketZone
    /// How long a packet takes to it and back, in nanoseconds.
    let roundTrip: UInt64
    /// How much longer it thinks.
    let thinkingTime: UInt64
    private let dice: Dice
    private var answeredPorts: Set<UInt16> = []
    private let cookie: [UInt8]

    init(_ endpoint: Endpoint, _ traits: Set<PacketTrait>, of zone: PacketZone, _ dice: Dice) {
        self.endpoint = endpoint
        self.traits = traits
        self.zone = zone
        self.dice = dice
        roundTrip = dice.milliseconds(0...150)
        thinkingTime = traits.contains(.isSlow) ? dice.milliseconds(900...3_000) : 0
        cookie = (0..<8).map { _ in UInt8(dice.number(0..<256)) }
    }

    func has(_ trait: PacketTrait) -> Bool { traits.contains(trait) }

    /// - Parameter port: where a datagram came from; `nil` for a question whose answer only is wanted to be known.
    func reply(to query: PacketQuery, isStream: Bool, from port: UInt16? = nil) -> PacketReply {
        if !isStream {
            if has(.isSilent) { return .silence }
            if has(.refusesDatagrams) { return .refused }
            if let port, has(.answersOncePerPort), !answeredPorts.insert(port).inserted { return .silence }
        }
        if let reply = whatever(query) ?? aboutOptions(query) ?? aboutSpelling(query) { return reply }
        return answer(query, isStream: isStream)
    }

    /// What some say to everything.
    private func whatever(_ query: PacketQuery) -> PacketReply? {
        var writer = PacketWriter(to: query)
        switch true {
        case has(.failsWithoutQuestion), has(.refusesWithoutQuestion):
            writer.question = nil
            writer.code = has(.failsWithoutQuestion) ? PacketWriter.Code.serverFailure : PacketWriter.Code.refused
            return .message(writer.bytes, .complaint)
        case has(.failsAlways), has(.refusesAlways):
            writer.code = has(.failsAlways) ? PacketWriter.Code.serverFailure : PacketWriter.Code.refused
            return .message(writer.bytes, .complaint)
        case has(.announcesTooMuch):
            writer.announced = 2
            return .message(writer.bytes, .unusable([]))
        case has(.sendsNonsense):
            // An owner that points to itself.
            let place = UInt8(PacketQuery.headerLength + query.question.count)
            writer.answers = [PacketWriter.record([0xC0, place], query.type, [1, 2, 3, 4])]
            return .message(writer.bytes, .unusable([]))
        default: return nil
        }
    }

    private func aboutOptions(_ query: PacketQuery) -> PacketReply? {
        guard query.hasOptions else { return nil }
        var writer = PacketWriter(to: query)
        switch true {
        case has(.dropsOptions), has(.dropsCookies) && !query.cookies.isEmpty: return .silence
        case has(.failsOptions): writer.code = PacketWriter.Code.serverFailure
        case has(.refusesOptions): writer.code = PacketWriter.Code.refused
        case has(.cannotReadOptions): writer.code = PacketWriter.Code.formatError
        case has(.deniesOptions), has(.emptiesOptions):
            if has(.deniesOptions) { writer.code = PacketWriter.Code.nameError }
            writer.authorities = [PacketWriter.zoneStart]
            return .message(writer.bytes, .negative)
        case has(.appendsToOptions):
            writer.announced = 1
            writer.additional =
                [PacketWriter.options(0, cookies: query.cookies)]
                + addresses(query).map { PacketWriter.record($0) }
            return .message(writer.bytes, .unusable(addresses(query)))
        default: return nil
        }
        return .message(writer.bytes, .complaint)
    }

    private func aboutSpelling(_ query: PacketQuery) -> PacketReply? {
        guard has(.deniesOtherSpellings) || has(.ignoresOtherSpellings) || has(.zeroesOtherSpellings),
            let name = query.place, zone.names[name].wire != query.name
        else { return nil }
        if has(.ignoresOtherSpellings) { return .silence }
        var writer = PacketWriter(to: query)
        guard has(.zeroesOtherSpellings), query.type == PacketZone.typeA else {
            writer.code = PacketWriter.Code.nameError
            writer.authorities = [PacketWriter.zoneStart]
            return .message(writer.bytes, .negative)
        }
        let zero = IPAddress.v4(IPv4Address(bits: 0))
        writer.answers = [PacketWriter.record(zero)]
        return .message(writer.bytes, .addresses([zero]))
    }

    private func addresses(_ query: PacketQuery) -> [IPAddress] {
        guard let name = query.place else { return [] }
        return zone.addresses(of: name, query.type)
    }

    /// What a good server says, but for cookies and length.
    private func answer(_ query: PacketQuery, isStream: Bool) -> PacketReply {
        var writer = PacketWriter(to: query)
        let addresses = addresses(query)
        var meaning = PacketReply.Meaning.addresses(addresses)
        let name = query.place
        if let name, case .alias(let target) = zone.names[name].content {
            let owner = zone.names[target].wire
            writer.answers = [PacketWriter.record(nil, 5, owner)]
            if has(.leavesAliasesToOthers) {
                meaning = .alias
            } else {
                writer.answers += addresses.map { PacketWriter.record($0, of: owner) }
            }
        } else {
            writer.answers = addresses.map { PacketWriter.record($0) }
        }
        if addresses.isEmpty, meaning != .alias {
            meaning = .negative
            writer.authorities = [PacketWriter.zoneStart]
            let last = name.flatMap { zone.chain(from: $0).last }
            if last.map({ zone.names[$0].content == .missing }) ?? true { writer.code = PacketWriter.Code.nameError }
        }
        if has(.lowersSpellings), let name {
            writer.question = zone.names[name].wire + query.question.suffix(4)
        }
        if query.hasOptions, let complaint = addOptions(to: &writer, query, isStream: isStream) { return complaint }
        return fitted(writer, meaning, query, isStream: isStream)
    }

    /// - Returns: what is said instead of an answer, if anything.
    private func addOptions(to writer: inout PacketWriter, _ query: PacketQuery, isStream: Bool) -> PacketReply? {
        let client = Array(query.cookies.prefix(8))
        var cookies: [UInt8] = []
        if !client.isEmpty {
            switch true {
            case has(.neverLikesCookies),
                has(.demandsCookies) && !isStream && query.cookies.dropFirst(8) != cookie[...]:
                var writer = PacketWriter(to: query)
                writer.code = PacketWriter.Code.badCookie
                writer.additional = [PacketWriter.options(writer.code, cookies: client + cookie)]
                return .message(writer.bytes, .complaint)
            case has(.givesCookies), has(.demandsCookies): cookies = client + cookie
            case has(.givesForeignCookies): cookies = Array(cookie.reversed()) + cookie
            case has(.givesCookiesSometimes):
                if dice.chance(33) { return nil }
                if dice.chance(50) { cookies = client + cookie }
            default: break
            }
        }
        writer.additional = [PacketWriter.options(writer.code, cookies: cookies)]
        return nil
    }

    private func fitted(
        _ whole: PacketWriter,
        _ meaning: PacketReply.Meaning,
        _ query: PacketQuery,
        isStream: Bool
    ) -> PacketReply {
        if isStream { return .message(whole.bytes, meaning) }
        let bytes = whole.bytes
        if has(.cutsWithoutSaying), bytes.count > 512 {
            return .message(Array(bytes.prefix(512)), .unusable(addresses(query)))
        }
        guard has(.truncatesAlways) || bytes.count > query.datagramSize else { return .message(bytes, meaning) }
        var writer = whole
        writer.isTruncated = true
        writer.answers = []
        writer.authorities = []
        return .message(writer.bytes, .complaint)
    }
}
