// SPDX-License-Identifier: Apache-2.0

import FairDial
import IPAddresses

/// Names whose addresses are followed: each is looked up again when its answer is over, as long as something is
/// connected to it, and dials go to the addresses of the last answer.
///
/// Before there is an answer, and after the last one is over and nothing is connected, a target is dialed by its name.
@available(FairDial 0.1, *)
extension PoolMachine {
    /// Between the end of one lookup of a name and the next one, whatever its zone says.
    static let shortestLookUpInterval = Duration.seconds(1)
    /// After which time a name is looked up again, whatever its zone says.
    static let longestLookUpInterval = Duration.seconds(3_600)
    /// The same for a name of which no zone has said anything, as in a hosts file.
    static let usualLookUpInterval = Duration.seconds(30)

    /// A lookup of a target's name has ended.
    ///
    /// - Parameter answer: `nil` where it has failed: the addresses stay as they are.
    package mutating func lookedUp(
        _ target: Int,
        _ answer: PoolAnswer?,
        at now: Duration,
        _ actions: inout [PoolAction]
    ) {
        guard targets.indices.contains(target), targets[target].endpoints.isLookedUp else { return }
        targets[target].endpoints.isLookedUp = false
        targets[target].endpoints.lookedUpAt = now
        if let answer, !answer.endpoints.isEmpty {
            targets[target].endpoints.lookUpFailures = 0
            let lifetime = max(answer.lifetime ?? Self.usualLookUpInterval, Self.shortestLookUpInterval)
            let interval = min(lifetime, Self.longestLookUpInterval)
            // Many pools must not ask in step; not before the answer is over, for a cache would give it again.
            let late = interval / 10_240 * Int(random.next() % 1_025)
            targets[target].endpoints.lookUpAt = answer.isFixed ? nil : now + interval + late
            take(answer, of: target, at: now, &actions)
        } else {
            let failures = min(targets[target].endpoints.lookUpFailures + 1, 64)
            targets[target].endpoints.lookUpFailures = failures
            targets[target].endpoints.lookUpAt = now + max(Self.shortestLookUpInterval, pause(after: failures))
        }
        considerLookUp(of: target)
        proceed(at: now, &actions)
    }

    private mutating func take(
        _ answer: PoolAnswer,
        of target: Int,
        at now: Duration,
        _ actions: inout [PoolAction]
    ) {
        let before = targets[target].endpoints.inOrder
        let gone = targets[target].endpoints.replace(by: answer, at: now)
        for id in connections.keys.sorted() {
            guard let connection = connections[id], connection.target == target else { continue }
            if let endpoint = connection.endpoint, gone.contains(endpoint) {
                markStale(id, &actions)
            } else {
                targets[target].endpoints.count(connection.endpoint, 1)
            }
        }
        for dial in dials.values where dial.target == target { targets[target].endpoints.countDial(dial.first, 1) }
        // A dial that has no place yet would go to the old addresses.
        if targets[target].endpoints.inOrder != before, let id = targets[target].unplaced { cancel(id, &actions) }
    }

    /// Where a dial that begins now goes; empty for wherever the name leads.
    func order(for target: Int, at now: Duration) -> [Endpoint] {
        let endpoints = targets[target].endpoints
        let isCurrent = endpoints.lookUpAt.map { now < $0 } ?? true
        // While the name cannot be looked up, old addresses are better than none.
        guard isCurrent || targets[target].connections > 0 || endpoints.lookUpFailures > 0 else { return [] }
        return endpoints.order(at: now)
    }

    /// A dial has ended, or nobody needs it any more: it tries no address any longer.
    mutating func release(_ dial: Dial) {
        targets[dial.target].endpoints.countDial(dial.first, -1)
    }

    /// Looks up the names whose answers are over.
    mutating func startLookUps(at now: Duration, _ actions: inout [PoolAction]) {
        guard let next = nextLookUp, now >= next else { return }
        nextLookUp = nil
        for target in targets.indices {
            if targets[target].connections > 0, !targets[target].endpoints.isLookedUp,
                let time = targets[target].endpoints.lookUpAt, now >= time
            {
                targets[target].endpoints.isLookedUp = true
                actions.append(.lookUp(target))
            } else {
                considerLookUp(of: target)
            }
        }
    }

    /// Its connections may need a lookup at some time.
    mutating func considerLookUp(of target: Int) {
        guard targets[target].connections > 0, !targets[target].endpoints.isLookedUp,
            let time = targets[target].endpoints.lookUpAt
        else { return }
        nextLookUp = min(nextLookUp ?? time, time)
    }

    /// Nothing is looked up for a pool that is closed.
    mutating func cancelLookUps(_ actions: inout [PoolAction]) {
        for target in targets.indices where targets[target].endpoints.isLookedUp {
            actions.append(.cancelLookUp(target))
        }
    }

    var isLookingUp: Bool { targets.contains { $0.endpoints.isLookedUp } }

    // MARK: - Failures

    /// A dial has failed: its addresses, and perhaps its target, are held back.
    mutating func dialFailed(_ dial: Dial, _ error: DialError, at now: Duration) {
        let target = dial.target
        // Where the handshake failed, the address that connected is to blame.
        let failed = error.report.attempts.filter { $0.outcome == .connected || $0.hasFailed }
        targetFailed(target, failed.compactMap(\.destination.endpoint), at: now)
        guard !targets[target].endpoints.inOrder.isEmpty else { return }
        if dial.first == nil {
            // The name cannot be looked up: the next dial goes to the old addresses.
            if error.report.attempts.isEmpty { targets[target].endpoints.lookUpFailures += 1 }
        } else {
            // The old addresses are of no use: the next dial goes by the name, where nothing is connected.
            if targets[target].connections == 0 { targets[target].endpoints.lookUpFailures = 0 }
            lookUpSoon(target, at: now)
        }
    }

    /// Some of the name's addresses have failed: there may be others by now.
    private mutating func lookUpSoon(_ target: Int, at now: Duration) {
        guard let time = targets[target].endpoints.lookUpAt, !targets[target].endpoints.isLookedUp else { return }
        let earliest = targets[target].endpoints.lookedUpAt.map { $0 + Self.shortestLookUpInterval } ?? now
        targets[target].endpoints.lookUpAt = min(time, max(earliest, now))
        considerLookUp(of: target)
    }

    /// Addresses of a target have failed; where no other one of it is open, the target has.
    mutating func targetFailed(_ target: Int, _ failed: [Endpoint], at now: Duration) {
        let failed = failed.filter { targets[target].endpoints.entries[$0] != nil }
        for endpoint in failed { endpointFailed(endpoint, of: target, at: now) }
        if failed.isEmpty || !targets[target].endpoints.hasOpen(at: now) { targetFailed(target, at: now) }
    }

    mutating func endpointFailed(_ endpoint: Endpoint, of target: Int, at now: Duration) {
        let failures = (targets[target].endpoints.entries[endpoint]?.failures ?? 0) + 1
        let pause = pause(after: failures)
        targets[target].endpoints.failed(endpoint, at: now, for: pause)
    }

    /// What a dial that has connected says of its addresses.
    mutating func learn(from attempts: [AttemptReport], of dial: Dial, winner: Endpoint?, at now: Duration) {
        for attempt in attempts {
            guard let endpoint = attempt.destination.endpoint, endpoint != winner else { continue }
            // One that was tried first and overtaken gives no sign of life.
            let isOvertaken = endpoint == dial.first && attempt.outcome == .abandoned
            if attempt.hasFailed || isOvertaken { endpointFailed(endpoint, of: dial.target, at: now) }
        }
        targets[dial.target].endpoints.connected(winner)
    }
}

@available(FairDial 0.1, *)
extension AttemptReport {
    /// Whether the address has failed, as far as can be known.
    fileprivate var hasFailed: Bool {
        switch outcome {
        case .refused, .unreachable, .timedOut, .failed: true
        default: false
        }
    }
}
