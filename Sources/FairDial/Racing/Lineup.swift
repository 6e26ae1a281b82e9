// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// The destinations of a race in the order of preference, and how far each of them is.
@available(FairDial 0.1, *)
struct Lineup: Sendable {
    /// A destination, and its stage.
    struct Entrant: Sendable {
        enum Stage: Sendable {
            case untried
            case inFlight(since: Duration)
            case ended
        }

        let destination: Destination
        /// The number of its group; destinations of an earlier group start first.
        let group: Int
        fileprivate(set) var stage: Stage

        var isUntried: Bool { if case .untried = stage { true } else { false } }
        var isInFlight: Bool { if case .inFlight = stage { true } else { false } }
    }

    /// For many destinations, found by hashing: the stage of each in the earlier list, and which are in the new list
    /// already.
    private struct Table {
        let stages: [Destination: Entrant.Stage]
        /// The destinations that are in the new list by now.
        var lined: Set<Destination> = []

        init(_ entrants: [Entrant]) {
            stages = Dictionary(entrants.map { ($0.destination, $0.stage) }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// All destinations in the last answer, in the order of preference, and after them those that were tried and are in
    /// it no longer.
    private(set) var entrants: [Entrant] = []
    /// How many are known and have not been tried.
    private(set) var untriedCount = 0
    private(set) var inFlightCount = 0

    func hasUntried(of family: AddressFamily) -> Bool {
        entrants.contains { $0.isUntried && $0.destination.family == family }
    }

    /// Lines up what is known by now; each keeps its stage.
    mutating func replace(by candidates: Candidates) {
        let earlier = entrants
        entrants = []
        entrants.reserveCapacity(max(candidates.destinations.count, earlier.count))
        untriedCount = 0
        var groupEnds = candidates.groupEnds[...]
        var group = 0
        // Thousands of addresses must not be searched for each of thousands; a few are searched faster than they are
        // hashed.
        var table = max(candidates.destinations.count, earlier.count) > 32 ? Table(earlier) : nil
        func isNew(_ destination: Destination) -> Bool {
            table?.lined.insert(destination).inserted ?? !entrants.contains { $0.destination == destination }
        }
        for (position, destination) in candidates.destinations.enumerated() {
            if groupEnds.first == position {
                groupEnds.removeFirst()
                group += 1
            }
            // A destination of two groups belongs to the better one.
            guard isNew(destination) else { continue }
            let known =
                table == nil
                ? earlier.first { $0.destination == destination }?.stage : table?.stages[destination]
            entrants.append(Entrant(destination: destination, group: group, stage: known ?? .untried))
            if entrants[entrants.count - 1].isUntried { untriedCount += 1 }
        }
        for entrant in earlier where !entrant.isUntried {
            if isNew(entrant.destination) { entrants.append(entrant) }
        }
    }

    /// An attempt to the untried destination at this index starts.
    mutating func start(at index: Int, _ now: Duration) -> Destination {
        entrants[index].stage = .inFlight(since: now)
        untriedCount -= 1
        inFlightCount += 1
        return entrants[index].destination
    }

    /// An attempt could not begin after all: its destination is untried again.
    ///
    /// - Returns: whether the attempt was in flight.
    mutating func takeBack(_ destination: Destination) -> Bool {
        guard let index = inFlightIndex(of: destination) else { return false }
        entrants[index].stage = .untried
        untriedCount += 1
        inFlightCount -= 1
        return true
    }

    /// An attempt has ended.
    ///
    /// - Returns: whether it was in flight.
    mutating func end(_ destination: Destination) -> Bool {
        guard let index = inFlightIndex(of: destination) else { return false }
        entrants[index].stage = .ended
        inFlightCount -= 1
        return true
    }

    /// Ends the attempts that have been in flight for so long.
    mutating func endSilent(for timeout: Duration, at now: Duration, _ ended: (Destination) -> Void) {
        for index in entrants.indices {
            guard case .inFlight(let since) = entrants[index].stage, now >= since.saturating(plus: timeout) else {
                continue
            }
            entrants[index].stage = .ended
            inFlightCount -= 1
            ended(entrants[index].destination)
        }
    }

    private func inFlightIndex(of destination: Destination) -> Int? {
        entrants.firstIndex { $0.isInFlight && $0.destination == destination }
    }
}
