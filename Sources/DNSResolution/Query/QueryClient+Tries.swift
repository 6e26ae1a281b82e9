// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import NameResolution

/// One question goes out to one server, over a port or a stream.
@available(FairDial 0.1, *)
extension QueryClient {
    /// The server that a query's next try goes to: in order, those first that are not marked down, and none that has
    /// said "no" for good.
    func server(for query: Query) -> Int {
        if let only = query.onlyServer { return only }
        let count = configuration.servers.count
        if count == 1 { return 0 }
        if let last = query.tries.last, isOwedPlainForm(last.server, query) { return last.server }
        var order = (0..<count).filter { !health[$0].isSetAside && !isSpent($0, query) }
        if order.isEmpty { order = (0..<count).filter { !isSpent($0, query) } }
        if order.isEmpty { order = Array(0..<count) }
        return order[(query.firstServer + query.turns) % order.count]
    }

    /// Whether a server has said "no" to a query as often as it may.
    func isSpent(_ server: Int, _ query: Query) -> Bool {
        query.refusals(of: server) >= max(1, configuration.attempts)
    }

    /// Whether a server that has never answered the wished form has been asked in that alone: it may answer the other
    /// one, so that comes before the next server's turn, which may know other names.
    func isOwedPlainForm(_ server: Int, _ query: Query) -> Bool {
        !health[server].answersWished && !configuration.usesStreamsOnly && query.refusals(of: server) == 0
            && query.hasAsked(server, in: .wished) && !query.hasAsked(server, in: .plain)
            && query.mismatchedDatagrams < Self.mismatchLimit
    }

    func timeout(of server: Int, isFirst: Bool) -> Duration {
        let isDatagram = !configuration.usesStreamsOnly
        let timeout = health[server].estimate.timeout(
            isFirst: isFirst && isDatagram,
            isOnlyServer: configuration.servers.count == 1,
            ceiling: configuration.timeout
        )
        // Whatever has been learned of its speed, the wished form may be one that it never answers.
        guard isFirst, isDatagram, !health[server].answersWished else { return timeout }
        let isSilent = health[server].isSilentToWished
        return min(timeout, isSilent ? RoundTripEstimate.silentFirst : RoundTripEstimate.unknownFirst)
    }

    /// How long the next try at a server is waited for, after this many that the server did not answer.
    func wait(after silences: Int, at server: Int, isFirst: Bool) -> Duration {
        let factor = Self.waitFactor(after: silences)
        let timeout = timeout(of: server, isFirst: isFirst)
        // Durations have 128 bits, and mostly there is nothing to multiply.
        return factor == 1 ? timeout : min(timeout * factor, configuration.timeout)
    }

    /// Asks the next server in order, or the same one in another form; and sets the clock for the try after that.
    mutating func startTry(_ key: Slab<Query>.Key, at now: Duration, _ actions: inout [Action]) {
        guard let query = queries[key] else { return }
        let server = server(for: query)
        // Where nothing has gone out yet, for want of a stream, no server has been silent.
        let silences = query.tries.isEmpty ? 0 : query.rounds - query.refusals
        let isFirst = !query.tries.contains { $0.server == server }
        if isFirst || !isOwedPlainForm(server, query) { query.turns += 1 }
        query.rounds += 1
        query.wake = min(query.ends, now + wait(after: silences, at: server, isFirst: isFirst))
        setAlarm(key, at: query.wake)
        if configuration.usesStreamsOnly {
            sendOnStream(key, to: server, at: now, &actions)
            return
        }
        let form = nextForm(of: query, at: server, isFirst: isFirst, now)
        if form == .wished, !isFirst, query.mismatchedDatagrams < Self.mismatchLimit,
            let index = query.repeatable(at: server)
        {
            repeatDatagram(query, index, at: now, &actions)
        } else {
            sendDatagram(query, key, to: server, in: form, at: now, &actions)
        }
        if silences >= Self.datagramTries || query.tries.count > 1 && query.mismatchedDatagrams >= Self.mismatchLimit {
            sendOnStream(key, to: server, at: now, &actions)
        }
    }

    private func firstForm(of query: Query, at server: Int, _ now: Duration) -> Query.Form {
        if case .check = query.purpose { return .wished }
        return health[server].forms.first(for: query.question.name, at: now)
    }

    /// The form of the next datagram. A retry differs from what failed: by its form first, by its port always.
    private func nextForm(of query: Query, at server: Int, isFirst: Bool, _ now: Duration) -> Query.Form {
        if isFirst { return firstForm(of: query, at: server, now) }
        guard query.mismatchedDatagrams < Self.mismatchLimit else { return .wished }
        let isPlainOnly = health[server].forms.isPlainOnly(at: now)
        return isPlainOnly || !query.hasAsked(server, in: .plain) ? .plain : .wished
    }

    /// Sends a plain query once more as it was, byte for byte, as the C library does: there are networks that lose the
    /// first datagram from each port. A forger gains nothing by it.
    mutating func repeatDatagram(_ query: Query, _ index: Int, at now: Duration, _ actions: inout [Action]) {
        query.tries[index].isRepeated = true
        query.tries[index].hasFailed = false
        query.lastSent = now
        let attempt = query.tries[index]
        attempt.port?.sent += 1
        actions.append(.send(attempt.carrier, attempt.message))
        traceSending(query, to: attempt.server, attempt.message, isStream: false, at: now, &actions)
    }

    mutating func sendDatagram(
        _ query: Query,
        _ key: Slab<Query>.Key,
        to server: Int,
        in form: Query.Form,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        let (port, state) = choosePort(to: server, for: query, in: form, at: now, &actions)
        let message = register(query, key, form, to: server, on: port, state, at: now)
        state.listening += 1
        state.sent += 1
        actions.append(.send(port, message))
        traceSending(query, to: server, message, isStream: false, at: now, &actions)
        if state.isOwn { return }
        let isLast = state.isForPlain ? plainPorts[server].used(port) : sourcePorts[server].used(port)
        if isLast { state.isRetired = true }
    }

    /// A port for one more query. A plain one has a port of its own, for whatever has gone wrong may be the port that
    /// the wished one used, and a forger must not know it; many at once share some that the wished form never uses.
    private mutating func choosePort(
        to server: Int,
        for query: Query,
        in form: Query.Form,
        at now: Duration,
        _ actions: inout [Action]
    ) -> (Carrier, PortState) {
        let isPlain = form == .plain
        let isOwn =
            isPlain && ownPorts[server] < Self.ownPortLimit && !health[server].forms.isPlainOnly(at: now)
            && mayOpenSocket(at: now)
        if !isOwn {
            let random = generator.next()
            let choice =
                isPlain
                ? plainPorts[server].choose(at: now, random: random)
                : sourcePorts[server].choose(at: now, random: random)
            if case .use(let open) = choice {
                guard let known = ports[open] else { preconditionFailure("a port in use that nobody has opened") }
                return (open, known)
            }
            if !mayOpenSocket(at: now),
                let shared = sharedPort(to: server, for: query, isPlain: isPlain, at: now, random: random)
            {
                return shared
            }
        }
        let port = nextCarrier
        nextCarrier += 1
        let state = PortState(server: server)
        ports[port] = state
        actions.append(.openPort(port, configuration.servers[server]))
        if isOwn {
            (state.isOwn, state.isRetired) = (true, true)
            ownPorts[server] += 1
        } else {
            state.isForPlain = isPlain
            if isPlain { plainPorts[server].opened(port, at: now) } else { sourcePorts[server].opened(port, at: now) }
        }
        return (port, state)
    }

    func traceSending(
        _ query: Query,
        to server: Int,
        _ message: [UInt8],
        isStream: Bool,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard isTracing else { return }
        // As it was spelled: only so can a reader find a server that answers one spelling and not another.
        var reader = try? MessageReader(message)
        let question = (try? reader?.nextQuestion()) ?? query.question
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
    mutating func register(
        _ query: Query,
        _ key: Slab<Query>.Key,
        _ form: Query.Form,
        to server: Int,
        on carrier: Carrier,
        _ port: PortState?,
        at now: Duration
    ) -> [UInt8] {
        let index = query.tries.count
        var identifier = UInt16(truncatingIfNeeded: generator.next())
        // An entry that is overwritten is put back: that is rare, and a check before would cost as much each time.
        // Neither a port nor a stream has more than a quarter of the identifiers in use, so a few draws find a free
        // one; after `drawLimit` draws the next number is taken, for the generator may be a poor one.
        var drawn = 1
        while let other = pending.updateValue(
            Pending(query: key, index: index),
            forKey: Self.place(carrier, identifier)
        ) {
            pending[Self.place(carrier, identifier)] = other
            identifier = drawn < Self.drawLimit ? UInt16(truncatingIfNeeded: generator.next()) : identifier &+ 1
            drawn += 1
        }
        let isWished = form == .wished
        let hasCookies = isWished && configuration.usesCookies && health[server].cookies.isUsed(at: now)
        let isMixed =
            isWished && configuration.mixesCase && !health[server].isLoopback
            && QueryMessage.hasSeveralLabels(query.question.name)
        var message = QueryMessage(
            query.question,
            identifier: identifier,
            datagramSize: isWished ? configuration.datagramSize : nil,
            cookies: hasCookies ? health[server].cookies.shown(at: now) : [],
            wantsAuthenticData: configuration.wantsAuthenticData
        )
        if isMixed { message.mixCase(random: (generator.next(), generator.next())) }
        query.tries.append(
            Query.Try(
                server: server,
                carrier: carrier,
                port: port,
                isStream: port == nil,
                identifier: identifier,
                sentAt: now,
                message: message.bytes,
                form: form,
                isMixed: isMixed,
                hasCookies: hasCookies,
                hasServerCookie: hasCookies && health[server].cookies.isExpected(at: now),
                mismatchedBefore: port?.mismatched ?? 0
            )
        )
        query.lastSent = now
        health[server].inFlight += 1
        return message.bytes
    }

    static func place(_ carrier: Carrier, _ identifier: UInt16) -> UInt64 {
        UInt64(carrier) << 16 | UInt64(identifier)
    }

    /// Probes a server that is marked down with a copy of a query, when it is time to.
    mutating func probe(like query: Query, at now: Duration, _ actions: inout [Action]) {
        guard configuration.servers.count > 1 else { return }
        for server in health.indices where health[server].takeProbe(at: now) {
            trace(.decided("\(configuration.servers[server]) is shown a copy of \(query.question)"), at: now, &actions)
            let ends = now + configuration.timeout
            send(
                copy: Query(query.question, ends: ends, firstServer: server, purpose: .probe(server: server)),
                at: now,
                &actions
            )
        }
    }

    /// Sends a query that no lookup waits for.
    mutating func send(copy: Query, at now: Duration, _ actions: inout [Action]) {
        startTry(queries.insert(copy), at: now, &actions)
    }
}
