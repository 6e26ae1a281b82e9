// SPDX-License-Identifier: Apache-2.0

/// Ports and streams are descriptors, and never all that there are: those that are open are shared where there may be
/// no more of them.
@available(FairDial 0.1, *)
extension QueryClient {
    /// How many tries wait on a shared port at most: an identifier that is free must be found fast. That is more than a
    /// port is given otherwise (`SourcePortConfiguration.queries`), for here there may be no second one.
    static let portLoad = 49_152

    /// How many sockets are open.
    var socketCount: Int { ports.count + streams.count }

    /// Whether one more socket may be opened.
    mutating func mayOpenSocket(at now: Duration) -> Bool {
        allowance.hasRoom(beside: socketCount, at: now)
    }

    /// A port to a server that is open already, for when there may be no other one: one in use for the same form, else
    /// one for the other form, else one that was not to be used any more and on which answers are awaited. The plain
    /// form goes out from none that the question has used, however few there are.
    ///
    /// - Returns: `nil` where there is none; then one is opened, for every server must be asked, and in both forms.
    mutating func sharedPort(
        to server: Int,
        for query: Query,
        isPlain: Bool,
        at now: Duration,
        random: UInt64
    ) -> (Carrier, PortState)? {
        let used = isPlain ? query.tries.map(\.carrier) : []
        let (same, other) = isPlain ? (plainPorts, sourcePorts) : (sourcePorts, plainPorts)
        for candidate in [same[server].share(random: random), other[server].share(random: random)] {
            guard let candidate, let state = ports[candidate] else { continue }
            if state.listening < Self.portLoad, !used.contains(candidate) { return (candidate, state) }
        }
        // Rare: a port that is found is in use again, so the next queries need not search.
        let idlest = openPorts(to: server, besides: used)
            .min { ($0.value.listening, $0.key) < ($1.value.listening, $1.key) }
        guard let (port, state) = idlest else { return nil }
        // A port that is in use already must not be entered twice.
        guard state.isRetired else { return (port, state) }
        (state.isRetired, state.isForPlain) = (false, isPlain)
        if isPlain { plainPorts[server].opened(port, at: now) } else { sourcePorts[server].opened(port, at: now) }
        return (port, state)
    }

    /// There was no descriptor for a port: what was to go out on it goes out on another one, where there is one to the
    /// same server, and is over where there is none.
    mutating func ranOutOfDescriptors(
        _ port: Carrier,
        _ state: PortState,
        _ affected: [(Slab<Query>.Key, Int)],
        _ reason: String,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        allowance.ranOut(beside: socketCount - 1, at: now)
        for (key, index) in affected {
            stopListening(key, index, at: now, &actions)
            queries[key]?.tries[index].isVoid = true
        }
        // No query may be sent to it again.
        retire(port, &actions)
        for (key, index) in affected {
            guard let query = queries[key] else { continue }
            let form = query.tries[index].form
            let used = form == .plain ? query.tries.map(\.carrier) : []
            if !openPorts(to: state.server, besides: used).isEmpty {
                sendDatagram(query, key, to: state.server, in: form, at: now, &actions)
            } else if query.tries.contains(where: \.isListening) {
                continue
            } else if query.doubt != nil, now < query.ends {
                // It is asked for again when there may be a descriptor.
                setWake(key, at: min(query.ends, now + RoundTripEstimate.floor))
            } else {
                finish(key, .noDescriptor(reason), at: now, &actions)
            }
        }
    }

    private func openPorts(to server: Int, besides used: [Carrier]) -> [Carrier: PortState] {
        ports.filter { $0.value.server == server && $0.value.listening < Self.portLoad && !used.contains($0.key) }
    }
}
