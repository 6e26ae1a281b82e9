// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import NameResolution

/// How tries fail, and how queries are given up and end.
@available(FairDial 0.1, *)
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
            let later = laterWake(of: query, at: now)
        {
            setWake(key, at: min(query.ends, later))
            return
        }
        if now >= query.ends, query.isDispensable {
            end(query, key, at: now, &actions)
            return
        }
        if now < query.ends, query.isLastCall, !query.awaitedStreams.isEmpty {
            // It is in a queue for what is to be its last try.
            setWake(key, at: query.ends)
            return
        }
        for (index, attempt) in query.tries.enumerated() where attempt.isListening && !attempt.hasFailed {
            // A stream takes round trips of its own before anything is said.
            if attempt.isStream, now < query.ends, now < attempt.sentAt + configuration.timeout { continue }
            fail(key, index, .silent(now - attempt.sentAt), at: now, &actions)
            if attempt.port != nil {
                // A port that met silence is not chosen again: a NAT may have forgotten it, the way may be another one
                // by now.
                avoid(attempt.carrier, of: attempt.server, at: now, &actions)
            } else if let stream = streams[attempt.carrier], stream.lastAnswer.map({ $0 <= attempt.sentAt }) ?? true {
                // A stream over which nothing comes may be dead without a sign of it.
                close(attempt.carrier, because: .silent, at: now, &actions)
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

    /// What is doubted has waited long enough: for a sibling, and then it is asked in the plain form; or for that.
    private mutating func settleDoubt(_ key: Slab<Query>.Key, at now: Duration, _ actions: inout [Action]) {
        guard let query = queries[key], let doubt = query.doubt else { return }
        guard doubt.isNegative else {
            if !askNextServer(query, key, at: now, &actions) { believeDoubt(key, at: now, &actions) }
            return
        }
        if !query.hasAsked(doubt.server, in: .plain) {
            confirm(key, at: now, &actions)
        } else if !query.isPlainSilent(doubt.server) {
            // The plain form was answered, and with something else: that is followed first.
            startTry(key, at: now, &actions)
        } else if query.mismatchedDatagrams < Self.mismatchLimit, let index = query.repeatable(at: doubt.server) {
            // Lost, late, or not answered a second time: once more, and over a stream as well, which no datagram that
            // was lost holds up.
            repeatDatagram(query, index, at: now, &actions)
            var wait = max(Self.confirmationTime, timeout(of: doubt.server, isFirst: false))
            if !query.hasStreamed(to: doubt.server), health[doubt.server].hasStreams(at: now) {
                sendOnStream(key, to: doubt.server, at: now, &actions)
                wait = max(wait, Self.streamGrace)
            }
            setWake(key, at: min(query.ends, now + wait))
        } else if !askElsewhere(query, key, doubt.server, at: now, &actions) {
            believeDoubt(key, at: now, &actions)
        }
    }

    /// A server has said "no" to the wished form, and nothing to the plain one: it is asked over a stream, and the next
    /// server is asked, which the C library would do by now and may find the name.
    ///
    /// - Returns: `false` where all has been asked.
    private mutating func askElsewhere(
        _ query: Query,
        _ key: Slab<Query>.Key,
        _ server: Int,
        at now: Duration,
        _ actions: inout [Action]
    ) -> Bool {
        let isStreamLeft = !query.hasStreamed(to: server) && health[server].hasStreams(at: now)
        let unasked = health.indices.filter { server in !query.tries.contains { $0.server == server } }
        let next = unasked.first { !health[$0].isSetAside } ?? unasked.first
        guard isStreamLeft || next != nil else { return false }
        var wait = isStreamLeft ? Self.streamGrace : .zero
        if let next {
            let isKnown = !health[next].isUnknown
            let time = isKnown ? timeout(of: next, isFirst: false) : RoundTripEstimate.unknownOfOne
            wait = max(wait, time, Self.confirmationTime)
            sendDatagram(query, key, to: next, in: .plain, at: now, &actions)
        }
        if isStreamLeft { sendOnStream(key, to: server, at: now, &actions) }
        setWake(key, at: min(query.ends, now + wait))
        return true
    }

    /// A query's time is over: what is doubted is believed if it could be asked for in the plain form.
    private mutating func end(_ query: Query, _ key: Slab<Query>.Key, at now: Duration, _ actions: inout [Action]) {
        if let doubt = query.doubt, !doubt.isNegative || query.hasAsked(doubt.server, in: .plain) {
            believeDoubt(key, at: now, &actions)
        } else {
            finish(key, .failed(query.failures), at: now, &actions)
        }
    }

    /// The first answer of a server tells how long it takes: what was sent before may be given less time than was
    /// thought.
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

    /// Until when a silent query is left alone after all: what has been learned since it went out may say so, or that
    /// too many are silent for all of them to be lost.
    mutating func laterWake(of query: Query, at now: Duration) -> Duration? {
        guard let last = query.tries.last else { return nil }
        // A stream may be one that the network does not let through: the plain form does not wait for it.
        if last.isStream, isOwedPlainForm(last.server, query) { return nil }
        let isFirst = query.tries.count { $0.server == last.server } == 1
        let factor = Self.waitFactor(after: query.rounds - query.refusals - 1)
        let due = query.lastSent + wait(after: query.rounds - query.refusals - 1, at: last.server, isFirst: isFirst)
        if now < due { return due }
        // A forwarder that still works on hundreds of queries is not sent the same hundreds again.
        if !last.isStream, let end = health[last.server].queueEnd(ofQueryOf: last.sentAt) {
            let end = min(end, query.lastSent + configuration.timeout)
            if now < end { return end }
        }
        // A server that has not answered the wished form yet may never do so: the plain one is not to wait (rule 10).
        if isFirst, last.form == .wished, !health[last.server].answersWished { return nil }
        let patient = query.lastSent + min(Self.silenceOfMany * factor, configuration.timeout)
        if now < patient, !retries.take() { return patient }
        return nil
    }

    /// From the fourth try on each wait is twice as long as the one before, so that many clients together do not
    /// overload the server.
    static func waitFactor(after silences: Int) -> Int {
        1 << min(max(0, silences - datagramTries + 1), 5)
    }

    /// Counts a try as failed; its answer may still come.
    mutating func fail(
        _ key: Slab<Query>.Key,
        _ index: Int,
        _ cause: QueryFailure.Cause,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let query = queries[key] else { return }
        let attempt = query.tries[index]
        guard !attempt.hasFailed else { return }
        let failure = QueryFailure(
            server: configuration.servers[attempt.server],
            isStream: attempt.isStream,
            cause: cause
        )
        query.tries[index].hasFailed = true
        if case .network = cause { query.tries[index].isTurnedBack = true }
        query.note(failure)
        trace(.failed(query.question, reason: "\(failure)"), at: now, &actions)
        // That a stream cannot be had, or that the server says so, is no silence.
        if attempt.isStream, !configuration.usesStreamsOnly { return }
        // A flood may be forged, to have another server asked.
        if case .flooded = cause { return }
        guard case .code = cause else {
            if health[attempt.server].failed(for: query.question.name, at: now) {
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
            if !query.isListening {
                // No answer can come any more.
                end(query, key, at: now, &actions)
            } else if query.wake <= now {
                setWake(key, at: min(query.ends, now + RoundTripEstimate.floor))
            }
            return
        }
        if !health.indices.allSatisfy({ isSpent($0, query) }) {
            startTry(key, at: now, &actions)
        } else if let last = query.tries.last(where: { $0.isListening && !$0.hasFailed && !$0.isStream }) {
            // A server that has said "no" has been asked again, with its cookie or otherwise, and may say something
            // better.
            query.isLastCall = true
            setWake(key, at: min(query.ends, now + timeout(of: last.server, isFirst: false)))
        } else if let last = query.tries.last(where: { $0.isListening && $0.isTurnedBack && !$0.isStream }) {
            // It may be answered all the same: what turned it back may have been forged.
            lastCall(query, key, for: last.server, at: now, &actions)
        } else {
            end(query, key, at: now, &actions)
        }
    }

    /// A try has failed by a message that a forger could have sent: the next one starts, and this one stays open.
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
        if !health.indices.allSatisfy({ isSpent($0, query) }) {
            startTry(key, at: now, &actions)
            return
        }
        lastCall(query, key, for: server, at: now, &actions)
    }

    /// Waits for as long as a good answer of a server takes, where that is known; and a stream may get through where
    /// datagrams are turned back.
    private mutating func lastCall(
        _ query: Query,
        _ key: Slab<Query>.Key,
        for server: Int,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        query.isLastCall = true
        let isKnown = !health[server].isUnknown
        var wait = isKnown ? timeout(of: server, isFirst: false) : RoundTripEstimate.floor
        for server in health.indices
        where !configuration.usesStreamsOnly && !query.hasStreamed(to: server) && health[server].hasStreams(at: now) {
            sendOnStream(key, to: server, at: now, &actions)
            wait = max(wait, Self.streamGrace)
        }
        setWake(key, at: min(query.ends, now + wait))
    }

    /// A stream has brought nothing. Datagrams that were sent may still be answered.
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
            // Timeouts do the rest.
            return
        } else if let doubt = query.doubt, doubt.isNegative, query.hasAsked(doubt.server, in: .plain) {
            settleDoubt(key, at: now, &actions)
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
