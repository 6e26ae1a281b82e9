// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NameResolution

/// What is believed, and what is asked once more as the C library would ask it (rule 10: no worse than the C library;
/// docs/decisions/0015-plain-form.md).
///
///     wished ── addresses ──────────────────────────────────────────▶ believed
///       ├─ negative ── vouched for by a sibling, or by the parent ──▶ believed
///       │    └─ held while a sibling may vouch ─▶ plain ── agrees ──▶ believed
///       ├─ another code ─▶ plain ── the same ──▶ the server has said no
///       ├─ broken ───────▶ plain ── broken ──▶ stream
///       └─ silence ──────▶ plain, instead of a retransmission
@available(FairDial 0.1, *)
extension QueryClient {
    /// Weighs an answer that was read to its end.
    ///
    /// - Parameter isPartial: whether some of what it announces is missing, by all signs.
    mutating func weigh(
        _ answer: ServerAnswer,
        isPartial: Bool,
        _ place: Pending,
        _ attempt: Query.Try,
        _ query: Query,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        noteSettled(attempt)
        switch query.purpose {
        case .answer: break
        case .probe:
            remove(place.query, at: now, &actions)
            return
        case .check(let server):
            conclude(check: place.query, of: server, hasFailed: !answer.isPositive, at: now, &actions)
            return
        }
        let isNegative = !answer.isPositive
        guard attempt.form == .wished, isNegative || isPartial || answer.hasUnspecifiedAddress else {
            if isNegative, attempt.form == .plain, let doubt = query.doubt, doubt.isNegative,
                doubt.server == attempt.server
            {
                health[attempt.server].forms.agreed(on: query.question.name, at: now)
            }
            believe(answer, query, place.query, attempt, at: now, &actions)
            return
        }
        let isVouchedFor =
            query.voucher == attempt.server
            || health[attempt.server].forms.believesNegatives(for: query.question.name, at: now)
        if isNegative, isVouchedFor {
            believe(answer, query, place.query, attempt, at: now, &actions)
            return
        }
        if isNegative, query.doubt?.isNegative == false {
            // Another server's broken answer has had something.
            believeDoubt(place.query, at: now, &actions)
            return
        }
        stopListening(place.query, place.index, at: now, &actions)
        query.doubt = Query.Doubt(server: attempt.server, answer: answer, isNegative: true)
        if query.hasAsked(attempt.server, in: .plain) {
            if query.isPlainSilent(attempt.server) {
                // It is in flight, and its answer is waited for as long as any.
                setWake(place.query, at: min(query.ends, now + timeout(of: attempt.server, isFirst: false)))
            } else if !query.isWaiting {
                // It has said something else: this is a "no" to what cannot be had otherwise.
                countSoftRefusal(place.query, attempt.server, at: now, &actions)
            } else {
                // The same, while another server is waited for: this one has fewer turns left.
                query.noteRefusal(of: attempt.server)
            }
            return
        }
        if isNegative, mayBeVouchedFor(query, by: attempt.server) { return }
        confirm(place.query, at: now, &actions)
    }

    /// Whether a query for the same name's addresses is in flight that may show that the server answers this form well.
    /// Others are not waited for: there are servers that are silent about types which they do not know.
    private func mayBeVouchedFor(_ query: Query, by server: Int) -> Bool {
        func mayVouch(_ key: Slab<Query>.Key?) -> Bool {
            guard let key, let other = queries[key], other.doubt == nil, other.question.type.isOfAddresses else {
                return false
            }
            return other.tries.contains { $0.server == server && $0.form == .wished && $0.isListening && !$0.hasFailed }
        }
        return mayVouch(query.siblings.0) || mayVouch(query.siblings.1)
    }

    /// Asks for what is doubted in another form; where there is none left, it is believed.
    mutating func confirm(_ key: Slab<Query>.Key, at now: Duration, _ actions: inout [Action]) {
        guard let query = queries[key], let doubt = query.doubt else { return }
        trace(
            .decided("\(query.question): asked once more as the C library asks, before it is believed"),
            at: now,
            &actions
        )
        if askOtherwise(key, doubt.server, at: now, &actions) {
            if doubt.isNegative { confirmations += 1 }
        } else {
            // A forger guesses, and there is no stream: what cannot be confirmed is not believed.
            query.doubt = nil
            countSoftRefusal(key, doubt.server, at: now, &actions)
        }
    }

    /// Puts a query to the same server in a form in which it has not had it: plain first, then over a stream.
    ///
    /// - Returns: `false` where there is no form left.
    @discardableResult
    mutating func askOtherwise(
        _ key: Slab<Query>.Key,
        _ server: Int,
        at now: Duration,
        _ actions: inout [Action]
    ) -> Bool {
        guard let query = queries[key], !configuration.usesStreamsOnly else { return false }
        if !query.hasAsked(server, in: .plain), query.mismatchedDatagrams < Self.mismatchLimit {
            sendDatagram(query, key, to: server, in: .plain, at: now, &actions)
        } else if !query.hasStreamed(to: server), health[server].hasStreams(at: now) {
            sendOnStream(key, to: server, at: now, &actions)
        } else {
            return false
        }
        setWake(key, at: min(query.ends, now + timeout(of: server, isFirst: true)))
        return true
    }

    /// A code other than NOERROR and NXDOMAIN.
    ///
    /// - Parameter repeatsQuestion: whether it came with the question. One that came without has been guessed by half:
    ///   a better answer to the same try is taken still.
    mutating func deny(
        _ code: ResponseCode,
        repeatsQuestion: Bool = true,
        _ place: Pending,
        _ attempt: Query.Try,
        _ query: Query,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        noteSettled(attempt)
        if case .check(let server) = query.purpose {
            conclude(check: place.query, of: server, hasFailed: true, at: now, &actions)
            return
        }
        if case .answer = query.purpose, attempt.form == .wished, query.isPlainSilent(attempt.server) {
            // The plain form is in flight, and its outcome counts.
            if repeatsQuestion { stopListening(place.query, place.index, at: now, &actions) }
            if attempt.hasFailed { noteUseless(on: attempt.carrier) }
            fail(place.query, place.index, .code(code), at: now, &actions)
            return
        }
        let isPlainLeft = attempt.form == .wished && !query.hasAsked(attempt.server, in: .plain)
        guard case .answer = query.purpose, isPlainLeft else {
            refuse(place.query, place.index, .code(code), at: now, &actions)
            return
        }
        if repeatsQuestion { stopListening(place.query, place.index, at: now, &actions) }
        // The same error code again says nothing new.
        guard !attempt.hasFailed else { return noteUseless(on: attempt.carrier) }
        fail(place.query, place.index, .code(code), at: now, &actions)
        if !askOtherwise(place.query, attempt.server, at: now, &actions) {
            countRefusal(place.query, attempt.server, at: now, &actions)
        }
    }

    /// An answer that cannot be read, or has less than it announces. It is never a negative.
    mutating func readBroken(
        _ readable: ServerAnswer?,
        _ fault: QueryFailure.Cause,
        _ place: Pending,
        _ attempt: Query.Try,
        _ query: Query,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        switch query.purpose {
        case .probe:
            remove(place.query, at: now, &actions)
            return
        case .check(let server):
            conclude(check: place.query, of: server, hasFailed: true, at: now, &actions)
            return
        case .answer: break
        }
        if var readable, readable.isPositive, attempt.form == .plain {
            // The C library would take it; so do we, if nothing better comes.
            readable.server = configuration.servers[attempt.server].endpoint
            query.doubt = Query.Doubt(server: attempt.server, answer: readable, isNegative: false)
        }
        if attempt.form == .plain, query.doubt?.isNegative == true { query.doubt = nil }
        guard !attempt.hasFailed else { return noteUseless(on: attempt.carrier) }
        fail(place.query, place.index, fault, at: now, &actions)
        if askOtherwise(place.query, attempt.server, at: now, &actions) {
            if attempt.form == .plain { awaitStream(of: attempt, query, place.query, at: now) }
            return
        }
        if query.doubt != nil, !query.isWaiting {
            if !askNextServer(query, place.query, at: now, &actions) { believeDoubt(place.query, at: now, &actions) }
        } else {
            countSoftRefusal(place.query, attempt.server, at: now, &actions)
        }
    }

    /// Both forms have been answered with something broken, and the stream is the last that is left of this server: it
    /// is given a few times what a datagram takes, beside another server, or there is no more to come.
    private mutating func awaitStream(
        of attempt: Query.Try,
        _ query: Query,
        _ key: Slab<Query>.Key,
        at now: Duration
    ) {
        if hasAskedEverybody(query) {
            query.ends = min(query.ends, now + max(Self.streamGrace, (now - attempt.sentAt) * 4))
            setWake(key, at: query.ends)
        } else {
            setWake(key, at: min(query.ends, now + RoundTripEstimate.floor))
        }
    }

    private func hasAskedEverybody(_ query: Query) -> Bool {
        health.indices.allSatisfy { server in query.tries.contains { $0.server == server } }
    }

    /// What could be read of a broken answer waits for a server that has not been asked, which may have all.
    ///
    /// - Returns: `false` where all have been.
    mutating func askNextServer(
        _ query: Query,
        _ key: Slab<Query>.Key,
        at now: Duration,
        _ actions: inout [Action]
    ) -> Bool {
        if hasAskedEverybody(query) { return false }
        query.ends = now + Self.streamGrace
        startTry(key, at: now, &actions)
        return true
    }
}

// MARK: - Belief

@available(FairDial 0.1, *)
extension QueryClient {
    /// An answer is taken for true: the query is over, and what that says of the server is noted.
    mutating func believe(
        _ answer: ServerAnswer,
        _ query: Query,
        _ key: Slab<Query>.Key,
        _ attempt: Query.Try,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        let (server, form) = (attempt.server, attempt.form)
        if form == .plain, query.cookieFaults.contains(server) {
            noteCookieFault(of: server, query.question.name, at: now, &actions)
        }
        let isPositive = answer.isPositive
        if form == .wished, !health[server].answersWished { health[server].answersWished = true }
        if isPositive {
            health[server].forms.found(query.question.name, in: form, at: now)
            if form == .plain, !attempt.isStream { compareForms(query, server, answer, at: now, &actions) }
        }
        finish(key, .answered(answer), at: now, &actions)
        if query.siblings.0 != nil {
            tellSiblings(of: query, answer, from: server, in: form, at: now, &actions)
        }
    }

    /// A question has been settled over a stream, where it was one.
    private func noteSettled(_ attempt: Query.Try) {
        if attempt.isStream { streams[attempt.carrier]?.answers += 1 }
    }

    /// What is doubted is all that there is: it is taken.
    mutating func believeDoubt(_ key: Slab<Query>.Key, at now: Duration, _ actions: inout [Action]) {
        guard let doubt = queries[key]?.doubt else { return }
        finish(key, .answered(doubt.answer), at: now, &actions)
    }

    /// Two queries for the same name are in flight side by side.
    mutating func pair(_ query: Query, _ key: Slab<Query>.Key, with siblings: (Key?, Key?)) {
        query.siblings = (siblings.0?.slab, siblings.1?.slab)
        introduce(key, to: siblings.0)
        introduce(key, to: siblings.1)
    }

    private func introduce(_ key: Slab<Query>.Key, to sibling: Key?) {
        guard let sibling, let other = queries[sibling.slab] else { return }
        if other.siblings.0 == nil { other.siblings.0 = key } else { other.siblings.1 = key }
    }

    /// A query for the same name has been answered: a negative that waited for that is believed, or confirmed now.
    private mutating func tellSiblings(
        of query: Query,
        _ answer: ServerAnswer,
        from server: Int,
        in form: Query.Form,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        let vouches = form == .wished && answer.isPositive
        // That a name does not exist holds for all of its records (RFC 2308 §5), and the plain form has said it.
        let settlesAll = form == .plain && answer.content == .nameError
        tell(query.siblings.0, of: server, vouches: vouches, settlesAll: settlesAll, at: now, &actions)
        tell(query.siblings.1, of: server, vouches: vouches, settlesAll: settlesAll, at: now, &actions)
    }

    private mutating func tell(
        _ key: Slab<Query>.Key?,
        of server: Int,
        vouches: Bool,
        settlesAll: Bool,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let key, let other = queries[key] else { return }
        if vouches { other.voucher = server }
        guard let doubt = other.doubt, doubt.isNegative, doubt.server == server else { return }
        let isAsked = other.hasAsked(server, in: .plain)
        // The plain form has said "no such name" of the one query, and the wished form of both.
        if settlesAll && (!isAsked || doubt.answer.content == .nameError) || vouches && !isAsked {
            believeDoubt(key, at: now, &actions)
        } else if !isAsked {
            confirm(key, at: now, &actions)
        }
    }

    /// A query is gone without an answer: what waited for it does not any longer.
    mutating func abandonSiblings(of query: Query, at now: Duration, _ actions: inout [Action]) {
        for key in [query.siblings.0, query.siblings.1] {
            guard let key, let other = queries[key], let doubt = other.doubt, doubt.isNegative,
                !other.hasAsked(doubt.server, in: .plain), !mayBeVouchedFor(other, by: doubt.server)
            else { continue }
            confirm(key, at: now, &actions)
        }
    }
}
