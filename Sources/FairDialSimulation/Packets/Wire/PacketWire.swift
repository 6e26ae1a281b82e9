// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// What went over the wire in a run, counted by question and server; the rules are held against this, not against what
/// the resolver says of itself.
struct PacketWire {
    struct Key: Hashable {
        let name: Int
        let type: UInt16
        let server: Int
    }

    /// One question and one server.
    struct Tally {
        var datagrams = 0
        var streamQueries = 0
        var plainDatagrams = 0
        var wasAskedPlainly = false
        /// What the resolver has read of the server's own messages.
        var given: [IPAddress] = []
        var hasDenied = false
        var hasDeniedPlainly = false
        var hasSentUnusable = false
        /// What could be read of such a message all the same.
        var inUnusable: [IPAddress] = []
    }

    /// A server's addresses that have come and have not been looked at.
    struct Unread {
        let name: Int
        let type: UInt16
        let time: UInt64
    }

    private(set) var tallies: [Key: Tally] = [:]
    /// Datagrams that do not match, on a port on which the question waits; by question.
    private(set) var mismatches: [Key: [UInt64]] = [:]
    /// The spellings in which the caller has given each name, and those that aliases have.
    private var spellings: [Int: [[UInt8]]] = [:]
    /// How often callers have asked for each name.
    private(set) var asks: [Int: Int] = [:]
    var unread: [Unread] = []
    /// Whether it is not known how names are written, because a server has made aliases up: then the plain form shows
    /// it.
    var takesPlainAsWritten = false
    /// When a question last went out in the wished form, to any server; the server in the key says nothing here.
    private var lastWished: [Key: UInt64] = [:]
    /// Questions that went out twice at one moment: a marked-down server is shown a copy of the other one's query.
    private var copied: Set<Key> = []
    /// Servers that have answered with a code that is no answer.
    private var complainers: Set<Int> = []

    mutating func asked(for name: Int, spelled wire: [UInt8]) {
        asks[name, default: 0] += 1
        if spellings[name]?.contains(wire) != true { spellings[name, default: []].append(wire) }
    }

    /// Whether a query has the form in which the C library would send it.
    func isPlain(_ query: PacketQuery, about name: Int) -> Bool {
        !query.hasOptions && isAsWritten(query, about: name)
    }

    /// Whether a query's letters are in the case in which a caller has written them.
    func isAsWritten(_ query: PacketQuery, about name: Int) -> Bool {
        takesPlainAsWritten && !query.hasOptions || !query.hasSeveralLabels
            || spellings[name]?.contains(query.name) == true
    }

    /// Whether every caller has written a name in this spelling.
    func isSpelled(_ name: Int, _ wire: [UInt8]) -> Bool {
        spellings[name]?.allSatisfy { $0 == wire } ?? true
    }

    /// - Returns: what has been sent so far, this query included.
    mutating func sent(_ query: PacketQuery, about name: Int, to server: Int, isStream: Bool, at time: UInt64) -> Tally
    {
        let isPlain = isPlain(query, about: name)
        if !isStream, !isPlain {
            let question = Key(name: name, type: query.type, server: 0)
            if lastWished.updateValue(time, forKey: question) == time { copied.insert(question) }
        }
        let key = Key(name: name, type: query.type, server: server)
        var tally = tallies[key] ?? Tally()
        if isStream { tally.streamQueries += 1 } else { tally.datagrams += 1 }
        if isPlain { tally.wasAskedPlainly = true }
        if isPlain, !isStream { tally.plainDatagrams += 1 }
        tallies[key] = tally
        return tally
    }

    /// The resolver reads what a server has sent.
    mutating func delivered(
        _ meaning: PacketReply.Meaning,
        to query: PacketQuery,
        about name: Int,
        from server: Int
    ) {
        let isPlain = isPlain(query, about: name)
        let key = Key(name: name, type: query.type, server: server)
        switch meaning {
        case .addresses(let addresses): tallies[key]?.given += addresses
        case .negative:
            tallies[key]?.hasDenied = true
            if isPlain { tallies[key]?.hasDeniedPlainly = true }
        case .unusable(let addresses):
            tallies[key]?.hasSentUnusable = true
            tallies[key]?.inUnusable += addresses
        case .complaint: complainers.insert(server)
        case .alias: break
        }
    }

    mutating func mismatched(_ query: PacketQuery, about name: Int, from server: Int, at time: UInt64) {
        mismatches[Key(name: name, type: query.type, server: server), default: []].append(time)
    }

    /// Whether a datagram may be the question's own or a copy's, which brings no lookup anything.
    func isCopied(_ name: Int, _ type: UInt16) -> Bool { copied.contains(Key(name: name, type: type, server: 0)) }

    func hasComplained(_ server: Int) -> Bool { complainers.contains(server) }

    /// Of all servers, for a name and a type.
    func tallies(of name: Int, _ type: UInt16) -> [(server: Int, tally: Tally)] {
        let serverLimit = 3
        return (0..<serverLimit).compactMap { server in
            tallies[Key(name: name, type: type, server: server)].map { (server, $0) }
        }
    }

    /// Those that came before a moment: of what comes together it is not known which is read first.
    func mismatches(for name: Int, _ type: UInt16, from server: Int, before time: UInt64) -> Int {
        mismatches[Key(name: name, type: type, server: server)]?.count { $0 < time } ?? 0
    }
}
