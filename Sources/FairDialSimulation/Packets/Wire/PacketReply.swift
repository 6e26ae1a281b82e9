// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// What a server does about a query.
enum PacketReply {
    case silence
    /// The port is closed.
    case refused
    case message([UInt8], Meaning)

    /// What a message says about its question.
    enum Meaning: Hashable {
        /// These; behind an alias, where there is one.
        case addresses([IPAddress])
        /// There are none, or no such name.
        case negative
        /// Another name, and nothing about that one.
        case alias
        /// Cut, or holding less than it announces, with these addresses somewhere in it.
        case unusable([IPAddress])
        /// A code that is no answer, or a wish for another query.
        case complaint
    }
}

/// Writes messages as servers and forgers do: from parts that need not fit together.
struct PacketWriter {
    enum Code {
        static let formatError: UInt16 = 1
        static let serverFailure: UInt16 = 2
        static let nameError: UInt16 = 3
        static let refused: UInt16 = 5
        static let badCookie: UInt16 = 23
    }

    var identifier: UInt16
    /// `nil` for no question section.
    var question: [UInt8]?
    var code: UInt16 = 0
    var isTruncated = false
    var answers: [[UInt8]] = []
    var authorities: [[UInt8]] = []
    var additional: [[UInt8]] = []
    /// How many answers the header announces, where that is not how many there are.
    var announced: Int?

    init(to query: PacketQuery) {
        identifier = query.identifier
        question = query.question
    }

    /// The whole message. Its header holds the lower four bits of the code; the caller adds `options(code, …)` for the
    /// rest.
    var bytes: [UInt8] {
        let flags: UInt16 = 0x8180 | (isTruncated ? 0x0200 : 0) | code & 0x0F
        var bytes: [UInt8] = []
        for number in [
            identifier, flags, question == nil ? 0 : 1, UInt16(announced ?? answers.count), UInt16(authorities.count),
            UInt16(additional.count),
        ] { Self.append(number, to: &bytes) }
        if let question { bytes += question }
        for record in answers { bytes += record }
        for record in authorities { bytes += record }
        for record in additional { bytes += record }
        return bytes
    }

    static func append(_ number: UInt16, to bytes: inout [UInt8]) {
        bytes.append(UInt8(number >> 8))
        bytes.append(UInt8(truncatingIfNeeded: number))
    }

    /// A record; without an owner it is the question's name.
    static func record(_ owner: [UInt8]? = nil, _ type: UInt16, _ data: [UInt8], timeToLive: UInt16 = 60) -> [UInt8] {
        var bytes = owner ?? [0xC0, 0x0C]
        for number in [type, 1, 0, timeToLive, UInt16(data.count)] { append(number, to: &bytes) }
        return bytes + data
    }

    static func record(_ address: IPAddress, of owner: [UInt8]? = nil) -> [UInt8] {
        switch address {
        case .v4(let bits):
            record(owner, PacketZone.typeA, (0..<4).map { UInt8(truncatingIfNeeded: bits.bits >> (24 - 8 * $0)) })
        case .v6(let bits, _):
            record(
                owner,
                PacketZone.typeAAAA,
                [bits.high, bits.low].flatMap { half in
                    (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * $0)) }
                }
            )
        }
    }

    /// The start of a zone, as it stands beside a "no": root server, root mailbox, and five numbers, the last one 5 s.
    static let zoneStart = record([0], 6, [0, 0] + [UInt8](repeating: 0, count: 16) + [0, 0, 0, 5])

    /// An OPT record; the code's upper bits stand in it.
    static func options(_ code: UInt16, cookies: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [0, 0, 41, 4, 208, UInt8(code >> 4), 0, 0, 0]
        append(cookies.isEmpty ? 0 : UInt16(4 + cookies.count), to: &bytes)
        if !cookies.isEmpty {
            append(10, to: &bytes)
            append(UInt16(cookies.count), to: &bytes)
        }
        return bytes + cookies
    }
}
