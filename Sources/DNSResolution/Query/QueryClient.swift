// SPDX-License-Identifier: Apache-2.0

package import DNSMessages
import IPAddresses
package import NameResolution

/// Asks servers questions until they are answered: ports, identifiers, retries, streams, and what is learned of each
/// server.
///
/// Without I/O: questions, messages and the time go in, actions come out. It cannot be copied, for its queries are
/// objects. Every try stays open until its query ends, so a late good answer counts, and nothing forged or broken ends
/// a query that a good answer could still end.
@available(FairDial 0.1, *)
package struct QueryClient: ~Copyable {
    /// Identifies one port or one stream; no number is used twice.
    package typealias Carrier = UInt32

    /// Identifies one query.
    package struct Key: Hashable, Sendable {
        let slab: Slab<Query>.Key
    }

    /// What the driver is to do, in order.
    package enum Action: Sendable {
        /// Open a socket that sends to this server, from a port that a forger cannot predict.
        case openPort(Carrier, NameServer)
        case send(Carrier, [UInt8])
        case closePort(Carrier)
        /// Connect to this server. What is sent before it is connected waits.
        case openStream(Carrier, NameServer)
        case sendOnStream(Carrier, [UInt8])
        case closeStream(Carrier)
        /// The query waits no longer for other ones to end.
        case began(Key, tag: UInt64)
        /// The query is over.
        case finish(Key, tag: UInt64, QueryOutcome)
        case trace(QueryTrace)
    }

    struct Pending: Sendable {
        let query: Slab<Query>.Key
        let index: Int
    }

    /// A port; an object for the same reasons as a `Query`.
    final class PortState {
        let server: Int
        /// Tries that an answer may still come to.
        var listening = 0
        var isRetired = false
        /// Datagrams that answered nothing: a forger guesses, or answers come late.
        var mismatched = 0
        /// These, and all others that brought nothing.
        var useless = 0
        /// Datagrams that went out.
        var sent = 0
        /// Whether one plain query has it for itself, or several plain ones share it.
        var isOwn = false
        var isForPlain = false

        init(server: Int) {
            self.server = server
        }
    }

    /// After this many tries over datagrams, streams are tried as well.
    static let datagramTries = 3
    /// Mismatched datagrams for one question, after which it goes out by stream and never in the plain form: a forger
    /// may be guessing.
    static let mismatchLimit = 4
    /// Plain queries to one server that have a port of their own, at a time; beyond that they share some (decision
    /// 0015).
    static let ownPortLimit = 64
    /// How long the plain form's second datagram is waited for at least, before a negative is believed without its
    /// answer.
    static let confirmationTime = Duration.milliseconds(400)
    /// How long a stream is waited for when what could be read of a broken answer is all there is.
    static let streamGrace = Duration.milliseconds(500)
    /// How long a query is left alone when too many are silent at once (RFC 6298 §2.4 begins with the same).
    static let silenceOfMany = Duration.seconds(1)
    /// Streams that a query whose answers are cut short may be sent over to one server; the C library takes as many
    /// (`attempts`).
    static let fruitlessStreams = 2
    /// Identifiers that are drawn until a free one is looked for instead.
    static let drawLimit = 64
    /// An alarm that comes later than this has not been delayed by work.
    private static let longestDelay = Duration.milliseconds(500)
    /// A stream that no query uses is closed after this long (RFC 7766 §6.2.3).
    static let streamIdleTime = Duration.seconds(5)

    let configuration: QueryConfiguration
    /// Whether every step is told.
    package var isTracing = false
    /// What came and was not believed.
    package internal(set) var mismatches = MismatchCounts()

    var queries = Slab<Query>()
    var pending: [UInt64: Pending] = [:]
    var health: [ServerHealth]
    var sourcePorts: [SourcePorts]
    /// Ports for plain queries that get none of their own.
    var plainPorts: [SourcePorts]
    /// Ports that one plain query has for itself, for each server.
    var ownPorts: [Int]
    /// Plain queries that were sent only to confirm a negative.
    package internal(set) var confirmations = 0
    var ports: [Carrier: PortState] = [:]
    var streams: [Carrier: StreamState] = [:]
    /// The stream that new queries to a server use.
    var streamOf: [Int: Carrier] = [:]
    /// Of each server: when streams may be opened, and who waits for one.
    var gates: [StreamGate]
    /// How many wait in all.
    var queuedCount = 0
    /// How many sockets may be open.
    var allowance: SocketAllowance
    var retries = RetryBudget()
    var generator: any RandomNumberGenerator & Sendable
    var alarms = AlarmQueue<Slab<Query>.Key>()
    /// When the client was told of time or a message last: until then the process did not stand still.
    private var lastTold = Duration.zero
    /// The port that is to be closed because of what has just come over it.
    var flooded: Carrier?
    var waiting = FairnessKeyQueue<Slab<Query>.Key>()
    var nextCarrier: Carrier = 1
    private var rotation = 0

    /// Without a query in flight.
    ///
    /// - Parameters:
    ///   - generator: the source of what a forger must not predict; predictable in tests alone.
    ///   - accounts: what is known of streams to each server; shared with nobody by default.
    ///   - countFree: counts the descriptors that the process may still open, and no more than it is asked for.
    package init(
        _ configuration: QueryConfiguration,
        generator: (any RandomNumberGenerator & Sendable)? = nil,
        accounts: [StreamLedger.Account]? = nil,
        countFree: @escaping @Sendable (Int) -> Int = { $0 }
    ) {
        self.configuration = configuration
        allowance = SocketAllowance(most: configuration.ports.limit, countFree)
        self.generator = generator ?? EntropyBuffer()
        health = []
        sourcePorts = configuration.servers.map { _ in SourcePorts(configuration.ports) }
        plainPorts = sourcePorts
        ownPorts = configuration.servers.map { _ in 0 }
        gates = (accounts ?? StreamLedger().accounts(with: configuration.servers)).map { StreamGate($0) }
        health = configuration.servers.map { server in
            ServerHealth(
                clientCookie: Self.cookie(&self.generator),
                isLoopback: server.endpoint.address.isLoopback && !configuration.mixesCaseOnLoopback
            )
        }
    }

    private static func cookie(_ generator: inout any RandomNumberGenerator & Sendable) -> [UInt8] {
        let random = generator.next()
        return (0..<8).map { UInt8(truncatingIfNeeded: random >> (8 * $0)) }
    }

    /// How many queries are in flight or wait.
    package var count: Int { queries.count }

    /// The servers from which a query awaits an answer.
    func silentServers(of key: Key) -> [Endpoint] {
        queries[key.slab]?.tries.filter(\.isListening).map { configuration.servers[$0.server].endpoint } ?? []
    }

    /// How many sockets are open for datagrams.
    package var portCount: Int { ports.count }

    /// When to call `advance(to:)` next; `nil` when only a message can change anything.
    package var wakeTime: Duration? {
        var wake = alarms.nextTime
        func consider(_ time: Duration?) {
            if let time { wake = wake.map { min($0, time) } ?? time }
        }
        for ports in sourcePorts { consider(ports.nextRetirement) }
        for ports in plainPorts { consider(ports.nextRetirement) }
        for stream in streams.values { consider(stream.idleEnd) }
        if queuedCount > 0 { consider(queueWake) }
        return wake
    }
}

// MARK: - Events

@available(FairDial 0.1, *)
extension QueryClient {
    /// Asks a question. The query may be over by the time the actions have been carried out, and never before.
    ///
    /// - Parameters:
    ///   - siblings: the same name's queries for other types that are in flight.
    ///   - tag: comes back with the query's outcome.
    package mutating func ask(
        _ question: Question,
        for fairnessKey: FairnessKey,
        beside siblings: (Key?, Key?) = (nil, nil),
        tag: UInt64 = 0,
        at now: Duration,
        _ actions: inout [Action]
    ) -> Key {
        rotation &+= 1
        let query = Query(
            question,
            tag: tag,
            ends: now + configuration.effectiveLookupTimeout,
            firstServer: configuration.rotates ? rotation : 0
        )
        let key = queries.insert(query)
        if siblings.0 != nil { pair(query, key, with: siblings) }
        guard !configuration.servers.isEmpty else {
            finish(key, .failed([]), at: now, &actions)
            return Key(slab: key)
        }
        if waiting.count == 0, health[server(for: query)].inFlight < configuration.inFlightLimit {
            actions.append(.began(Key(slab: key), tag: tag))
            probe(like: query, at: now, &actions)
            startTry(key, at: now, &actions)
        } else if waiting.count < configuration.waitingLimit {
            waiting.append(key, for: fairnessKey)
            query.queueEntries = 1
            setAlarm(key, at: query.ends, isFar: true)
        } else {
            finish(key, .queueFull, at: now, &actions)
        }
        return Key(slab: key)
    }

    /// The query is over: its lookup is told, and the next one that waits begins.
    mutating func finish(
        _ key: Slab<Query>.Key,
        _ outcome: QueryOutcome,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let query = remove(key, at: now, &actions) else { return }
        if query.purpose == .answer { actions.append(.finish(Key(slab: key), tag: query.tag, outcome)) }
        if query.siblings.0 != nil, case .failed = outcome { abandonSiblings(of: query, at: now, &actions) }
        admitWaiting(at: now, &actions)
    }

    /// No lookup wants the answer any more.
    package mutating func cancel(_ key: Key, at now: Duration, _ actions: inout [Action]) {
        guard remove(key.slab, at: now, &actions) != nil else { return }
        admitWaiting(at: now, &actions)
    }

    /// The lookup can do without the answer from a moment on.
    package mutating func makeDispensable(_ key: Key, from end: Duration) {
        guard let query = queries[key.slab] else { return }
        query.isDispensable = true
        if end < query.ends {
            query.ends = end
            setAlarm(key.slab, at: end)
        }
    }

    /// Time has passed. The driver has read what has come before.
    package mutating func advance(to now: Duration, _ actions: inout [Action]) {
        giveBackStall(at: now)
        while let key = alarms.popFirst(dueBy: now) {
            guard let query = queries[key] else { continue }
            if now >= query.ends || query.wake > .zero && query.wake <= now {
                timeOut(key, at: now, &actions)
            }
        }
        for server in sourcePorts.indices {
            for port in sourcePorts[server].retireOld(at: now) { retire(port, &actions) }
            for port in plainPorts[server].retireOld(at: now) { retire(port, &actions) }
        }
        for (stream, state) in streams {
            guard let end = state.idleEnd, end <= now else { continue }
            close(stream, at: now, &actions)
        }
        serveQueues(at: now, &actions)
    }

    /// Where an alarm is so late that the process must have stood still (SIGSTOP, a paused container, a laptop's lid),
    /// what is left of each query's time is left still: the C library, whose every wait is its own, goes on to the next
    /// server as well.
    ///
    /// While messages come, the process does not stand still, however late the clock is looked at for them.
    mutating func giveBackStall(at now: Duration) {
        defer { lastTold = max(lastTold, now) }
        guard let due = alarms.nextTime else { return }
        let began = max(due, lastTold)
        guard now >= began + Self.longestDelay else { return }
        for key in queries.keys { queries[key]?.ends += now - began }
    }

    /// An error of a port's: no server listens there, no route, or no socket to be had.
    ///
    /// - Parameters:
    ///   - reason: one clause for a person.
    ///   - isShortage: whether this machine has no descriptor left, or no port.
    ///   - isPort: whether it is a port: then a stream may be had.
    package mutating func failed(
        _ port: Carrier,
        _ reason: String,
        isShortage: Bool,
        isPort: Bool = false,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let state = ports[port] else { return }
        // No more queries on a port in trouble; those on it may still be answered.
        sourcePorts[state.server].remove(port)
        plainPorts[state.server].remove(port)
        let affected = tries(on: port)
        if isShortage, !isPort {
            ranOutOfDescriptors(port, state, affected, reason, at: now, &actions)
        } else if isShortage {
            for (key, index) in affected {
                stopListening(key, index, at: now, &actions)
                queries[key]?.tries[index].isVoid = true
                guard let query = queries[key], !query.isListening else { continue }
                if query.doubt != nil, now < query.ends {
                    // It is asked for again when there may be a descriptor.
                    setWake(key, at: min(query.ends, now + RoundTripEstimate.floor))
                } else if query.purpose == .answer, !query.hasStreamed(to: state.server) {
                    sendOnStream(key, to: state.server, at: now, &actions)
                } else {
                    finish(key, .noDescriptor(reason), at: now, &actions)
                }
            }
        } else {
            for (key, index) in affected {
                // What could not be confirmed is not believed.
                if let query = queries[key], query.tries[index].form == .plain { query.doubt = nil }
                refuseSoftly(key, index, .network(reason), at: now, &actions)
            }
        }
        retire(port, &actions)
    }

    /// This machine cannot even listen: every query ends now, for want of a descriptor or a thread, as the outcome
    /// says.
    package mutating func giveUp(_ outcome: QueryOutcome, at now: Duration, _ actions: inout [Action]) {
        while let key = queries.keys.first { finish(key, outcome, at: now, &actions) }
        for server in sourcePorts.indices {
            sourcePorts[server] = SourcePorts(configuration.ports)
            plainPorts[server] = SourcePorts(configuration.ports)
        }
        for port in ports.keys { retire(port, &actions) }
        for stream in streams.keys.sorted() { close(stream, because: .shortage, at: now, &actions) }
        alarms.removeAll()
    }
}
