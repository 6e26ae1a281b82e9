// SPDX-License-Identifier: Apache-2.0

import DNSResolution

/// What the resolver of a run does, counted by event and in all: it must stay bounded with any servers.
struct PacketWork {
    /// The most actions that one event may cause for each lookup, beside those of its messages: all of a query's ports
    /// may be closed at once.
    static let actionLimit = 24
    /// The most actions that one message may cause: a retry, the next name, the end of a query and its port, for each
    /// family.
    static let actionsForMessage = 8
    /// Datagrams and streams' queries for one lookup, all names of its aliases and both families included.
    static let packetLimit = 160
    /// Streams to one server for one lookup in ten seconds; each of two families may need one for each "no" and for
    /// each try.
    static let streamLimit = 24
    /// Ports that one lookup may have open.
    static let portLimit = 24
    /// Streams to one server at once.
    static let openStreamLimit = 10
    /// Queries that one lookup may have at once: one for each type, and copies for servers that are marked down or are
    /// looked at; as many more whose lookup is over.
    static let queryLimit = 4
    /// Tries that one query may have at once.
    static let tryLimit = 48

    private var actions = 0
    private var messages = 0
    private(set) var packets = 0
    private(set) var lookups = 0
    private var streams: [Int: [UInt64]] = [:]
    private var openStreams: [Int: Int] = [:]
    /// Whether the most of each is kept, for a person.
    var keepsMost = false
    private(set) var most: [String: Int] = [:]

    mutating func begin() { (actions, messages) = (0, 0) }

    mutating func acts() { actions += 1 }

    mutating func sends() { packets += 1 }

    mutating func reads() { messages += 1 }

    mutating func looksUp() { lookups += 1 }

    mutating func opensStream(to server: Int, at time: UInt64) {
        let tenSeconds: UInt64 = 10_000_000_000
        streams[server, default: []].removeAll { $0 + tenSeconds < time }
        streams[server, default: []].append(time)
        openStreams[server, default: 0] += 1
    }

    /// How many streams to a server are open.
    func openCount(to server: Int) -> Int { openStreams[server, default: 0] }

    mutating func endsStream(to server: Int) { openStreams[server, default: 0] -= 1 }

    /// Whether the event has caused any action: else everything is as it was.
    var hasHappened: Bool { actions > 0 || messages > 0 }

    /// How many streams to a server may be open: ten together, and one for each engine that has none. An earlier one's
    /// may be dead without a sign of it.
    static func openStreamLimit(ofEngines count: Int) -> Int { openStreamLimit + count - 1 }

    /// The first bound that does not hold, after an event.
    ///
    /// - Parameter engines: how many the resolver has had.
    mutating func excess(_ load: QueryLoad, engines: Int = 1) -> String? {
        let openStreamLimit = Self.openStreamLimit(ofEngines: engines)
        let all = max(1, lookups)
        let streams = streams.values.reduce(0) { max($0, $1.count) }
        let openStreams = openStreams.values.reduce(0, max)
        let tryLimit = Self.tryLimit * max(1, load.queries)
        let actionLimit = Self.actionLimit * (all + 1) + Self.actionsForMessage * messages
        if !keepsMost, actions <= actionLimit, packets <= Self.packetLimit * all, streams <= Self.streamLimit * all,
            openStreams <= openStreamLimit, load.streams <= 3 * Self.openStreamLimit,
            load.queries <= Self.queryLimit * (all + 1), load.pending <= load.tries, load.tries <= tryLimit
        {
            return nil
        }
        let counts = [
            ("actions in one event", actions, actionLimit),
            ("packets", packets, Self.packetLimit * all),
            ("streams to one server in ten seconds", streams, Self.streamLimit * all),
            ("streams to one server at once", openStreams, openStreamLimit),
            ("streams known", load.streams, 3 * Self.openStreamLimit),
            ("queries", load.queries, Self.queryLimit * (all + 1)),
            ("answers waited for", load.pending, load.tries),
            ("tries", load.tries, tryLimit),
        ]
        if keepsMost { for (word, count, _) in counts where count > most[word, default: 0] { most[word] = count } }
        return counts.first { $0.1 > $0.2 }.map { "\($0.1) \($0.0), and \($0.2) at most" }
    }
}
