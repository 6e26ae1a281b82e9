// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import NameResolution

extension QueryClient {
    /// Reads a message that has come, and believes it only where everything fits that a forger would have to guess
    /// (RFC 5452 §9.1): the port it came on, the identifier, the question letter by letter, and the cookie.
    mutating func read(
        _ bytes: [UInt8],
        on carrier: Carrier,
        isStream: Bool,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard var reader = try? MessageReader(bytes) else {
            ignore(\.unreadable, "a message too short for a header", on: carrier, at: now, &actions)
            return
        }
        let header = reader.header
        guard let place = pending[Self.place(carrier, header.identifier)],
            let query = queries[place.query]
        else {
            ignore(
                \.unknownIdentifier,
                "no query waits for identifier \(header.identifier)",
                on: carrier,
                at: now,
                &actions
            )
            return
        }
        guard header.isResponse, header.operation == 0 else {
            ignore(\.noResponse, "no response to a query", on: carrier, at: now, &actions)
            return
        }
        let attempt = query.tries[place.index]
        let length = QueryMessage.length(of: query.question)
        guard reader.passQuestion(of: attempt.message, length: length) || isComplaint(reader) else {
            readOtherQuestion(reader, place, attempt, query.question, at: now, &actions)
            return
        }
        readAnswer(&reader, place, attempt, query.question, at: now, &actions)
    }

    /// A server that could not read the query may leave the question out.
    private func isComplaint(_ reader: MessageReader) -> Bool {
        reader.questionCount == 0 && [.formatError, .notImplemented].contains(reader.header.responseCode)
    }

    private mutating func readOtherQuestion(
        _ whole: MessageReader,
        _ place: Pending,
        _ attempt: Query.Try,
        _ question: Question,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        var reader = whole
        guard reader.questionCount == 1, let other = try? reader.nextQuestion(), other == question else {
            ignore(\.wrongQuestion, "an answer to another question", on: attempt.carrier, at: now, &actions)
            return
        }
        // Forged, or a server that does not keep the case. A stream tells: nobody forges those from afar.
        ignore(\.wrongCase, "an answer to another spelling of the name", on: attempt.carrier, at: now, &actions)
        guard queries[place.query]?.spellingDoubts.contains(attempt.server) == false else { return }
        queries[place.query]?.spellingDoubts.append(attempt.server)
        guard queries[place.query]?.probes == nil else { return }
        sendOnStream(place.query, to: attempt.server, at: now, &actions)
    }

    private mutating func readAnswer(
        _ reader: inout MessageReader,
        _ place: Pending,
        _ attempt: Query.Try,
        _ question: Question,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        var content: Result<(answer: ServerAnswer, options: RecordInPlace?), ServerAnswer.Refusal>
        // What is cut short is asked for again over a stream, whatever is in it.
        if reader.header.isTruncated, !attempt.isStream {
            content = .success((ServerAnswer(content: .noData, isAuthentic: false), nil))
        } else {
            content = ServerAnswer.reading(&reader, to: question)
        }
        var code = reader.header.responseCode
        if case .success((_, let options?)) = content {
            code = ResponseCode(rawValue: UInt16(options.timeToLive >> 24) << 4 | code.rawValue)
            guard isCookieRight(options, reader, attempt) else {
                ignore(\.wrongCookie, "not the cookie that was sent", on: attempt.carrier, at: now, &actions)
                refuseSoftly(place.query, place.index, .code(.badCookie), at: now, &actions)
                return
            }
        } else if isCookieMissing(content, attempt), !reader.header.isTruncated {
            ignore(
                \.wrongCookie,
                "without the cookie that the server has always sent",
                on: attempt.carrier,
                at: now,
                &actions
            )
            sendOnStream(place.query, to: attempt.server, at: now, &actions)
            return
        }
        if isTracing {
            let event = QueryTrace.Event.received(
                question,
                configuration.servers[attempt.server],
                isStream: attempt.isStream,
                code,
                answers: reader.count(of: .answer),
                bytes: reader.bytes.count,
                after: now - attempt.sentAt
            )
            trace(event, at: now, &actions)
        }
        if case .failure(let refusal) = content {
            let cause: QueryFailure.Cause =
                switch refusal {
                case .malformed(let error): .malformed(error)
                case .endlessAliases: .endlessAliases
                }
            refuseSoftly(place.query, place.index, cause, at: now, &actions)
            return
        }
        let wasUnknown = standings[attempt.server].estimate.roundTrip == nil
        if standings[attempt.server].answered(after: attempt.isStream ? nil : now - attempt.sentAt) {
            trace(.decided("\(configuration.servers[attempt.server]) answers again"), at: now, &actions)
        }
        if wasUnknown, !attempt.isStream { hasten(at: attempt.server, at: now) }
        retries.answered()
        if attempt.isStream { learnFromStream(place, attempt) }
        if reader.header.isTruncated {
            readTruncated(place, attempt, at: now, &actions)
            return
        }
        guard case .success((let answer, _)) = content else { return }
        act(on: code, answer, reader, place, attempt, at: now, &actions)
    }

    private mutating func readTruncated(
        _ place: Pending,
        _ attempt: Query.Try,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        if attempt.isStream {
            refuseSoftly(place.query, place.index, .truncatedStream, at: now, &actions)
            return
        }
        if queries[place.query]?.probes != nil {
            finish(place.query, .failed([]), at: now, &actions)
            return
        }
        trace(.decided("the answer was cut short: asked again over a stream"), at: now, &actions)
        sendOnStream(place.query, to: attempt.server, at: now, &actions)
        stopListening(place.query, place.index, at: now, &actions)
    }

    private mutating func act(
        on code: ResponseCode,
        _ answer: ServerAnswer,
        _ reader: MessageReader,
        _ place: Pending,
        _ attempt: Query.Try,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        switch code {
        case .noError where isLame(answer, reader):
            refuse(place.query, place.index, .code(.refused), at: now, &actions)
        case .noError, .nameError:
            if let doubts = queries[place.query]?.spellingDoubts, doubts.contains(attempt.server) {
                standings[attempt.server].keepsCase = false
                trace(
                    .decided("\(configuration.servers[attempt.server]) does not keep the case of letters"),
                    at: now,
                    &actions
                )
            }
            var answer = answer
            answer.server = configuration.servers[attempt.server].endpoint
            finish(place.query, .answered(answer), at: now, &actions)
        case .formatError where attempt.hasOptions, .notImplemented where attempt.hasOptions,
            .badVersion where attempt.hasOptions:
            standings[attempt.server].understandsOptions = false
            trace(
                .decided("\(configuration.servers[attempt.server]) knows no EDNS: asked again without"),
                at: now,
                &actions
            )
            repeatTry(place, attempt, onStream: attempt.isStream, at: now, &actions)
        case .badCookie:
            let isSecond = queries[place.query]?.cookieDoubts.contains(attempt.server) ?? true
            queries[place.query]?.cookieDoubts.append(attempt.server)
            if isSecond, attempt.isStream {
                refuse(place.query, place.index, .code(code), at: now, &actions)
            } else {
                trace(.decided("asked again with the server's cookie"), at: now, &actions)
                repeatTry(place, attempt, onStream: isSecond || attempt.isStream, at: now, &actions)
            }
        default:
            refuse(place.query, place.index, .code(code), at: now, &actions)
        }
    }

    /// Sends the same to the same server again, in a form that it has asked for.
    private mutating func repeatTry(
        _ place: Pending,
        _ attempt: Query.Try,
        onStream: Bool,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        stopListening(place.query, place.index, at: now, &actions)
        if onStream {
            sendOnStream(place.query, to: attempt.server, at: now, &actions)
        } else {
            guard let query = queries[place.query] else { return }
            sendDatagram(query, place.query, to: attempt.server, at: now, &actions)
        }
    }

    /// A server that neither owns the zone nor asks others, and points to somebody else instead.
    private func isLame(_ answer: ServerAnswer, _ reader: MessageReader) -> Bool {
        answer.content == .noData && answer.timeToLive == nil && !reader.header.isAuthoritative
            && !reader.header.offersRecursion && reader.count(of: .answer) == 0
    }

    private mutating func learnFromStream(_ place: Pending, _ attempt: Query.Try) {
        // What came over the stream is the server's; that it comes without a cookie is so as well.
        if attempt.hasCookies, queries[place.query]?.tries.contains(where: { !$0.isStream && $0.isListening }) == true {
            standings[attempt.server].serverCookie = nil
        }
    }

    private func isCookieMissing(
        _ content: Result<(answer: ServerAnswer, options: RecordInPlace?), ServerAnswer.Refusal>,
        _ attempt: Query.Try
    ) -> Bool {
        guard case .success((_, nil)) = content else { return false }
        return !attempt.isStream && attempt.hasCookies && standings[attempt.server].serverCookie != nil
    }

    /// Whether the answer's cookie begins with the one that was sent; takes over the server's part (RFC 7873 §5.3).
    private mutating func isCookieRight(
        _ options: RecordInPlace,
        _ reader: MessageReader,
        _ attempt: Query.Try
    ) -> Bool {
        guard attempt.hasCookies, let data = try? reader.data(of: options, as: OPTRecord.self) else { return true }
        guard let cookie = data.options.first(where: { $0.code == OPTRecord.Option.cookieCode })?.value else {
            return attempt.isStream || standings[attempt.server].serverCookie == nil
        }
        let clientLength = 8
        guard cookie.starts(with: standings[attempt.server].clientCookie) else { return false }
        // A server's part has 8 … 32 bytes (§4.2).
        if (16...40).contains(cookie.count) {
            let latest = cookie[clientLength...]
            if standings[attempt.server].serverCookie?.elementsEqual(latest) != true {
                standings[attempt.server].serverCookie = Array(latest)
            }
        }
        return true
    }

    private mutating func ignore(
        _ count: WritableKeyPath<StrayCounts, Int>,
        _ reason: @autoclosure () -> String,
        on carrier: Carrier,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        strays[keyPath: count] += 1
        guard isTracing else { return }
        let server = (ports[carrier]?.server ?? streams[carrier]?.server).map { configuration.servers[$0] }
        trace(.ignored(server, reason: reason()), at: now, &actions)
    }
}
