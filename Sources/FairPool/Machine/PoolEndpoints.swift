// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// The addresses of one target's name, by its last answer: how many connections each has, which of them fail, which are
/// gone, and when the name is to be looked up again.
///
/// An address is *open* unless the pause after a failure still lasts.
@available(FairDial 0.1, *)
struct PoolEndpoints: Sendable {
    struct Entry: Sendable {
        /// Where it stands in the answer.
        let place: Int
        /// Connections to it.
        var load = 0
        /// Dials in flight that try it first.
        var dials = 0
        /// Failures in a row.
        var failures = 0
        /// When the pause after its last failure ends, and it is open again: until then others are tried before it.
        /// `nil` for now.
        var backOffEnds: Duration?
    }

    /// How many addresses of one name are kept, and how many that are gone: more than any server's name has.
    static let limit = 256

    /// In destination order; empty before the first answer.
    private(set) var inOrder: [Endpoint] = []
    private(set) var entries: [Endpoint: Entry] = [:]
    /// Those that an earlier answer had and the last one has not, and since when; those that went last are at the end.
    private var gone: [(endpoint: Endpoint, since: Duration)] = []
    /// When to look the name up again; `nil` for never.
    var lookUpAt: Duration?
    var isLookedUp = false
    /// When a lookup has ended last.
    var lookedUpAt: Duration?
    /// Lookups in a row that have failed.
    var lookUpFailures = 0

    /// Whether an address has gone after a dial has begun: what the dial itself was told later counts more.
    func hasLost(_ endpoint: Endpoint, since begin: Duration) -> Bool {
        gone.contains { $0.endpoint == endpoint && $0.since >= begin }
    }

    /// Takes in an answer. Counts of connections and dials begin anew: `count` and `countDial` are called for those
    /// that there are.
    ///
    /// - Returns: the addresses that are gone.
    mutating func replace(by answer: PoolAnswer, at now: Duration) -> Set<Endpoint> {
        var addresses = Array(answer.endpoints.prefix(Self.limit))
        let kept = inOrder.filter { answer.silent.contains(AddressFamilies($0.address.family)) }
        addresses += kept.prefix(Self.limit - addresses.count)
        let old = entries
        let before = inOrder
        (inOrder, entries) = ([], [:])
        for endpoint in addresses where entries[endpoint] == nil {
            var entry = Entry(place: inOrder.count)
            if let known = old[endpoint] { (entry.failures, entry.backOffEnds) = (known.failures, known.backOffEnds) }
            entries[endpoint] = entry
            inOrder.append(endpoint)
        }
        let lost = before.filter { entries[$0] == nil }
        let lasting = gone.filter { entries[$0.endpoint] == nil && !lost.contains($0.endpoint) }
        gone = Array((lasting + lost.map { ($0, now) }).suffix(Self.limit))
        return Set(lost)
    }

    // MARK: - Connections and dials

    /// Counts the connections to an address.
    ///
    /// - Parameter change: 1 for a connection that was made, -1 for one that is closed.
    mutating func count(_ endpoint: Endpoint?, _ change: Int) {
        guard let endpoint else { return }
        entries[endpoint]?.load += change
    }

    /// Counts the dials that try an address first.
    ///
    /// - Parameter change: 1 for a dial that begins, -1 for one that ends.
    mutating func countDial(_ endpoint: Endpoint?, _ change: Int) {
        guard let endpoint else { return }
        entries[endpoint]?.dials += change
    }

    /// The order in which to dial: of the family that the answer has first, those first that have the fewest
    /// connections; then the other family's; last those that have failed lately, or are being tried after a failure.
    /// One that is being tried for the first time comes after those that have connections.
    func order(at now: Duration) -> [Endpoint] {
        guard let family = inOrder.first?.address.family else { return [] }
        let ranked = inOrder.map { endpoint in
            let entry = entries[endpoint] ?? Entry(place: 0)
            let isBehind = !entry.isOpen(at: now) || entry.failures > 0 && entry.dials > 0
            let group = isBehind ? 2 : endpoint.address.family == family ? 0 : 1
            let isDoubtful = !isBehind && entry.dials > 0 && entry.load == 0
            let load = isBehind ? 0 : entry.load + entry.dials
            return (endpoint: endpoint, rank: (group, isDoubtful ? 1 : 0, load, entry.place))
        }
        return ranked.sorted { $0.rank < $1.rank }.map(\.endpoint)
    }

    // MARK: - Failures

    /// Whether an address of the name is open.
    func hasOpen(at now: Duration) -> Bool { entries.values.contains { $0.isOpen(at: now) } }

    /// An address has failed, and is not open for a while. A failure of one that is not open changes nothing: dials
    /// that fail together count as one.
    ///
    /// - Parameter pause: for how long it is not open.
    mutating func failed(_ endpoint: Endpoint, at now: Duration, for pause: Duration) {
        guard var entry = entries[endpoint], entry.isOpen(at: now) else { return }
        entry.failures += 1
        entry.backOffEnds = now + pause
        entries[endpoint] = entry
    }

    /// A connection to it was made; it has not shown yet that it is good for more.
    mutating func connected(_ endpoint: Endpoint?) {
        guard let endpoint else { return }
        entries[endpoint]?.backOffEnds = nil
    }

    /// A connection to it has been used.
    mutating func served(_ endpoint: Endpoint?) {
        guard let endpoint else { return }
        entries[endpoint]?.failures = 0
    }
}

@available(FairDial 0.1, *)
extension PoolEndpoints.Entry {
    /// Whether no pause after a failure lasts.
    func isOpen(at now: Duration) -> Bool { backOffEnds.map { now >= $0 } ?? true }
}
