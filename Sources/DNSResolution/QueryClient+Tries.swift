// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import NameResolution

/// One question goes out to one server, over a port or a stream.
extension QueryClient {
    /// The server that a query's next try goes to: in order, those first that are not set aside.
    func server(for query: Query) -> Int {
        if let probed = query.probes { return probed }
        let count = configuration.servers.count
        if count == 1 { return 0 }
        let healthy = (0..<count).filter { !standings[$0].isSetAside }
        let order = healthy.isEmpty ? Array(0..<count) : healthy
        return order[(query.firstServer + query.rounds) % order.count]
    }

    func timeout(of server: Int) -> Duration {
        standings[server].estimate.timeout(
            isOnlyServer: configuration.servers.count == 1,
            ceiling: configuration.timeout
        )
    }

    /// How long the next try at a server is waited for, after so many that were met with silence.
    func wait(after silences: Int, at server: Int) -> Duration {
        let factor = Self.patience(after: silences)
        let timeout = timeout(of: server)
        // Durations have 128 bits, and mostly there is nothing to multiply.
        return factor == 1 ? timeout : min(timeout * factor, configuration.timeout)
    }

    mutating func startTry(_ key: Slab<Query>.Key, at now: Duration, _ actions: inout [Action]) {
        guard let query = queries[key] else { return }
        let server = server(for: query)
        let silences = query.rounds - query.refusals
        query.rounds += 1
        query.wake = min(query.ends, now + wait(after: silences, at: server))
        setAlarm(key, at: query.wake)
        if configuration.usesStreamsOnly {
            sendOnStream(key, to: server, at: now, &actions)
            return
        }
        sendDatagram(query, key, to: server, at: now, &actions)
        if silences >= Self.datagramTries { sendOnStream(key, to: server, at: now, &actions) }
    }

    mutating func sendDatagram(
        _ query: Query,
        _ key: Slab<Query>.Key,
        to server: Int,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        let port: Carrier
        let state: PortState
        switch sourcePorts[server].choose(at: now, random: generator.next()) {
        case .use(let open):
            port = open
            guard let known = ports[open] else { preconditionFailure("a port in use that nobody has opened") }
            state = known
        case .open:
            port = nextCarrier
            nextCarrier += 1
            sourcePorts[server].opened(port, at: now)
            state = PortState(server: server)
            ports[port] = state
            actions.append(.openPort(port, configuration.servers[server]))
        }
        let mixesCase =
            configuration.mixesCase && standings[server].keepsCase && !query.spellingDoubts.contains(server)
        let message = register(query, key, mixesCase, to: server, on: port, state, at: now)
        state.listening += 1
        actions.append(.send(port, message))
        traceSending(query.question, to: server, message, isStream: false, at: now, &actions)
        if sourcePorts[server].used(port) { state.isRetired = true }
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
        let message = register(query, key, false, to: server, on: stream, nil, at: now)
        streams[stream]?.listening += 1
        streams[stream]?.idleEnd = nil
        actions.append(.sendOnStream(stream, message))
        traceSending(query.question, to: server, message, isStream: true, at: now, &actions)
    }

    mutating func traceSending(
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
    ///
    /// - Parameter mixesCase: whether its letters get a case that a forger cannot foresee.
    mutating func register(
        _ query: Query,
        _ key: Slab<Query>.Key,
        _ mixesCase: Bool,
        to server: Int,
        on carrier: Carrier,
        _ port: PortState?,
        at now: Duration
    ) -> [UInt8] {
        let index = query.tries.count
        var identifier = UInt16(truncatingIfNeeded: generator.next())
        // Put where another one waits already, it goes back: that hardly ever happens, and a look before would cost as much each time.
        while let other = pending.updateValue(
            Pending(query: key, index: index),
            forKey: Self.place(carrier, identifier)
        ) {
            pending[Self.place(carrier, identifier)] = other
            identifier = UInt16(truncatingIfNeeded: generator.next())
        }
        let hasOptions = standings[server].understandsOptions
        let hasCookies = hasOptions && configuration.usesCookies
        let cookies = hasCookies ? standings[server].cookies : []
        var message = QueryMessage(
            query.question,
            identifier: identifier,
            datagramSize: hasOptions ? configuration.datagramSize : nil,
            cookies: cookies,
            wantsAuthenticData: configuration.wantsAuthenticData
        )
        if mixesCase { message.mixCase(random: (generator.next(), generator.next())) }
        query.tries.append(
            Query.Try(
                server: server,
                carrier: carrier,
                port: port,
                isStream: port == nil,
                identifier: identifier,
                sentAt: now,
                message: message.bytes,
                hasOptions: hasOptions,
                hasCookies: hasCookies
            )
        )
        standings[server].inFlight += 1
        return message.bytes
    }

    static func place(_ carrier: Carrier, _ identifier: UInt16) -> UInt64 {
        UInt64(carrier) << 16 | UInt64(identifier)
    }

    /// Shows a server that is set aside a copy of a query, when it is time to.
    mutating func probe(like query: Query, at now: Duration, _ actions: inout [Action]) {
        guard configuration.servers.count > 1 else { return }
        for server in standings.indices where standings[server].takeProbe(at: now) {
            let copy = Query(
                query.question,
                ends: now + configuration.timeout,
                firstServer: server,
                probes: server
            )
            let key = queries.insert(copy)
            setAlarm(key, at: copy.ends, isFar: true)
            trace(.decided("\(configuration.servers[server]) is shown a copy of \(query.question)"), at: now, &actions)
            if configuration.usesStreamsOnly {
                sendOnStream(key, to: server, at: now, &actions)
            } else {
                sendDatagram(copy, key, to: server, at: now, &actions)
            }
        }
    }
}
