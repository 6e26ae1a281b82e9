// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// How attempts ended in the past, by source and destination; bounded in number and age.
///
/// Pure: outcomes and the time go in. Times are durations since one start that the owner chooses. The source address
/// stands for the network: what was learned on one says nothing about another (RFC 8305 §4).
@available(FairDial 0.1, *)
struct ConnectOutcomes: Sendable {
    /// From which address of this machine, to which address.
    struct Route: Hashable, Sendable {
        /// Where from.
        var source: IPAddress
        /// Where to; the port does not matter.
        var destination: IPAddress

        /// A route from its two ends.
        init(from source: IPAddress, to destination: IPAddress) {
            self.source = source
            self.destination = destination
        }
    }

    /// What is known of a route.
    enum Outcome: Hashable, Sendable {
        /// It connects, and takes about this long.
        case connected(roundTrip: Duration)
        /// It was refused, unreachable, or silent until a timeout ended.
        case failed
    }

    /// What one attempt showed.
    enum Observation: Hashable, Sendable {
        /// It connected, after this long.
        case connected(after: Duration)
        /// It failed, or was silent until a timeout ended.
        case failed
        /// It was abandoned after this long, because another one had won.
        case outrun(after: Duration)
    }

    private struct Entry: Sendable {
        var outcome: Outcome
        /// When the first of its kind was noted.
        var since: Duration
    }

    private let capacity: Int
    private let lifetime: Duration
    private let failureLifetime: Duration
    private var entries: [Route: Entry] = [:]

    /// - Parameters:
    ///   - capacity: how many routes are kept, at least 1; beyond it the oldest quarter is forgotten.
    ///   - lifetime: how long it is known that a route connects, from when that was first seen: however often it is
    ///     seen again, it is forgotten then, so that every address has its turn and clients with different pasts come
    ///     to do the same.
    ///   - failureLifetime: the same for a route that failed.
    init(
        capacity: Int = 1_024,
        lifetime: Duration = .seconds(600),
        failureLifetime: Duration = .seconds(60)
    ) {
        self.capacity = max(capacity, 1)
        self.lifetime = lifetime.bounded
        self.failureLifetime = failureLifetime.bounded
    }

    /// What is known of a route at this time; `nil` where nothing is, or it is too old.
    func outcome(on route: Route, at now: Duration) -> Outcome? {
        guard let entry = entries[route], now < end(of: entry) else { return nil }
        return entry.outcome
    }

    /// Everything that is known at this time.
    func outcomes(at now: Duration) -> [Route: Outcome] {
        entries.filter { now < end(of: $0.value) }.mapValues(\.outcome)
    }

    /// Notes what an attempt showed.
    mutating func note(_ observation: Observation, on route: Route, at now: Duration) {
        let known = outcome(on: route, at: now)
        let since = entries[route]?.since ?? now
        switch (observation, known) {
        case (.connected(let took), .connected(let roundTrip)?):
            // RFC 6298 §2.3: an eighth of the way towards the newest.
            entries[route] = Entry(outcome: .connected(roundTrip: (roundTrip * 7 + took.bounded) / 8), since: since)
        case (.connected(let took), .failed?), (.connected(let took), nil):
            entries[route] = Entry(outcome: .connected(roundTrip: took.bounded), since: now)
        case (.failed, .failed?):
            break
        case (.failed, .connected?), (.failed, nil):
            entries[route] = Entry(outcome: .failed, since: now)
        case (.outrun(let silent), .connected(let roundTrip)?):
            // It takes longer than that, so it must not look better.
            entries[route] = Entry(outcome: .connected(roundTrip: max(roundTrip, silent.bounded)), since: since)
        case (.outrun, .failed?), (.outrun, nil):
            break
        }
        if entries.count > capacity { makeRoom(at: now) }
    }

    /// Forgets everything.
    mutating func clear() {
        entries = [:]
    }

    private func end(of entry: Entry) -> Duration {
        switch entry.outcome {
        case .connected: entry.since.saturating(plus: lifetime)
        case .failed: entry.since.saturating(plus: failureLifetime)
        }
    }

    /// Forgets what is too old, and where that is not enough the oldest quarter: so a full memory is gone through
    /// rarely.
    private mutating func makeRoom(at now: Duration) {
        entries = entries.filter { now < end(of: $0.value) }
        guard entries.count > capacity else { return }
        let oldest = entries.sorted { $0.value.since < $1.value.since }.prefix(entries.count - capacity * 3 / 4)
        for (route, _) in oldest { entries[route] = nil }
    }
}
