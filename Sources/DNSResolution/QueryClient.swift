// SPDX-License-Identifier: Apache-2.0

package import DNSMessages
import HeapModule
package import NameResolution

/// Asks servers questions until they are answered: ports, identifiers, retries, streams, and what is learned of each server.
///
/// Without I/O: questions, messages and the time go in, actions come out. Nobody may copy it while queries are under way. Every try stays open until its query ends, so a late good
/// answer counts, and nothing forged or broken ends a query that a good answer could still end.
package struct QueryClient: Sendable {
    /// Names one port or one stream; no two have the same number, ever.
    package typealias Carrier = UInt32

    /// Names one query.
    package struct Key: Hashable, Sendable {
        let slab: Slab<Query>.Key
    }

    /// What the driver is to do, in order.
    package enum Action: Sendable {
        /// Open a socket that sends to this server, from a port that nobody can foresee.
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
    final class PortState: @unchecked Sendable {
        let server: Int
        /// Tries that an answer may still come to.
        var listening = 0
        var isRetired = false

        init(server: Int) {
            self.server = server
        }
    }

    /// A stream; an object likewise.
    final class StreamState: @unchecked Sendable {
        let server: Int
        var listening = 0
        /// When something came over it last.
        var lastAnswer: Duration?
        /// When it is closed, if nobody uses it until then.
        var idleEnd: Duration?

        init(server: Int) {
            self.server = server
        }
    }

    private struct Alarm: Comparable, Sendable {
        let time: Duration
        let query: Slab<Query>.Key

        static func < (left: Alarm, right: Alarm) -> Bool { left.time < right.time }
        static func == (left: Alarm, right: Alarm) -> Bool { left.time == right.time }
    }

    /// So many tries over datagrams, and streams are tried as well.
    static let datagramTries = 3
    /// How long a query is left alone when too many are silent at once (RFC 6298 §2.4 begins with the same).
    static let silenceOfMany = Duration.seconds(1)
    /// A stream that nobody uses is closed after this long (RFC 7766 §6.2.3).
    static let streamIdleTime = Duration.seconds(5)

    let configuration: QueryConfiguration
    /// Whether every step is told.
    package var isTracing = false
    /// What came and was not believed.
    package internal(set) var strays = StrayCounts()

    var queries = Slab<Query>()
    var pending: [UInt64: Pending] = [:]
    var standings: [ServerStanding]
    var sourcePorts: [SourcePorts]
    var ports: [Carrier: PortState] = [:]
    var streams: [Carrier: StreamState] = [:]
    /// The stream that new queries to a server use.
    var streamOf: [Int: Carrier] = [:]
    var retries = RetryBudget()
    var generator: any RandomNumberGenerator & Sendable
    private var alarms = Heap<Alarm>()
    private var waiting = AskerQueue<Slab<Query>.Key>()
    private var nextCarrier: Carrier = 1
    private var rotation = 0

    /// Nothing under way.
    ///
    /// - Parameter generator: what nobody must foresee comes from here; predictable in tests alone.
    package init(
        _ configuration: QueryConfiguration,
        generator: (any RandomNumberGenerator & Sendable)? = nil
    ) {
        self.configuration = configuration
        self.generator = generator ?? EntropyBuffer()
        standings = []
        sourcePorts = configuration.servers.map { _ in SourcePorts(configuration.ports) }
        standings = configuration.servers.map { _ in ServerStanding(clientCookie: Self.cookie(&self.generator)) }
    }

    private static func cookie(_ generator: inout any RandomNumberGenerator & Sendable) -> [UInt8] {
        let random = generator.next()
        return (0..<8).map { UInt8(truncatingIfNeeded: random >> (8 * $0)) }
    }

    /// How many queries are under way or wait.
    package var count: Int { queries.count }

    /// How many sockets are open for datagrams.
    package var portCount: Int { ports.count }

    /// When to call `advance(to:)` next; `nil` when only a message can change anything.
    package var wakeTime: Duration? {
        var wake = alarms.min?.time
        func consider(_ time: Duration?) {
            if let time { wake = wake.map { min($0, time) } ?? time }
        }
        for ports in sourcePorts { consider(ports.nextRetirement) }
        for stream in streams.values { consider(stream.idleEnd) }
        return wake
    }
}

// MARK: - Events

extension QueryClient {
    /// Asks a question. The query may be over by the time the actions have been carried out, and never before.
    ///
    /// - Parameter tag: comes back with what the query comes to.
    package mutating func ask(
        _ question: Question,
        for asker: Asker,
        tag: UInt64 = 0,
        at now: Duration,
        _ actions: inout [Action]
    ) -> Key {
        rotation &+= 1
        let query = Query(
            question,
            for: asker,
            tag: tag,
            ends: now + configuration.totalBudget,
            firstServer: configuration.rotates ? rotation : 0
        )
        let key = queries.insert(query)
        guard !configuration.servers.isEmpty else {
            finish(key, .failed([]), at: now, &actions)
            return Key(slab: key)
        }
        if waiting.count == 0, standings[server(for: query)].inFlight < configuration.inFlightLimit {
            actions.append(.began(Key(slab: key), tag: tag))
            probe(like: query, at: now, &actions)
            startTry(key, at: now, &actions)
        } else if waiting.count < configuration.waitingLimit {
            waiting.append(key, for: asker)
            setAlarm(key, at: query.ends)
        } else {
            finish(key, .queueFull, at: now, &actions)
        }
        return Key(slab: key)
    }

    /// Nobody wants the answer any more.
    package mutating func cancel(_ key: Key, at now: Duration, _ actions: inout [Action]) {
        guard remove(key.slab, at: now, &actions) != nil else { return }
        admitWaiting(at: now, &actions)
    }

    /// Time has passed. The driver has read what has come before.
    package mutating func advance(to now: Duration, _ actions: inout [Action]) {
        while let alarm = alarms.min, alarm.time <= now {
            alarms.removeMin()
            guard let query = queries[alarm.query] else { continue }
            if now >= query.ends {
                timeOut(alarm.query, at: now, &actions)
            } else if query.wake > .zero, query.wake <= now {
                timeOut(alarm.query, at: now, &actions)
            }
        }
        for server in sourcePorts.indices {
            for port in sourcePorts[server].retireOld(at: now) { retire(port, &actions) }
        }
        for (stream, state) in streams {
            guard let end = state.idleEnd, end <= now else { continue }
            close(stream, at: now, &actions)
        }
    }

    /// Something has come on a port.
    package mutating func received(
        _ bytes: [UInt8],
        on port: Carrier,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard ports[port] != nil else { return }
        read(bytes, on: port, isStream: false, at: now, &actions)
    }

    /// The network has something to say about a port: nobody listens there, no route, or no socket to be had.
    ///
    /// - Parameters:
    ///   - reason: one clause for a person.
    ///   - isShortage: whether this machine has no descriptor left.
    package mutating func failed(
        _ port: Carrier,
        _ reason: String,
        isShortage: Bool,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let state = ports[port] else { return }
        // No more queries on a port in trouble; those on it may still be answered.
        sourcePorts[state.server].remove(port)
        let affected = tries(on: port)
        if isShortage {
            for (key, index) in affected {
                stopListening(key, index, at: now, &actions)
                guard let query = queries[key], !query.tries.contains(where: \.isListening) else { continue }
                finish(key, .noDescriptor(reason), at: now, &actions)
            }
        } else {
            for (key, index) in affected { refuseSoftly(key, index, .network(reason), at: now, &actions) }
        }
        retire(port, &actions)
    }

    /// This machine cannot even listen: every query ends now, for want of a descriptor or a thread.
    package mutating func giveUp(_ reason: String, at now: Duration, _ actions: inout [Action]) {
        while let key = queries.keys.first { finish(key, .noDescriptor(reason), at: now, &actions) }
        for server in sourcePorts.indices { sourcePorts[server] = SourcePorts(configuration.ports) }
        for port in ports.keys { retire(port, &actions) }
        alarms = Heap()
    }

    /// A message has come over a stream.
    package mutating func receivedOnStream(
        _ bytes: [UInt8],
        on stream: Carrier,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard streams[stream] != nil else { return }
        streams[stream]?.lastAnswer = now
        read(bytes, on: stream, isStream: true, at: now, &actions)
    }

    /// A stream has ended, or could not be opened.
    package mutating func streamClosed(
        _ stream: Carrier,
        _ reason: String,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let state = streams.removeValue(forKey: stream) else { return }
        if streamOf[state.server] == stream { streamOf[state.server] = nil }
        for (key, index) in tries(on: stream) {
            stopListening(key, index, at: now, &actions)
            if state.lastAnswer != nil {
                // A server may close a stream at any time; what it has not answered is asked again (RFC 7766 §6.2.4).
                sendOnStream(key, to: state.server, at: now, &actions)
            } else {
                refuseSoftly(key, index, .network(reason), at: now, &actions)
            }
        }
    }
}

// MARK: - Tries

extension QueryClient {
    /// The server that a query's next try goes to: in order, those first that are not set aside.
    private func server(for query: Query) -> Int {
        if let probed = query.probes { return probed }
        let count = configuration.servers.count
        if count == 1 { return 0 }
        let healthy = (0..<count).filter { !standings[$0].isSetAside }
        let order = healthy.isEmpty ? Array(0..<count) : healthy
        return order[(query.firstServer + query.rounds) % order.count]
    }

    private func timeout(of server: Int) -> Duration {
        standings[server].estimate.timeout(
            isOnlyServer: configuration.servers.count == 1,
            ceiling: configuration.timeout
        )
    }

    mutating func startTry(_ key: Slab<Query>.Key, at now: Duration, _ actions: inout [Action]) {
        guard let query = queries[key] else { return }
        let server = server(for: query)
        let silences = query.rounds - query.refusals
        queries[key]?.rounds += 1
        let factor = Self.patience(after: silences)
        setWake(key, at: min(query.ends, now + min(timeout(of: server) * factor, configuration.timeout)))
        if configuration.usesStreamsOnly {
            sendOnStream(key, to: server, at: now, &actions)
            return
        }
        sendDatagram(key, to: server, at: now, &actions)
        if silences >= Self.datagramTries { sendOnStream(key, to: server, at: now, &actions) }
    }

    mutating func sendDatagram(
        _ key: Slab<Query>.Key,
        to server: Int,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let query = queries[key] else { return }
        let port: Carrier
        switch sourcePorts[server].choose(at: now, random: generator.next()) {
        case .use(let open):
            port = open
        case .open:
            port = nextCarrier
            nextCarrier += 1
            sourcePorts[server].opened(port, at: now)
            ports[port] = PortState(server: server)
            actions.append(.openPort(port, configuration.servers[server]))
        }
        var question = query.wire
        if configuration.mixesCase, standings[server].keepsCase, !query.spellingDoubts.contains(server) {
            QueryMessage.mixCase(of: &question, random: (generator.next(), generator.next()))
        }
        let message = register(key, question, to: server, on: port, isStream: false, at: now)
        ports[port]?.listening += 1
        actions.append(.send(port, message))
        traceSending(query.question, to: server, message, isStream: false, at: now, &actions)
        if sourcePorts[server].used(port) { ports[port]?.isRetired = true }
    }

    mutating func sendOnStream(
        _ key: Slab<Query>.Key,
        to server: Int,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let query = queries[key],
            !query.tries.contains(where: { $0.isStream && $0.isListening && $0.server == server })
        else { return }
        let stream: Carrier
        if let open = streamOf[server] {
            stream = open
        } else {
            stream = nextCarrier
            nextCarrier += 1
            streamOf[server] = stream
            streams[stream] = StreamState(server: server)
            actions.append(.openStream(stream, configuration.servers[server]))
        }
        let message = register(key, query.wire, to: server, on: stream, isStream: true, at: now)
        streams[stream]?.listening += 1
        streams[stream]?.idleEnd = nil
        actions.append(.sendOnStream(stream, message))
        traceSending(query.question, to: server, message, isStream: true, at: now, &actions)
    }

    private mutating func traceSending(
        _ question: Question,
        to server: Int,
        _ message: [UInt8],
        isStream: Bool,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard isTracing else { return }
        let event = QueryTrace.Event.sent(
            question,
            configuration.servers[server],
            isStream: isStream,
            identifier: UInt16(message[0]) << 8 | UInt16(message[1]),
            bytes: message.count
        )
        trace(event, at: now, &actions)
    }

    /// Writes the message for one more try, and notes where its answer will come.
    private mutating func register(
        _ key: Slab<Query>.Key,
        _ question: [UInt8],
        to server: Int,
        on carrier: Carrier,
        isStream: Bool,
        at now: Duration
    ) -> [UInt8] {
        var identifier = UInt16(truncatingIfNeeded: generator.next())
        while pending[Self.place(carrier, identifier)] != nil {
            identifier = UInt16(truncatingIfNeeded: generator.next())
        }
        let hasOptions = standings[server].understandsOptions
        let hasCookies = hasOptions && configuration.usesCookies
        let cookies = hasCookies ? standings[server].clientCookie + (standings[server].serverCookie ?? []) : []
        let message = QueryMessage(
            question,
            identifier: identifier,
            datagramSize: hasOptions ? configuration.datagramSize : nil,
            cookies: cookies,
            wantsAuthenticData: configuration.wantsAuthenticData
        )
        let index = queries[key]?.tries.count ?? 0
        queries[key]?.tries.append(
            Query.Try(
                server: server,
                carrier: carrier,
                isStream: isStream,
                identifier: identifier,
                sentAt: now,
                question: question,
                hasOptions: hasOptions,
                hasCookies: hasCookies
            )
        )
        pending[Self.place(carrier, identifier)] = Pending(query: key, index: index)
        standings[server].inFlight += 1
        return message.bytes
    }

    static func place(_ carrier: Carrier, _ identifier: UInt16) -> UInt64 {
        UInt64(carrier) << 16 | UInt64(identifier)
    }

    /// Shows a server that is set aside a copy of a query, when it is time to.
    private mutating func probe(like query: Query, at now: Duration, _ actions: inout [Action]) {
        guard configuration.servers.count > 1 else { return }
        for server in standings.indices where standings[server].takeProbe(at: now) {
            let copy = Query(
                query.question,
                for: query.asker,
                ends: now + configuration.timeout,
                firstServer: server,
                probes: server
            )
            let key = queries.insert(copy)
            setAlarm(key, at: copy.ends)
            trace(.decided("\(configuration.servers[server]) is shown a copy of \(query.question)"), at: now, &actions)
            if configuration.usesStreamsOnly {
                sendOnStream(key, to: server, at: now, &actions)
            } else {
                sendDatagram(key, to: server, at: now, &actions)
            }
        }
    }
}

// MARK: - Clocks, and what comes to nothing

extension QueryClient {
    private mutating func setAlarm(_ key: Slab<Query>.Key, at time: Duration) {
        alarms.insert(Alarm(time: time, query: key))
    }

    private mutating func setWake(_ key: Slab<Query>.Key, at time: Duration) {
        queries[key]?.wake = time
        setAlarm(key, at: time)
    }

    private mutating func timeOut(_ key: Slab<Query>.Key, at now: Duration, _ actions: inout [Action]) {
        guard let query = queries[key] else { return }
        if now < query.ends, query.probes == nil, !query.isLastCall, let later = patience(with: query, at: now) {
            setWake(key, at: min(query.ends, later))
            return
        }
        for (index, attempt) in query.tries.enumerated() where attempt.isListening && !attempt.hasFailed {
            fail(key, index, .silent(now - attempt.sentAt), at: now, &actions)
            // A stream over which nothing comes may be dead without anybody knowing.
            if attempt.isStream, let stream = streams[attempt.carrier],
                stream.lastAnswer.map({ $0 < attempt.sentAt }) ?? true
            {
                close(attempt.carrier, at: now, &actions)
            }
        }
        if query.probes != nil {
            remove(key, at: now, &actions)
        } else if now >= query.ends || query.isLastCall {
            finish(key, .failed(queries[key]?.failures ?? []), at: now, &actions)
        } else {
            startTry(key, at: now, &actions)
        }
    }

    /// The first answer of a server tells how long it takes: what was sent before may be given less time than was thought.
    mutating func hasten(at server: Int, at now: Duration) {
        let timeout = timeout(of: server)
        for key in queries.keys {
            guard let query = queries[key], query.probes == nil, !query.isLastCall, let last = query.tries.last,
                last.server == server
            else { continue }
            let factor = Self.patience(after: query.rounds - query.refusals - 1)
            let wake = max(now, last.sentAt + min(timeout * factor, configuration.timeout))
            if wake < query.wake { setWake(key, at: wake) }
        }
    }

    /// Until when a silent query is left alone after all: what has been learned since it went out may say so, or that too many
    /// are silent for all of them to be lost.
    private mutating func patience(with query: Query, at now: Duration) -> Duration? {
        guard let last = query.tries.last else { return nil }
        let factor = Self.patience(after: query.rounds - query.refusals - 1)
        let due = last.sentAt + min(timeout(of: last.server) * factor, configuration.timeout)
        if now < due { return due }
        let patient = last.sentAt + min(Self.silenceOfMany * factor, configuration.timeout)
        if now < patient, !retries.take() { return patient }
        return nil
    }

    /// From the fourth try on each wait is twice as long as the one before, so that a crowd of clients lets the server breathe.
    private static func patience(after silences: Int) -> Int {
        1 << min(max(0, silences - datagramTries + 1), 5)
    }

    /// Counts a try as having come to nothing; its answer may still come.
    private mutating func fail(
        _ key: Slab<Query>.Key,
        _ index: Int,
        _ cause: QueryFailure.Cause,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let attempt = queries[key]?.tries[index], !attempt.hasFailed else { return }
        let failure = QueryFailure(
            server: configuration.servers[attempt.server],
            isStream: attempt.isStream,
            cause: cause
        )
        queries[key]?.tries[index].hasFailed = true
        queries[key]?.note(failure)
        if isTracing, let question = queries[key]?.question {
            trace(.failed(question, reason: "\(failure)"), at: now, &actions)
        }
        guard case .code = cause else {
            if standings[attempt.server].failed(at: now) {
                trace(.decided("\(failure.server) is set aside"), at: now, &actions)
            }
            return
        }
    }

    /// A server has said "no", in an answer that is surely its own.
    mutating func refuse(
        _ key: Slab<Query>.Key,
        _ index: Int,
        _ cause: QueryFailure.Cause,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        stopListening(key, index, at: now, &actions)
        guard mayGoOn(key, index, cause, at: now, &actions) else {
            guard let query = queries[key] else { return }
            finish(key, .failed(query.failures), at: now, &actions)
            return
        }
        startTry(key, at: now, &actions)
    }

    /// A try has come to nothing by something that a forger could have sent, too: the next one starts, and this one stays open.
    mutating func refuseSoftly(
        _ key: Slab<Query>.Key,
        _ index: Int,
        _ cause: QueryFailure.Cause,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let attempt = queries[key]?.tries[index], !attempt.hasFailed else { return }
        guard mayGoOn(key, index, cause, at: now, &actions) else {
            guard let query = queries[key], query.probes == nil else { return }
            queries[key]?.isLastCall = true
            // As long as a good answer takes, where that is known.
            let isKnown = standings[attempt.server].estimate.roundTrip != nil
            let patience = isKnown ? timeout(of: attempt.server) : RoundTripEstimate.floor
            setWake(key, at: min(query.ends, now + patience))
            return
        }
        startTry(key, at: now, &actions)
    }

    /// Counts a "no", and tells whether another try may follow; a probe, which has one only, is over.
    private mutating func mayGoOn(
        _ key: Slab<Query>.Key,
        _ index: Int,
        _ cause: QueryFailure.Cause,
        at now: Duration,
        _ actions: inout [Action]
    ) -> Bool {
        fail(key, index, cause, at: now, &actions)
        guard let query = queries[key] else { return false }
        if query.probes != nil {
            remove(key, at: now, &actions)
            return false
        }
        queries[key]?.refusals += 1
        return !query.isLastCall
            && query.refusals < max(1, configuration.attempts) * configuration.servers.count
    }

    func trace(_ event: @autoclosure () -> QueryTrace.Event, at now: Duration, _ actions: inout [Action]) {
        if isTracing { actions.append(.trace(QueryTrace(event(), at: now))) }
    }
}

// MARK: - Ends

extension QueryClient {
    mutating func finish(
        _ key: Slab<Query>.Key,
        _ outcome: QueryOutcome,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let query = remove(key, at: now, &actions) else { return }
        if query.probes == nil { actions.append(.finish(Key(slab: key), tag: query.tag, outcome)) }
        admitWaiting(at: now, &actions)
    }

    @discardableResult
    private mutating func remove(_ key: Slab<Query>.Key, at now: Duration, _ actions: inout [Action]) -> Query? {
        guard let count = queries[key]?.tries.count else { return nil }
        for index in 0..<count { stopListening(key, index, at: now, &actions) }
        return queries.remove(key)
    }

    /// No answer to this try is waited for any more.
    mutating func stopListening(
        _ key: Slab<Query>.Key,
        _ index: Int,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let attempt = queries[key]?.tries[index], attempt.isListening else { return }
        queries[key]?.tries[index].isListening = false
        pending[Self.place(attempt.carrier, attempt.identifier)] = nil
        standings[attempt.server].inFlight -= 1
        if attempt.isStream {
            streams[attempt.carrier]?.listening -= 1
            if streams[attempt.carrier]?.listening == 0 {
                streams[attempt.carrier]?.idleEnd = now + Self.streamIdleTime
            }
        } else {
            ports[attempt.carrier]?.listening -= 1
            closeIfDone(attempt.carrier, &actions)
        }
    }

    private mutating func admitWaiting(at now: Duration, _ actions: inout [Action]) {
        while waiting.count > 0 {
            let first = standings.firstIndex { !$0.isSetAside } ?? 0
            guard standings[first].inFlight < configuration.inFlightLimit, let key = waiting.popFirst() else { return }
            guard let tag = queries[key]?.tag else { continue }
            actions.append(.began(Key(slab: key), tag: tag))
            startTry(key, at: now, &actions)
        }
    }

    /// The tries that wait for an answer on a port or stream.
    private func tries(on carrier: Carrier) -> [(Slab<Query>.Key, Int)] {
        pending.filter { $0.key >> 16 == UInt64(carrier) }.sorted { $0.key < $1.key }
            .map { ($0.value.query, $0.value.index) }
    }

    private mutating func retire(_ port: Carrier, _ actions: inout [Action]) {
        ports[port]?.isRetired = true
        closeIfDone(port, &actions)
    }

    private mutating func closeIfDone(_ port: Carrier, _ actions: inout [Action]) {
        guard let state = ports[port], state.isRetired, state.listening == 0 else { return }
        ports[port] = nil
        actions.append(.closePort(port))
    }

    private mutating func close(_ stream: Carrier, at now: Duration, _ actions: inout [Action]) {
        guard let state = streams.removeValue(forKey: stream) else { return }
        for (key, index) in tries(on: stream) { stopListening(key, index, at: now, &actions) }
        if streamOf[state.server] == stream { streamOf[state.server] = nil }
        actions.append(.closeStream(stream))
    }
}
