// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import NameResolution

/// Streams: which one a query goes out over, when there is one to be had, and what their ends mean.
///
///     sendOnStream ─ room on an open one ──▶ sent
///       ├─ one may be opened ──────────────▶ opened, and sent
///       └─ else ▶ the server's queue ─ an end, an answer, the gate's time ▶ the first ones are sent
@available(FairDial 0.1, *)
extension QueryClient {
    /// How often a query is sent again because a stream was closed before it was answered.
    private static let resendLimit = 8
    /// Answers that a server sends together come within this time of one another.
    private static let spreadDelay = Duration.milliseconds(50)

    /// Sends a query over a stream to a server, as soon as there is one.
    mutating func sendOnStream(
        _ key: Slab<Query>.Key,
        to server: Int,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let query = queries[key], !query.awaitedStreams.contains(server),
            !query.tries.contains(where: { $0.isStream && $0.isListening && $0.server == server })
        else { return }
        if gates[server].queue.count == 0, let stream = streamWithRoom(for: query, to: server, at: now, &actions) {
            put(query, key, on: stream, at: now, &actions)
        } else if queuedCount < configuration.waitingLimit {
            query.awaitedStreams.append(server)
            gates[server].queue.append(key)
            queuedCount += 1
        } else if !query.isWaiting {
            finish(key, .queueFull, at: now, &actions)
        }
    }

    /// Whether a query waits for a stream to a server, which is not there yet.
    func isQueued(_ key: Slab<Query>.Key, for server: Int) -> Bool {
        queries[key]?.awaitedStreams.contains(server) ?? false
    }

    /// The time at which a query in a queue may have a stream; `nil` when no time brings one.
    var queueWake: Duration? {
        guard queuedCount > 0 else { return nil }
        return gates.lazy.filter { $0.queue.count > 0 }.compactMap(\.nextTry).min()
    }

    /// Gives those who wait for a stream what there is.
    mutating func serveQueues(at now: Duration, _ actions: inout [Action]) {
        guard queuedCount > 0 else { return }
        for server in gates.indices { serveQueue(of: server, at: now, &actions) }
    }

    mutating func serveQueue(of server: Int, at now: Duration, _ actions: inout [Action]) {
        while let key = gates[server].queue.first {
            guard let query = queries[key], query.awaitedStreams.contains(server) else {
                gates[server].queue.dropFirst()
                continue
            }
            guard let stream = streamWithRoom(for: query, to: server, at: now, &actions) else { return }
            gates[server].queue.dropFirst()
            leaveQueue(query, of: server)
            put(query, key, on: stream, at: now, &actions)
            if query.isLastCall { setWake(key, at: min(query.ends, now + Self.streamGrace)) }
        }
    }

    private mutating func leaveQueue(_ query: Query, of server: Int) {
        query.awaitedStreams.removeAll { $0 == server }
        queuedCount -= 1
        let queries = queries
        gates[server].queue.left { queries[$0]?.awaitedStreams.contains(server) ?? false }
    }

    /// A query that is over waits for no stream any more.
    mutating func leaveQueues(_ query: Query) {
        while let server = query.awaitedStreams.last { leaveQueue(query, of: server) }
    }

    private func streamCount(to server: Int) -> Int {
        streams.values.count { $0.server == server }
    }

    /// A stream that one more query may go out over: one that is open, or else a new one. Where there is none, the gate
    /// knows when to look again.
    private mutating func streamWithRoom(
        for query: Query,
        to server: Int,
        at now: Duration,
        _ actions: inout [Action]
    ) -> Carrier? {
        gates[server].beginSearch()
        // One that a stream has lost is not lost again by the next stream that answers little: a server may answer one
        // query of each, and then close it, or send what is no answer.
        let losses = query.tries.count { $0.isStream && !$0.isListening && $0.server == server }
        if losses > 0 {
            if let stream = trustedStream(to: server, after: losses, at: now, &actions) { return stream }
            guard streamCount(to: server) > 0, !mayOpenSocket(at: now) else { return nil }
        }
        if let open = streamOf[server], let state = streams[open] {
            widen(state)
            if state.hasRoom { return open }
        }
        if let open = openStream(to: server, at: now, &actions) { return open }
        for state in streams.values where state.server == server { widen(state) }
        return streams.filter { $0.value.server == server && $0.value.hasRoom }.keys.min()
    }

    /// A stream that is asked no more than the server's streams have been seen to answer, or may be tried with more;
    /// else a new one, in the place of one that has nothing more to answer.
    private mutating func trustedStream(
        to server: Int,
        after losses: Int,
        at now: Duration,
        _ actions: inout [Action]
    ) -> Carrier? {
        let own = streams.filter { $0.value.server == server }
        for state in own.values { widen(state) }
        let quota = gates[server].quota(at: now)
        let free = own.filter { $0.value.hasRoom }
        if let stream = free.filter({ $0.value.sent < quota }).keys.min() { return stream }
        // One at a time is on trial with more, so that a server that does not take it keeps few waiting.
        let trusted = gates[server].quota(after: losses, at: now)
        let onTrial = own.filter { $0.value.sent > quota && $0.value.listening > 0 }
        let trials = (onTrial.isEmpty ? free : onTrial).filter { $0.value.hasRoom && $0.value.sent < trusted }
        if let stream = trials.keys.min() { return stream }
        switch gates[server].obstacle(at: now) {
        case .ownLimit, .commonLimit:
            // One that has just answered may soon be given more: the other streams' answers tell.
            let isAwaited = own.values.contains { $0.listening > 0 }
            let resting = isAwaited ? own.compactMapValues(\.restEnd).filter { now < $0.value } : [:]
            let spent = own.filter { $0.value.listening == 0 && resting[$0.key] == nil }.keys.min()
            if let spent { close(spent, at: now, &actions) }
            if let end = resting.values.min() { gates[server].tryAgain(at: end) }
        case .failures, nil: break
        }
        return openStream(to: server, at: now, &actions)
    }

    /// A stream that has answered all that it was given may have as much again; a new one, as much as that.
    private mutating func widen(_ state: StreamState) {
        guard state.sent >= state.limit, state.answers >= state.limit else { return }
        gates[state.server].widen(to: state.limit)
        state.limit = min(state.limit * 2, Int.max / 4)
    }

    /// Opens one more stream, for what comes next; `nil` where there are enough, or too many were in vain.
    private mutating func openStream(to server: Int, at now: Duration, _ actions: inout [Action]) -> Carrier? {
        // One is always to be had: then the descriptor that it takes is missing, and not the stream.
        guard streamCount(to: server) == 0 || mayOpenSocket(at: now) else {
            gates[server].tryAgain(at: now + SocketAllowance.lifetime)
            return nil
        }
        guard gates[server].open(at: now) else { return nil }
        let stream = nextCarrier
        nextCarrier += 1
        streamOf[server] = stream
        streams[stream] = StreamState(server: server, limit: gates[server].quota(at: now))
        actions.append(.openStream(stream, configuration.servers[server]))
        return stream
    }

    private mutating func put(
        _ query: Query,
        _ key: Slab<Query>.Key,
        on stream: Carrier,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let state = streams[stream] else { return }
        let message = register(query, key, .plain, to: state.server, on: stream, nil, at: now)
        let queries = queries
        state.send(key, query.tries.count - 1) { queries[$0]?.tries[$1].isListening ?? false }
        actions.append(.sendOnStream(stream, message))
        traceSending(query, to: state.server, message, isStream: true, at: now, &actions)
    }

    /// The tries on a stream that an answer may still come to.
    private func takeTries(on state: StreamState) -> [(key: Slab<Query>.Key, index: Int)] {
        state.takeTries().filter { queries[$0.key]?.tries[$0.index].isListening ?? false }
    }
}

// MARK: - What comes

@available(FairDial 0.1, *)
extension QueryClient {
    /// A message has come over a stream.
    package mutating func receivedOnStream(
        _ bytes: [UInt8],
        on stream: Carrier,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let state = streams[stream] else { return }
        let server = state.server
        let isFirst = state.lastAnswer == nil
        state.lastAnswer = now
        let before = state.answers
        received(bytes, on: stream, isStream: true, at: now, &actions)
        if state.answers > before {
            gates[server].answered()
            health[server].answeredOnStream()
        } else {
            gates[server].disturbed()
        }
        if state.answers == before, streams[stream] != nil, state.noteMismatch(of: bytes.count) {
            actions.append(.closeStream(stream))
            streamClosed(stream, "closed by us: it brings what answers nothing", at: now, &actions)
        } else {
            if isFirst, state.answers > before, state.listening > 0 { spread(state, at: now) }
            serveQueue(of: server, at: now, &actions)
        }
    }

    /// A stream's first answer came late, and the others have not come with it: they are relieved soon, all at once.
    private mutating func spread(_ state: StreamState, at now: Duration) {
        let soon = now + Self.spreadDelay
        for (key, index) in state.tries {
            guard let query = queries[key], query.tries[index].isListening, query.wake > soon,
                query.tries[index].sentAt + Self.streamGrace <= soon
            else { continue }
            setWake(key, at: min(query.ends, soon))
        }
    }

    /// A stream has ended, or could not be opened.
    ///
    /// - Parameter isRefused: whether it could not be opened: not for want of something here.
    package mutating func streamClosed(
        _ stream: Carrier,
        _ reason: String,
        isRefused: Bool = false,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let state = streams.removeValue(forKey: stream) else { return }
        let server = state.server
        if streamOf[server] == stream { streamOf[server] = nil }
        // Streams that cannot be opened are no verdict: many networks let no TCP through to their server.
        if isRefused { health[server].refusedStream(at: now) } else { health[server].openedStream() }
        let left = takeTries(on: state)
        gates[server].ended(after: state.answers, isCutShort: !left.isEmpty, at: now)
        for (key, index) in left { stopListening(key, index, at: now, &actions) }
        // A server may close a stream at any time; what it has not answered is asked again (RFC 7766 §6.2.4), before
        // what has not been asked yet.
        var failed: [(key: Slab<Query>.Key, index: Int)] = []
        for (key, index) in left.reversed() {
            guard let query = queries[key] else { continue }
            // It may have gone out over another one since.
            if query.tries.contains(where: { $0.isStream && $0.server == server && $0.isListening }) { continue }
            let count = query.tries.count { $0.isStream && $0.server == server }
            if state.answers > 0, count <= Self.resendLimit, !query.awaitedStreams.contains(server) {
                query.awaitedStreams.append(server)
                gates[server].queue.prepend(key)
                queuedCount += 1
            } else {
                failed.append((key, index))
            }
        }
        for (key, index) in failed.reversed() { streamFailed(key, index, reason, at: now, &actions) }
        serveQueue(of: server, at: now, &actions)
    }

    /// Ends a stream.
    mutating func close(
        _ stream: Carrier,
        because reason: StreamGate.Closing = .unneeded,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let state = streams.removeValue(forKey: stream) else { return }
        for (key, index) in takeTries(on: state) { stopListening(key, index, at: now, &actions) }
        if streamOf[state.server] == stream { streamOf[state.server] = nil }
        gates[state.server].closed(after: state.answers, because: reason, at: now)
        actions.append(.closeStream(stream))
    }

    /// A stream that is slow may answer one query after the other: what has waited on it for long goes out over one
    /// more, or over the one that has least to answer. An answer that still comes over the slow one is taken: a server
    /// may leave further connections waiting.
    ///
    /// - Returns: whether it does.
    mutating func relieve(_ key: Slab<Query>.Key, at now: Duration, _ actions: inout [Action]) -> Bool {
        guard now < queries[key]?.ends ?? .zero, let query = queries[key], query.purpose == .answer,
            query.tries.count(where: \.isStream) == 1,
            let attempt = query.tries.first(where: { $0.isStream && $0.isListening && !$0.hasFailed })
        else { return false }
        guard now >= attempt.sentAt + Self.streamGrace, let stream = streams[attempt.carrier],
            stream.lastAnswer != nil, stream.listening > 1
        else { return false }
        let chosen: Carrier
        if let new = openStream(to: attempt.server, at: now, &actions) {
            chosen = new
        } else {
            let others = streams.filter { $0.value.server == attempt.server && $0.value.hasRoom }
            let idlest = others.min { ($0.value.listening, $0.key) < ($1.value.listening, $1.key) }
            guard let idlest, idlest.value.listening + 1 < stream.listening else { return false }
            chosen = idlest.key
            streamOf[attempt.server] = chosen
        }
        put(query, key, on: chosen, at: now, &actions)
        setWake(key, at: min(query.ends, now + Self.silenceOfMany))
        return true
    }
}
