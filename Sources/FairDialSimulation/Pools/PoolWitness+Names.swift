// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairPool
import IPAddresses

/// What a run knows of the names that its pool follows.
extension PoolWitness {
    struct NameBook {
        let isFollowed: Bool
        /// What the last answer has, and what it has no more.
        var addresses: [Endpoint] = []
        var gone: Set<Endpoint> = []
        var isLookedUp = false
        var lookedUpAt: Duration?
        var isFixed = false
        /// When an address has failed last, or may have.
        var failures: [Endpoint: Duration] = [:]
        /// When an address has surely begun to be held back.
        var holds: [Endpoint: Duration] = [:]
    }

    /// The names whose lookups have begun.
    var lookedUp: [Int] { names.indices.filter { names[$0].isLookedUp } }

    // MARK: - What the run says

    mutating func isAnswered(_ target: Int, _ answer: PoolAnswer?, at now: Duration) {
        guard names[target].isLookedUp else { return }
        names[target].isLookedUp = false
        names[target].lookedUpAt = now
        guard let answer, !answer.endpoints.isEmpty else { return }
        names[target].isFixed = answer.isFixed
        let before = names[target].addresses
        var addresses = answer.endpoints
        addresses += before.filter {
            answer.silent.contains(AddressFamilies($0.address.family)) && !addresses.contains($0)
        }
        names[target].addresses = addresses
        let lost = Set(before).subtracting(addresses)
        names[target].gone = names[target].gone.union(lost).subtracting(addresses)
        for endpoint in lost {
            names[target].failures[endpoint] = nil
            names[target].holds[endpoint] = nil
        }
        for (id, book) in connections where book.target == target {
            if let endpoint = book.endpoint, lost.contains(endpoint) { markGone(id) }
        }
    }

    /// An address may have failed.
    mutating func mayFail(_ endpoint: Endpoint?, of target: Int, at now: Duration) {
        guard let endpoint, names[target].addresses.contains(endpoint) else { return }
        names[target].failures[endpoint] = now
    }

    /// An address has failed, in a dial.
    mutating func fails(_ endpoint: Endpoint, of target: Int, at now: Duration) {
        guard names[target].addresses.contains(endpoint) else { return }
        // One that is held back already is not held back for longer.
        let isHeld = names[target].failures[endpoint].map { now <= $0 + limits.longestBackOff } ?? false
        if !isHeld { names[target].holds[endpoint] = now }
        names[target].failures[endpoint] = now
    }

    mutating func learn(
        _ attempts: [AttemptReport],
        first: Endpoint?,
        winner: Endpoint?,
        of target: Int,
        at now: Duration
    ) {
        for attempt in attempts {
            guard let endpoint = attempt.destination.endpoint, endpoint != winner else { continue }
            if attempt.outcome == .refused || attempt.outcome == .abandoned && endpoint == first {
                fails(endpoint, of: target, at: now)
            }
        }
        if let winner { names[target].holds[winner] = nil }
    }

    // MARK: - What the pool wants

    mutating func wantsLookUp(of target: Int, at now: Duration) {
        let name = names[target]
        if !name.isFollowed || name.isFixed { fault("name \(target) is looked up, and is not to be followed") }
        if name.isLookedUp { fault("name \(target) is looked up twice at a time") }
        if word != .ready { fault("a pool that is not ready looks name \(target) up") }
        if !connections.values.contains(where: { $0.target == target }) {
            fault("name \(target) is looked up, and nothing is connected to it")
        }
        if let time = name.lookedUpAt, now < time + .seconds(1) {
            fault("name \(target) is looked up again after \(now - time)")
        }
        names[target].isLookedUp = true
    }

    /// A dial begins at these addresses.
    mutating func judge(_ order: [Endpoint], of target: Int, at now: Duration) {
        guard let first = order.first else { return }
        let name = names[target]
        if Set(order) != Set(name.addresses) || order.count != name.addresses.count {
            return fault("target \(target) is dialed at \(order), and its addresses are \(name.addresses)")
        }
        let good = order.filter { name.failures[$0] == nil }
        let shortestHold = limits.firstBackOff / 4 * 3 - .nanoseconds(3)
        if let held = name.holds[first], now < held + shortestHold, !good.isEmpty {
            fault("\(first) is dialed first \(now - held) after its failure, before \(good)")
        }
        guard name.failures[first] == nil else { return }
        let family = name.addresses.first?.address.family
        let best = good.filter { $0.address.family == family }.map { rank($0, of: target) }.min { $0 < $1 }
        if let best, best < rank(first, of: target) {
            fault("\(first) is dialed first at \(rank(first, of: target)), and another one is at \(best)")
        }
    }

    /// Whether it is being dialed and has no connection yet, and how many it has, those being made included.
    private func rank(_ endpoint: Endpoint, of target: Int) -> (Int, Int) {
        let load = load(endpoint, of: target)
        let made = connections.values.contains { $0.target == target && $0.endpoint == endpoint }
        return (load > 0 && !made ? 1 : 0, load)
    }

    private func load(_ endpoint: Endpoint, of target: Int) -> Int {
        connections.values.count { $0.target == target && $0.endpoint == endpoint }
            + dials.values.count { dial in
                if case .cancelled = dial.stage { return false }
                return dial.target == target && dial.order.first == endpoint
            }
    }
}
