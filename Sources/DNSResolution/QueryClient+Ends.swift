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
        if now < query.ends, query.probes == nil, !query.isLastCall, let later = patience(with: query, at: now) {
            setWake(key, at: min(query.ends, later))
            return
        }
        if now >= query.ends, query.isDispensable {
            finish(key, .failed(query.failures), at: now, &actions)
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
        for key in queries.keys {
            guard let query = queries[key], query.probes == nil, !query.isLastCall, let last = query.tries.last,
                last.server == server
            else { continue }
            let wake = max(now, last.sentAt + wait(after: query.rounds - query.refusals - 1, at: server))
            if wake < query.wake { setWake(key, at: wake) }
        }
    }

    /// Until when a silent query is left alone after all: what has been learned since it went out may say so, or that too many
    /// are silent for all of them to be lost.
    mutating func patience(with query: Query, at now: Duration) -> Duration? {
        guard let last = query.tries.last else { return nil }
        let factor = Self.patience(after: query.rounds - query.refusals - 1)
        let due = last.sentAt + wait(after: query.rounds - query.refusals - 1, at: last.server)
        if now < due { return due }
        let patient = last.sentAt + min(Self.silenceOfMany * factor, configuration.timeout)
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
    mutating func mayGoOn(
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

// MARK: - Over

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

    mutating func retire(_ port: Carrier, _ actions: inout [Action]) {
        ports[port]?.isRetired = true
        closeIfDone(port, &actions)
    }

    mutating func closeIfDone(_ port: Carrier, _ actions: inout [Action]) {
        guard let state = ports[port], state.isRetired, state.listening == 0 else { return }
        ports[port] = nil
        actions.append(.closePort(port))
    }

    mutating func close(_ stream: Carrier, at now: Duration, _ actions: inout [Action]) {
        guard let state = streams.removeValue(forKey: stream) else { return }
        for (key, index) in tries(on: stream) { stopListening(key, index, at: now, &actions) }
        if streamOf[state.server] == stream { streamOf[state.server] = nil }
        actions.append(.closeStream(stream))
    }
}
