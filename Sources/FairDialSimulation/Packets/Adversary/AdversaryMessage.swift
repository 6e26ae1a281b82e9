// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses

/// A message that an adversary has made up, and what may be believed because of it.
struct AdversaryMessage {
    /// What it is made of, before bytes of it are changed.
    enum Text: CaseIterable {
        /// What is true.
        case honest
        case addresses
        /// Addresses where none should be: of others, in other sections, of another class.
        case decoys
        /// Chains, loops, and names that were not asked for.
        case aliases
        case denial
        case complaint
        case truncation
        /// Cookies of every length, good and bad, and several OPT records.
        case cookies
        /// The right identifier and question, and chance behind them.
        case garbledAnswer
        case junk
        case nothing
        case echo
        case wrongIdentifier
        case wrongSpelling
    }

    /// A name's answer, as far as its maker meant one.
    struct Meaning {
        var addresses: [IPAddress] = []
        /// Names that it leads to, as they go over the wire, in lower case.
        var aliases: [[UInt8]] = []
        var mayDeny = false
        /// Whether it is not known what can be read out of it.
        var isAnything = false
    }

    private(set) var bytes: [UInt8]
    private(set) var meaning: Meaning

    /// - Parameter mutations: in a hundred.
    init(
        _ text: Text,
        to query: PacketQuery?,
        _ mutations: Int,
        isStream: Bool,
        of server: PacketServer,
        _ dice: Dice
    ) {
        guard let query else {
            // Not in answer to any query.
            bytes = Self.junk(dice, 0..<60)
            meaning = Meaning(isAnything: true)
            return
        }
        (bytes, meaning) = Self.compose(text, query, isStream: isStream, server, dice)
        guard dice.chance(mutations) else { return }
        Self.mutate(&bytes, dice)
        meaning.isAnything = true
    }

    /// Whether the resolver may take it for an answer to a query: identifier and question fit.
    func fits(_ query: PacketQuery) -> Bool {
        let end = PacketQuery.headerLength + query.question.count
        guard bytes.count >= end, bytes[4] == 0, bytes[5] == 1,
            query.identifier == UInt16(bytes[0]) << 8 | UInt16(bytes[1])
        else { return false }
        let question = bytes[PacketQuery.headerLength..<end]
        if question.elementsEqual(query.question) { return true }
        // The letters of the plain form, and of names of one label, say nothing.
        guard !query.hasOptions || !query.hasSeveralLabels else { return false }
        return Self.lower(Array(question)) == Self.lower(query.question)
    }

    static func lower(_ wire: [UInt8]) -> [UInt8] {
        // A label's length is below every letter; of type and class only low bytes differ.
        wire.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }
    }
}

// MARK: - Composing

extension AdversaryMessage {
    private typealias Composed = ([UInt8], Meaning)

    private static func compose(
        _ text: Text,
        _ query: PacketQuery,
        isStream: Bool,
        _ server: PacketServer,
        _ dice: Dice
    ) -> Composed {
        var writer = PacketWriter(to: query)
        switch text {
        case .honest: return honest(query, isStream: isStream, server)
        case .addresses:
            let addresses = made(query.type, dice.chance(2) ? 300 : dice.number(1..<5), dice)
            writer.answers = addresses.map { PacketWriter.record($0) }
            addOptions(to: &writer, query, dice)
            return (writer.bytes, Meaning(addresses: addresses))
        case .decoys: return decoys(query, dice)
        case .aliases: return aliases(query, server.zone, dice)
        case .denial:
            if dice.chance(50) { writer.code = PacketWriter.Code.nameError }
            if dice.chance(70) { writer.authorities = [PacketWriter.zoneStart] }
            addOptions(to: &writer, query, dice)
            return (writer.bytes, Meaning(mayDeny: true))
        case .complaint:
            writer.code = UInt16(dice.number(0..<24))
            if dice.chance(40) { writer.question = nil }
            if query.hasOptions, dice.chance(60) {
                writer.additional = [PacketWriter.options(writer.code, cookies: cookies(query, dice))]
            }
            return (writer.bytes, Meaning(isAnything: true))
        case .truncation:
            writer.isTruncated = true
            if dice.chance(50) { writer.answers = made(query.type, 2, dice).map { PacketWriter.record($0) } }
            return (writer.bytes, Meaning(isAnything: true))
        case .cookies:
            let addresses = made(query.type, 1, dice)
            writer.answers = addresses.map { PacketWriter.record($0) }
            writer.additional = (0..<dice.number(1..<3)).map { _ in
                PacketWriter.options(0, cookies: cookies(query, dice))
            }
            return (writer.bytes, Meaning(addresses: addresses))
        case .garbledAnswer:
            writer.announced = dice.number(0..<65_536)
            return (writer.bytes + junk(dice, 0..<80), Meaning(isAnything: true))
        case .junk: return (junk(dice, 0..<80), Meaning(isAnything: true))
        case .nothing: return ([], Meaning())
        case .echo:
            let flags: [UInt8] = [1, 0]
            let identifier = [UInt8(query.identifier >> 8), UInt8(truncatingIfNeeded: query.identifier)]
            return (identifier + flags + [0, 1, 0, 0, 0, 0, 0, 0] + query.question, Meaning(mayDeny: true))
        case .wrongIdentifier:
            writer.identifier = UInt16(dice.number(0..<65_536))
            let addresses = made(query.type, 1, dice)
            writer.answers = addresses.map { PacketWriter.record($0) }
            // Once in 65,536 times it is the right one.
            return (writer.bytes, Meaning(addresses: addresses))
        case .wrongSpelling:
            writer.question = lower(query.name) + query.question.suffix(4)
            let addresses = made(query.type, 1, dice)
            writer.answers = addresses.map { PacketWriter.record($0) }
            return (writer.bytes, Meaning(addresses: addresses))
        }
    }

    private static func honest(_ query: PacketQuery, isStream: Bool, _ server: PacketServer) -> Composed {
        guard case .message(let bytes, let word) = server.reply(to: query, isStream: isStream) else {
            return ([], Meaning())
        }
        let aliases =
            query.place.map { server.zone.chain(from: $0).dropFirst().map { server.zone.names[$0].wire } } ?? []
        switch word {
        case .addresses(let addresses): return (bytes, Meaning(addresses: addresses, aliases: aliases))
        case .negative: return (bytes, Meaning(aliases: aliases, mayDeny: true))
        case .alias: return (bytes, Meaning(aliases: aliases, mayDeny: true))
        case .unusable, .complaint: return (bytes, Meaning(isAnything: true))
        }
    }

    /// Addresses that must not be believed, beside one that may be.
    private static func decoys(_ query: PacketQuery, _ dice: Dice) -> Composed {
        var writer = PacketWriter(to: query)
        let right = dice.chance(50) ? made(query.type, 1, dice) : []
        var others = dice.chance(50) ? made(query.type, 2, dice) : []
        writer.answers =
            others.map { PacketWriter.record($0, of: nobody) } + right.map { PacketWriter.record($0) }
        if dice.chance(50) { writer.authorities = made(query.type, 2, dice).map { PacketWriter.record($0) } }
        if dice.chance(50) { writer.additional = made(query.type, 2, dice).map { PacketWriter.record($0) } }
        if dice.chance(30), let decoy = made(query.type, 1, dice).first {
            var record = PacketWriter.record(decoy)
            // The class: behind a pointer and the type.
            record[5] = 3
            writer.answers.append(record)
            others.append(decoy)
        }
        addOptions(to: &writer, query, dice)
        // Where there is nothing else the C library takes those of others and of another class, and so do we.
        return (writer.bytes, Meaning(addresses: right.isEmpty ? others : right, mayDeny: right.isEmpty))
    }

    private static func aliases(_ query: PacketQuery, _ zone: PacketZone, _ dice: Dice) -> Composed {
        var writer = PacketWriter(to: query)
        var meaning = Meaning(mayDeny: true)
        var owner: [UInt8]?
        let length = dice.chance(4) ? dice.number(100..<160) : dice.number(1..<4)
        for step in 0..<length {
            // Where it has led to a name of its own, it mostly leads on.
            let target: [UInt8] =
                switch query.place == nil ? dice.number(44..<244) : dice.number(0..<100) {
                case 0..<30: dice.pick(zone.names.map(\.wire))
                case 30..<40: lower(query.name)
                case 40..<45: owner ?? lower(query.name)
                default: stranger(dice, step)
                }
            writer.answers.append(PacketWriter.record(owner, 5, target))
            meaning.aliases.append(target)
            owner = target
        }
        if dice.chance(40), let owner {
            meaning.addresses = made(query.type, dice.number(1..<3), dice)
            writer.answers += meaning.addresses.map { PacketWriter.record($0, of: owner) }
        }
        if dice.chance(20) { writer.authorities = [PacketWriter.zoneStart] }
        addOptions(to: &writer, query, dice)
        return (writer.bytes, meaning)
    }

    /// A name that no alias leads to.
    private static let nobody: [UInt8] = [6] + Array("nobody".utf8) + [3] + Array("sim".utf8) + [0]

    /// A name that does not exist, one label or more.
    private static func stranger(_ dice: Dice, _ step: Int = 0) -> [UInt8] {
        let label = Array("x\(dice.number(0..<1_000_000))-\(step)".utf8)
        let rest: [UInt8] = dice.chance(20) ? [] : [4] + Array("evil".utf8) + [3] + Array("sim".utf8)
        return [UInt8(label.count)] + label + rest + [0]
    }

    /// Addresses that no other message has.
    private static func made(_ type: UInt16, _ count: Int, _ dice: Dice) -> [IPAddress] {
        (0..<count).map { _ in
            let number = dice.next()
            return type == PacketZone.typeAAAA
                ? .v6(IPv6Address(high: 0x2A00_0000_0000_0000 | number >> 40, low: number), zone: nil)
                : .v4(IPv4Address(bits: 0x0B00_0000 | UInt32(truncatingIfNeeded: number) & 0x00FF_FFFF))
        }
    }

    private static func addOptions(to writer: inout PacketWriter, _ query: PacketQuery, _ dice: Dice) {
        guard query.hasOptions, dice.chance(60) else { return }
        writer.additional.append(PacketWriter.options(writer.code, cookies: cookies(query, dice)))
    }

    private static func cookies(_ query: PacketQuery, _ dice: Dice) -> [UInt8] {
        let client = Array(query.cookies.prefix(8))
        return switch dice.number(0..<100) {
        case 0..<30: client + junk(dice, 8..<9)
        case 30..<50: []
        case 50..<65: query.cookies
        case 65..<80: client + junk(dice, 0..<64)
        default: junk(dice, 0..<64)
        }
    }

    private static func junk(_ dice: Dice, _ counts: Range<Int>) -> [UInt8] {
        (0..<dice.number(counts)).map { _ in UInt8(truncatingIfNeeded: dice.next()) }
    }

    /// Changes, repeats, cuts or lengthens.
    private static func mutate(_ bytes: inout [UInt8], _ dice: Dice) {
        for _ in 0..<dice.number(1..<5) where !bytes.isEmpty {
            let place = dice.number(0..<bytes.count)
            switch dice.number(0..<100) {
            case 0..<60: bytes[place] = UInt8(dice.number(0..<256))
            case 60..<75: bytes.removeLast(bytes.count - place)
            case 75..<90: bytes += junk(dice, 1..<20)
            default: bytes += bytes[place..<min(bytes.count, place + 40)]
            }
        }
    }
}
