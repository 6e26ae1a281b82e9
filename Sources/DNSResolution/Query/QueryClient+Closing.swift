// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import NameResolution

/// What the client does when a query is over: it stops listening, gives ports and streams back, and starts the query
/// that waits next.
@available(FairDial 0.1, *)
extension QueryClient {
    @discardableResult
    mutating func remove(_ key: Slab<Query>.Key, at now: Duration, _ actions: inout [Action]) -> Query? {
        guard let query = queries.remove(key) else { return nil }
        if query.queueEntries > 0 { leaveQueue(query, behind: query.queueEntries) }
        for index in query.tries.indices { stopListening(query, index, at: now, &actions) }
        if !query.awaitedStreams.isEmpty { leaveQueues(query) }
        return query
    }

    /// The client stops waiting for an answer to this try.
    mutating func stopListening(
        _ key: Slab<Query>.Key,
        _ index: Int,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let query = queries[key] else { return }
        stopListening(query, index, at: now, &actions)
    }

    private mutating func stopListening(_ query: Query, _ index: Int, at now: Duration, _ actions: inout [Action]) {
        guard query.tries[index].isListening else { return }
        query.tries[index].isListening = false
        let attempt = query.tries[index]
        pending[Self.place(attempt.carrier, attempt.identifier)] = nil
        health[attempt.server].inFlight -= 1
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
            let first = health.firstIndex { !$0.isSetAside } ?? 0
            guard health[first].inFlight < configuration.inFlightLimit, let key = takeWaiting(),
                let query = queries[key]
            else { return }
            leaveQueue(query, behind: query.queueEntries - 1)
            actions.append(.began(Key(slab: key), tag: query.tag))
            startTry(key, at: now, &actions)
        }
    }

    /// The query whose turn it is to begin. In a method of its own, so that the copy of `queries` is gone before they
    /// change.
    private mutating func takeWaiting() -> Slab<Query>.Key? {
        let queries = queries
        return waiting.popFirst { (queries[$0]?.queueEntries ?? 0) > 0 }
    }

    /// A query leaves the wait queue.
    ///
    /// - Parameter entries: how many of its entries stay behind in the keys' queues, which skip them.
    private mutating func leaveQueue(_ query: Query, behind entries: Int) {
        query.queueEntries = 0
        query.otherFairnessKeys = []
        let queries = queries
        waiting.left(behind: entries) { (queries[$0]?.queueEntries ?? 0) > 0 }
    }

    /// The tries that wait for an answer on a port or stream.
    func tries(on carrier: Carrier) -> [(Slab<Query>.Key, Int)] {
        pending.filter { $0.key >> 16 == UInt64(carrier) }.sorted { $0.key < $1.key }
            .map { ($0.value.query, $0.value.index) }
    }

    /// No more queries go out from a port.
    mutating func avoid(_ port: Carrier, of server: Int, at now: Duration, _ actions: inout [Action]) {
        // Where no other port may be opened, queries still go out from this one.
        guard mayOpenSocket(at: now) else { return }
        // Further queries choose other ports. This one closes when no query waits for an answer on it.
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
}
