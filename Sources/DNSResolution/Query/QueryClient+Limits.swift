// SPDX-License-Identifier: Apache-2.0

import NameResolution

@available(FairDial 0.1, *)
extension QueryClient {
    /// The query is given up at a moment, if it would last longer; silence until then counts as silence.
    mutating func limit(_ key: Key, to end: Duration) {
        guard let query = queries[key.slab], end < query.ends else { return }
        query.ends = end
        setAlarm(key.slab, at: end)
    }

    /// One more lookup waits for a query's answer, until its own deadline.
    ///
    /// - Parameter fairnessKey: on whose behalf; `nil` for the same as before. While the query waits itself, it does so
    ///   in that key's queue too (rule 3).
    /// - Returns: until when those had to wait who waited before; `nil` where the query is over.
    mutating func share(_ key: Key, for fairnessKey: FairnessKey?, until end: Duration) -> Duration? {
        guard let query = queries[key.slab] else { return nil }
        let endBefore = query.ends
        query.isDispensable = false
        if query.ends < end {
            query.ends = end
            setAlarm(key.slab, at: end, isFar: true)
        }
        // However many keys one query waits for, it is one that waits; and it is in no key's queue twice.
        if let fairnessKey, query.queueEntries > 0, waiting.entryCount < configuration.waitingLimit,
            query.otherFairnessKeys.insert(fairnessKey).inserted
        {
            waiting.enter(key.slab, for: fairnessKey)
            query.queueEntries += 1
        }
        return endBefore
    }

    /// Why the tries of a query have failed.
    func failures(of key: Key) -> [QueryFailure] { queries[key.slab]?.failures ?? [] }
}

// MARK: - Floods

/// A server, or a forger in its place, may send datagrams without end: that costs a port, and not the time of others.
@available(FairDial 0.1, *)
extension QueryClient {
    /// Datagrams that bring nothing, beyond one for each that went out, after which a port is closed; as many as on a
    /// stream.
    static let uselessLimit = StreamState.mismatchLimit

    /// A datagram has brought nothing; on a stream there is another count.
    mutating func noteUseless(on port: Carrier) {
        guard let state = ports[port] else { return }
        state.useless += 1
        if state.useless > Self.uselessLimit + state.sent { flooded = port }
    }

    /// Closes the port over which there were too many, if there is one. What awaits an answer on it is asked for
    /// otherwise, or when it would have been asked again; a flood may be forged, and so it is no "no" of the server's.
    mutating func closeFlooded(at now: Duration, _ actions: inout [Action]) {
        guard let port = flooded else { return }
        flooded = nil
        guard let state = ports[port] else { return }
        sourcePorts[state.server].remove(port)
        plainPorts[state.server].remove(port)
        let affected = tries(on: port)
        for (key, index) in affected { stopListening(key, index, at: now, &actions) }
        retire(port, &actions)
        for (key, index) in affected {
            guard let query = queries[key], !query.tries[index].hasFailed else { continue }
            fail(key, index, .flooded, at: now, &actions)
            guard query.purpose == .answer, !query.isLastCall, !query.isWaiting,
                !askOtherwise(key, state.server, at: now, &actions)
            else { continue }
            setWake(key, at: min(query.ends, max(now, query.wake), now + RoundTripEstimate.floor))
        }
    }
}
