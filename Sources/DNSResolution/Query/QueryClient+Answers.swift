// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import NameResolution

@available(FairDial 0.1, *)
extension QueryClient {
    /// A message has come on a port; `receivedOnStream` has those of streams read here too. It is believed only where
    /// everything fits that a forger would have to guess (RFC 5452 §9.1): the port it came on, the identifier, the
    /// question letter by letter, and the cookie.
    package mutating func received(
        _ bytes: [UInt8],
        on carrier: Carrier,
        isStream: Bool = false,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        if !isStream { giveBackStall(at: now) }
        // A port is closed only when what came over it has been read.
        defer { closeFlooded(at: now, &actions) }
        guard var reader = try? MessageReader(bytes) else {
            ports[carrier]?.mismatched += 1
            ignore(\.unreadable, "a message too short for a header", on: carrier, at: now, &actions)
            return
        }
        let header = reader.header
        guard let place = pending[Self.place(carrier, header.identifier)],
            let query = queries[place.query]
        else {
            ports[carrier]?.mismatched += 1
            ignore(
                \.unknownIdentifier,
                "no query waits for identifier \(header.identifier)",
                on: carrier,
                at: now,
                &actions
            )
            return
        }
        let attempt = query.tries[place.index]
        guard header.isResponse && header.operation == 0 || isTakenAsResponse(reader, attempt) else {
            mismatch(\.noResponse, "no response to a query", query, on: carrier, at: now, &actions)
            readEcho(place, attempt, query, at: now, &actions)
            return
        }
        let length = QueryMessage.length(of: query.question)
        guard reader.passQuestion(of: attempt.message, length: length) || isComplaint(reader) else {
            readOtherSpelling(&reader, place, attempt, query, at: now, &actions)
            return
        }
        readAnswer(&reader, place, attempt, query, at: now, &actions)
    }

    /// The C library looks at neither bit, and there are servers that set them wrongly: in the plain form an answer is
    /// one all the same, and so is a code, which no query has.
    private func isTakenAsResponse(_ reader: MessageReader, _ attempt: Query.Try) -> Bool {
        guard attempt.form == .plain else { return false }
        let header = reader.header
        return header.isResponse || reader.count(of: .answer) > 0 || header.responseCode != .noError
    }

    /// The query itself has come back, or nearly: there are servers that say nothing else. The other form is asked,
    /// then the next server.
    private mutating func readEcho(
        _ place: Pending,
        _ attempt: Query.Try,
        _ query: Query,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard query.purpose == .answer, !attempt.hasFailed, !attempt.isStream else { return }
        if attempt.form == .plain {
            refuseSoftly(place.query, place.index, .unusable, at: now, &actions)
        } else {
            askOtherwise(place.query, attempt.server, at: now, &actions)
        }
    }

    /// A server that could not read the query, or does not want to, may leave the question out.
    private func isComplaint(_ reader: MessageReader) -> Bool {
        let codes: [ResponseCode] = [.formatError, .serverFailure, .notImplemented, .refused]
        return reader.questionCount == 0 && codes.contains(reader.header.responseCode)
    }

    private mutating func readOtherSpelling(
        _ reader: inout MessageReader,
        _ place: Pending,
        _ attempt: Query.Try,
        _ query: Query,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard reader.questionCount == 1, let other = try? reader.nextQuestion(), other == query.question else {
            mismatch(\.wrongQuestion, "an answer to another question", query, on: attempt.carrier, at: now, &actions)
            return
        }
        // Where the letters had no random case, theirs says nothing (RFC 4343).
        guard attempt.isMixed else { return readAnswer(&reader, place, attempt, query, at: now, &actions) }
        // Forged, or a server that does not keep the case.
        mismatch(
            \.wrongCase,
            "an answer to another spelling of the name",
            query,
            on: attempt.carrier,
            at: now,
            &actions
        )
        switch query.purpose {
        case .answer: askOtherwise(place.query, attempt.server, at: now, &actions)
        case .check(let server): conclude(check: place.query, of: server, hasFailed: true, at: now, &actions)
        case .probe: return
        }
    }

    /// What has come answers a try, by all that was looked at so far: it is read, and acted on by its code.
    private mutating func readAnswer(
        _ reader: inout MessageReader,
        _ place: Pending,
        _ attempt: Query.Try,
        _ query: Query,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        let isCut = reader.header.isTruncated && !attempt.isStream
        // Where something has come already that was not believed, there may be a flood of it, and building is dear.
        if attempt.hasCookies, !isCut, query.mismatched > 0,
            !isCookieRight(AnswerReading.options(in: reader), reader, attempt, at: now)
        {
            missCookie(place, attempt, query, at: now, &actions)
            return
        }
        // What is cut short is asked for again over a stream, whatever is in it.
        let reading =
            isCut
            ? AnswerReading(answer: ServerAnswer(content: .noData))
            : AnswerReading(&reader, to: query.question)
        var code = reader.header.responseCode
        if let options = reading.options {
            code = ResponseCode(rawValue: UInt16(options.timeToLive >> 24) << 4 | code.rawValue)
        }
        if attempt.hasCookies, !isCut, !isCookieRight(reading.options, reader, attempt, at: now) {
            missCookie(place, attempt, query, at: now, &actions)
            return
        }
        traceReading(reader, code, attempt, query, at: now, &actions)
        if reading.fault == nil { noteAnswer(attempt, query, at: now, &actions) }
        if isCut {
            readTruncated(place, attempt, query, at: now, &actions)
            return
        }
        // The C library, which sends no OPT record, looks at none either.
        let fault = reading.fault ?? (attempt.form == .wished ? reading.optionFault : nil)
        if code == .noError || code == .nameError, let fault {
            readBroken(reading.answer, fault, place, attempt, query, at: now, &actions)
            return
        }
        switch code {
        case .noError where isLame(reading.answer, reader):
            deny(.refused, place, attempt, query, at: now, &actions)
        case .noError, .nameError:
            // Over a stream nothing can be cut, whatever TC says there: the C library takes the answer, and there is no
            // other way to ask for more.
            var answer = reading.answer
            answer.server = configuration.servers[attempt.server].endpoint
            let isPartial = reading.lacksSome || isCutWithoutWord(reader, attempt)
            weigh(answer, isPartial: isPartial, place, attempt, query, at: now, &actions)
        case .badCookie: readBadCookie(place, attempt, query, at: now, &actions)
        default:
            let repeatsQuestion = reader.questionCount > 0
            deny(code, repeatsQuestion: repeatsQuestion, place, attempt, query, at: now, &actions)
        }
    }

    private func traceReading(
        _ reader: MessageReader,
        _ code: ResponseCode,
        _ attempt: Query.Try,
        _ query: Query,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard isTracing else { return }
        let event = QueryTrace.Event.received(
            query.question,
            configuration.servers[attempt.server],
            isStream: attempt.isStream,
            code,
            answers: reader.count(of: .answer),
            bytes: reader.bytes.count,
            after: now - attempt.sentAt
        )
        trace(event, at: now, &actions)
    }

    /// The server wants a cookie of its own: it is asked once more, and has given one with this answer.
    private mutating func readBadCookie(
        _ place: Pending,
        _ attempt: Query.Try,
        _ query: Query,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        if attempt.hasCookies, !query.cookieDoubts.contains(attempt.server) {
            query.cookieDoubts.append(attempt.server)
            trace(.decided("asked again with the server's cookie"), at: now, &actions)
            stopListening(place.query, place.index, at: now, &actions)
            sendDatagram(query, place.query, to: attempt.server, in: .wished, at: now, &actions)
        } else {
            if !query.cookieFaults.contains(attempt.server) { query.cookieFaults.append(attempt.server) }
            deny(.badCookie, place, attempt, query, at: now, &actions)
        }
    }

    /// The server answers, and takes this long.
    private mutating func noteAnswer(
        _ attempt: Query.Try,
        _ query: Query,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        if attempt.form == .plain {
            if query.isWishedSilent(attempt.server) { health[attempt.server].isSilentToWished = true }
        } else if health[attempt.server].isSilentToWished {
            health[attempt.server].isSilentToWished = false
        }
        let wasUnknown = health[attempt.server].isUnknown
        let saysItsTime = !attempt.isStream && !attempt.isRepeated
        if health[attempt.server].answered(queryOf: saysItsTime ? attempt.sentAt : nil, at: now) {
            trace(.decided("\(configuration.servers[attempt.server]) answers again"), at: now, &actions)
        }
        if wasUnknown, !attempt.isStream { hasten(at: attempt.server, at: now) }
        retries.answered()
    }

    private mutating func readTruncated(
        _ place: Pending,
        _ attempt: Query.Try,
        _ query: Query,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        switch query.purpose {
        case .probe: remove(place.query, at: now, &actions)
        case .check(let server): conclude(check: place.query, of: server, hasFailed: false, at: now, &actions)
        case .answer:
            stopListening(place.query, place.index, at: now, &actions)
            // A plain answer that is too long for a datagram is no negative, whatever the wished form has brought.
            if attempt.form == .plain, query.doubt?.isNegative == true { query.doubt = nil }
            // Where a stream has been tried in vain, the other form may be answered whole.
            if query.hasStreamed(to: attempt.server) {
                if askOtherwise(place.query, attempt.server, at: now, &actions) { return }
                if query.doubt != nil, askNextServer(query, place.query, at: now, &actions) { return }
            }
            if query.isSpentOnStreams(to: attempt.server, after: Self.fruitlessStreams) {
                countSoftRefusal(place.query, attempt.server, at: now, &actions)
                return
            }
            trace(.decided("the answer was cut short: asked again over a stream"), at: now, &actions)
            query.truncations += 1
            sendOnStream(place.query, to: attempt.server, at: now, &actions)
            setWake(place.query, at: min(query.ends, now + waitForStream(of: query, to: attempt.server)))
        }
    }

    /// How long a stream is waited for before anything else is tried. Where there is none to be had yet, a server that
    /// has not been asked is asked meanwhile; the same ones would only say the same.
    private func waitForStream(of query: Query, to server: Int) -> Duration {
        guard query.awaitedStreams.contains(server) else {
            // A stream may stay silent for as long as the query lasts, and each datagram meanwhile is cut short again.
            return min(Self.streamGrace * Self.waitFactor(after: query.truncations - 1), configuration.timeout)
        }
        let isAnotherLeft = health.indices.contains { server in !query.tries.contains { $0.server == server } }
        return isAnotherLeft ? .zero : ServerStreams.longestDelay
    }

    /// Whether an answer ends where the oldest limit of a datagram is, of a server that did not notice that a larger
    /// one was allowed: it may have left out what did not fit, without a word (TC). Without an OPT record in it there
    /// is room for one address more.
    private func isCutWithoutWord(_ reader: MessageReader, _ attempt: Query.Try) -> Bool {
        let (limit, longestRecord) = (512, 28)
        return attempt.form == .wished && !attempt.isStream
            && (limit - longestRecord...limit).contains(reader.bytes.count)
    }

    /// A server that neither owns the zone nor asks others, and refers to another server instead.
    private func isLame(_ answer: ServerAnswer, _ reader: MessageReader) -> Bool {
        answer.content == .noData && answer.timeToLive == nil && !reader.header.isAuthoritative
            && !reader.header.offersRecursion && reader.count(of: .answer) == 0
    }

    /// Whether an answer has the cookie that it should have: ours at the front (RFC 7873 §5.3), or none where the
    /// server has given none.
    private mutating func isCookieRight(
        _ options: RecordInPlace?,
        _ reader: MessageReader,
        _ attempt: Query.Try,
        at now: Duration
    ) -> Bool {
        let data = options.flatMap { try? reader.data(of: $0, as: OPTRecord.self) }
        guard let cookie = data?.options.first(where: { $0.code == OPTRecord.Option.cookieCode })?.value else {
            return !attempt.hasServerCookie
        }
        let client = health[attempt.server].cookies.client
        // Ours alone, or with a server's of 8 … 32 bytes behind it (§4.2): any other length is malformed (§5.3).
        guard cookie.count == client.count || (16...40).contains(cookie.count), cookie.starts(with: client) else {
            return false
        }
        if cookie.count > client.count {
            health[attempt.server].cookies.learn(cookie[client.count...], at: now)
        }
        return true
    }

    /// An answer without the right cookie: forged, or one of several servers behind the address. A stream tells, then
    /// the plain form.
    private mutating func missCookie(
        _ place: Pending,
        _ attempt: Query.Try,
        _ query: Query,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        let reason = "without the right cookie"
        mismatch(\.wrongCookie, reason, query, on: attempt.carrier, at: now, &actions)
        guard case .answer = query.purpose, !query.cookieFaults.contains(attempt.server) else { return }
        query.cookieFaults.append(attempt.server)
        if health[attempt.server].hasStreams(at: now) {
            sendOnStream(place.query, to: attempt.server, at: now, &actions)
            // Many networks let no stream through: then it is the plain form's turn, however slow the server is.
            setWake(place.query, at: min(query.wake, now + RoundTripEstimate.unknownFirst))
        } else {
            askOtherwise(place.query, attempt.server, at: now, &actions)
        }
    }

    /// Something with the right identifier, on the right port, that is not believed.
    private mutating func mismatch(
        _ count: WritableKeyPath<MismatchCounts, Int>,
        _ reason: @autoclosure () -> String,
        _ query: Query,
        on carrier: Carrier,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        if ports[carrier] != nil { query.mismatched += 1 }
        ignore(count, reason(), on: carrier, at: now, &actions)
    }

    private mutating func ignore(
        _ count: WritableKeyPath<MismatchCounts, Int>,
        _ reason: @autoclosure () -> String,
        on carrier: Carrier,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        mismatches[keyPath: count] += 1
        noteUseless(on: carrier)
        guard isTracing else { return }
        let server = (ports[carrier]?.server ?? streams[carrier]?.server).map { configuration.servers[$0] }
        trace(.ignored(server, reason: reason()), at: now, &actions)
    }
}
