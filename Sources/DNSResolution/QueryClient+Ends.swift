// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import NameResolution

/// What comes to nothing, what is given up, and what is over.
extension QueryClient {
    mutating func setAlarm(_ key: Slab<Query>.Key, at time: Duration, isFar: Bool = false) {
        alarms.add(key, at: time, isFar: isFar)
    }

    mutating func setWake(_ key: Slab<Query>.Key, at time: Duration) {
        queries[key]?.wake = time
        setAlarm(key, at: time)
    }

    mutating func timeOut(_ key: Slab<Query>.Key, at now: Duration, _ actions: inout [Action]) {
        guard let query = queries[key] else { return }
        if relieve(key, at: now, &actions) { return }
        if now < query.ends, query.purpose == .answer, !query.isLastCall, query.doubt == nil,
            let later = patience(with: query, at: now)
        {
            setWake(key, at: min(query.ends, later))
            return
        }
        if now >= query.ends, query.isDispensable {
            end(query, key, at: now, &actions)
            return
        }
        for (index, attempt) in query.tries.enumerated() where attempt.isListening && !attempt.hasFailed {
            // A stream takes round trips of its own before anything is said.
            if attempt.isStream, now < query.ends, now < attempt.sentAt + configuration.timeout { continue }
            fail(key, index, .silent(now - attempt.sentAt), at: now, &actions)
            if attempt.port != nil {
                // A port that met silence is not chosen again: a NAT may have forgotten it, the way may be another one by now.
                avoid(attempt.carrier, of: attempt.server, &actions)
            } else if let stream = streams[attempt.carrier], stream.lastAnswer.map({ $0 < attempt.sentAt }) ?? true {
                // A stream over which nothing comes may be dead without anybody knowing.
                close(attempt.carrier, at: now, &actions)
            }
        }
        switch query.purpose {
        case .probe(let server):
            if now >= query.ends || query.hasAsked(server, in: .plain) {
                remove(key, at: now, &actions)
            } else {
                startTry(key, at: now, &actions)
            }
        case .check(let server):
            conclude(check: key, of: server, hasFailed: true, at: now, &actions)
        case .answer:
            if now >= query.ends || query.isLastCall {
                end(query, key, at: now, &actions)
            } else if query.doubt != nil {
                settleDoubt(key, at: now, &actions)
            } else {
                startTry(key, at: now, &actions)
            }
        }
    }

    /// A stream that is slow may answer one query after the other: what has waited on it for long goes out over one more, or over the
    /// one that has least to answer.
    ///
    /// - Returns: whether it does.
    private mutating func relieve(_ key: Slab<Query>.Key, at now: Duration, _ actions: inout [Action]) -> Bool {
        guard now < queries[key]?.ends ?? .zero, let query = queries[key], query.purpose == .answer,
            query.tries.count(where: \.isStream) == 1,
            let index = query.tries.firstIndex(where: { $0.isStream && $0.isListening && !$0.hasFailed })
        else { return false }
        let attempt = query.tries[index]
        guard now >= attempt.sentAt + Self.streamGrace, let stream = streams[attempt.carrier],
            stream.lastAnswer != nil, stream.listening > 1
        else { return false }
        let others = streams.filter { $0.value.server == attempt.server }
        if others.count < Self.streamLimit {
            streamOf[attempt.server] = nil
        } else {
            let idlest = others.min { ($0.value.listening, $0.key) < ($1.value.listening, $1.key) }
            guard let idlest, idlest.value.listening + 1 < stream.listening else { return false }
            streamOf[attempt.server] = idlest.key
        }
        stopListening(key, index, at: now, &actions)
        sendOnStream(key, to: attempt.server, at: now, &actions)
        setWake(key, at: min(query.ends, now + Self.silenceOfMany))
        return true
    }

    /// What is doubted has waited long enough: for a sibling, and then it is asked in the plain form; or for that.
    private mutating func settleDoubt(_ key: Slab<Query>.Key, at now: Duration, _ actions: inout [Action]) {
        guard let query = queries[key], let doubt = query.doubt else { return }
        guard doubt.isNegative else { return believeDoubt(key, at: now, &actions) }
        if !query.hasAsked(doubt.server, in: .plain) {
            confirm(key, at: now, &actions)
        } else if !query.isPlainSilent(doubt.server) {
            // The plain form was answered, and with something else: that is followed first.
            startTry(key, at: now, &actions)
        } else if query.mismatchedDatagrams < Self.mismatchLimit, let index = query.repeatable(at: doubt.server) {
            // Lost, or late: once more, and it is waited for longer.
            repeatDatagram(query, index, at: now, &actions)
            setWake(
                key,
                at: min(query.ends, now + max(Self.confirmationTime, timeout(of: doubt.server, isFirst: false)))
            )
        } else {
            believeDoubt(key, at: now, &actions)
        }
    }

    /// A query's time is over: what is doubted is believed if it could be asked for in the plain form.
    private mutating func end(_ query: Query, _ key: Slab<Query>.Key, at now: Duration, _ actions: inout [Action]) {
        if let doubt = query.doubt, !doubt.isNegative || query.hasAsked(doubt.server, in: .plain) {
            believeDoubt(key, at: now, &actions)
        } else {
            finish(key, .failed(query.failures), at: now, &actions)
        }
    }

    /// The first answer of a server tells how long it takes: what was sent before may be given less time than was thought.
    mutating func hasten(at server: Int, at now: Duration) {
        for key in queries.keys {
            guard let query = queries[key], query.purpose == .answer, !query.isLastCall, let last = query.tries.last,
                last.server == server
            else { continue }
            let wake = max(
                now,
                query.lastSent + wait(after: query.rounds - query.refusals - 1, at: server, isFirst: false)
            )
            if wake < query.wake { setWake(key, at: wake) }
        }
    }

    /// Until when a silent query is left alone after all: what has been learned since it went out may say so, or that too many
    /// are silent for all of them to be lost.
    mutating func patience(with query: Query, at now: Duration) -> Duration? {
        guard let last = query.tries.last else { return nil }
        let isFirst = query.tries.count { $0.server == last.server } == 1
        let factor = Self.patience(after: query.rounds - query.refusals - 1)
        let due = query.lastSent + wait(after: query.rounds - query.refusals - 1, at: last.server, isFirst: isFirst)
        if now < due { return due }
        // A server that has not answered the wished form yet may never do so: the plain one is not to wait (rule 10).
        if isFirst, last.form == .wished, !standings[last.server].answersWished { return nil }
        let patient = query.lastSent + min(Self.silenceOfMany * factor, configuration.timeout)
        if now < patient, !retries.take() { return patient }
        return nil
    }

    /// From the fourth try on each wait is twice as long as the one before, so that a crowd of clients lets the server breathe.
    static func patience(after silences: Int) -> Int {
        1 << min(max(0, silences - datagramTries + 1), 5)
    }

    /// Counts a try as having come to nothing; its answer may still come.
    mutating func fail(
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
        // That a stream cannot be had, or that the server says so, is no silence.
        if attempt.isStream, !configuration.usesStreamsOnly { return }
        guard case .code = cause else {
            if standings[attempt.server].failed(at: now) {
                trace(.decided("\(failure.server) is set aside"), at: now, &actions)
            }
            return
        }
    }

    /// A server has said "no", in an answer that is surely its own, and in the plain form.
    mutating func refuse(
        _ key: Slab<Query>.Key,
        _ index: Int,
        _ cause: QueryFailure.Cause,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let query = queries[key] else { return }
        stopListening(key, index, at: now, &actions)
        fail(key, index, cause, at: now, &actions)
        countRefusal(key, query.tries[index].server, at: now, &actions)
    }

    /// Counts a "no" for good: the next server's turn, or the end where all have said it often enough.
    mutating func countRefusal(_ key: Slab<Query>.Key, _ server: Int, at now: Duration, _ actions: inout [Action]) {
        guard let query = queries[key] else { return }
        guard query.purpose == .answer else {
            remove(key, at: now, &actions)
            return
        }
        query.refusals += 1
        query.noteRefusal(of: server)
        if query.isLastCall {
            if query.wake <= now { setWake(key, at: min(query.ends, now + RoundTripEstimate.floor)) }
            return
        }
        if !standings.indices.allSatisfy({ isSpent($0, query) }) {
            startTry(key, at: now, &actions)
        } else {
            end(query, key, at: now, &actions)
        }
    }

    /// A try has come to nothing by something that a forger could have sent, too: the next one starts, and this one stays open.
    mutating func refuseSoftly(
        _ key: Slab<Query>.Key,
        _ index: Int,
        _ cause: QueryFailure.Cause,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let query = queries[key], !query.tries[index].hasFailed else { return }
        fail(key, index, cause, at: now, &actions)
        countSoftRefusal(key, query.tries[index].server, at: now, &actions)
    }

    /// Counts a "no" that may be forged: where all have said it, a late good answer is waited for as long as one takes.
    mutating func countSoftRefusal(_ key: Slab<Query>.Key, _ server: Int, at now: Duration, _ actions: inout [Action]) {
        guard let query = queries[key] else { return }
        if case .check(let server) = query.purpose {
            conclude(check: key, of: server, hasFailed: true, at: now, &actions)
            return
        }
        guard query.purpose == .answer else {
            remove(key, at: now, &actions)
            return
        }
        query.refusals += 1
        query.noteRefusal(of: server)
        if query.isLastCall {
            if query.wake <= now { setWake(key, at: min(query.ends, now + RoundTripEstimate.floor)) }
            return
        }
        if !standings.indices.allSatisfy({ isSpent($0, query) }) {
            startTry(key, at: now, &actions)
            return
        }
        query.isLastCall = true
        // As long as a good answer takes, where that is known; and a stream may get through where datagrams are turned back.
        let isKnown = !standings[server].isUnknown
        var patience = isKnown ? timeout(of: server, isFirst: false) : RoundTripEstimate.floor
        for server in standings.indices
        where !configuration.usesStreamsOnly && !query.hasStreamed(to: server) && standings[server].hasStreams(at: now)
        {
            sendOnStream(key, to: server, at: now, &actions)
            patience = max(patience, Self.streamGrace)
        }
        setWake(key, at: min(query.ends, now + patience))
    }

    /// A stream has brought nothing. Datagrams that are out may be answered still.
    mutating func streamFailed(
        _ key: Slab<Query>.Key,
        _ index: Int,
        _ reason: String,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let query = queries[key] else { return }
        let server = query.tries[index].server
        fail(key, index, .network(reason), at: now, &actions)
        if configuration.usesStreamsOnly {
            countSoftRefusal(key, server, at: now, &actions)
        } else if query.isWaiting {
            // The clock sees to the rest.
            return
        } else if askOtherwise(key, server, at: now, &actions) {
            return
        } else if query.doubt?.isNegative == false {
            believeDoubt(key, at: now, &actions)
        } else {
            countSoftRefusal(key, server, at: now, &actions)
        }
    }

    func trace(_ event: @autoclosure () -> QueryTrace.Event, at now: Duration, _ actions: inout [Action]) {
        if isTracing { actions.append(.trace(QueryTrace(event(), at: now))) }
    }
}

// MARK: - Over

extension QueryClient {
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

    @discardableResult
    mutating func remove(_ key: Slab<Query>.Key, at now: Duration, _ actions: inout [Action]) -> Query? {
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
        guard let query = queries[key] else { return }
        let attempt = query.tries[index]
        guard attempt.isListening else { return }
        query.tries[index].isListening = false
        pending[Self.place(attempt.carrier, attempt.identifier)] = nil
        standings[attempt.server].inFlight -= 1
        if let port = attempt.port {
            port.listening -= 1
            if port.isRetired { closeIfDone(attempt.carrier, &actions) }
        } else if let stream = streams[attempt.carrier] {
            stream.listening -= 1
            if stream.listening == 0 { stream.idleEnd = now + Self.streamIdleTime }
        }
    }

    mutating func admitWaiting(at now: Duration, _ actions: inout [Action]) {
        while waiting.count > 0 {
            let first = standings.firstIndex { !$0.isSetAside } ?? 0
            guard standings[first].inFlight < configuration.inFlightLimit, let key = waiting.popFirst() else { return }
            guard let tag = queries[key]?.tag else { continue }
            actions.append(.began(Key(slab: key), tag: tag))
            startTry(key, at: now, &actions)
        }
    }

    /// The tries that wait for an answer on a port or stream.
    func tries(on carrier: Carrier) -> [(Slab<Query>.Key, Int)] {
        pending.filter { $0.key >> 16 == UInt64(carrier) }.sorted { $0.key < $1.key }
            .map { ($0.value.query, $0.value.index) }
    }

    /// No more queries go out from a port.
    mutating func avoid(_ port: Carrier, of server: Int, _ actions: inout [Action]) {
        sourcePorts[server].remove(port)
        plainPorts[server].remove(port)
        retire(port, &actions)
    }

    mutating func retire(_ port: Carrier, _ actions: inout [Action]) {
        ports[port]?.isRetired = true
        closeIfDone(port, &actions)
    }

    mutating func closeIfDone(_ port: Carrier, _ actions: inout [Action]) {
        guard let state = ports[port], state.isRetired, state.listening == 0 else { return }
        ports[port] = nil
        if state.isOwn { ownPorts[state.server] -= 1 }
        actions.append(.closePort(port))
    }

    mutating func close(_ stream: Carrier, at now: Duration, _ actions: inout [Action]) {
        guard let state = streams.removeValue(forKey: stream) else { return }
        for (key, index) in tries(on: stream) { stopListening(key, index, at: now, &actions) }
        if streamOf[state.server] == stream { streamOf[state.server] = nil }
        actions.append(.closeStream(stream))
    }
}
