// SPDX-License-Identifier: Apache-2.0

import ConnectionRacing
import IPAddresses
import NIOCore
import NameResolution

/// Dials for which service bindings are looked up: there is more than one name to look up then, and the race hears of all of them.
extension DialDriver {
    /// Addresses of the host have come.
    func foundForHost(_ answer: LookupAnswer) {
        known.add(answer, wanting: plan.families, from: plan.connector, plan.memory, at: loop.now)
        services?.lookups.found(answer, for: host)
        tell(answer, ofHost: true)
    }

    /// Bindings have come, or there are none: their targets are looked up, and what is known is lined up anew.
    func bound(_ answer: ServiceAnswer) {
        var generator = plan.random
        guard case .dialing = dial.phase, let services else { return }
        for target in services.lookups.bound(answer, using: &generator) {
            guard let addresses = plan.overrides[target] else {
                lookUpTarget(target)
                continue
            }
            let answer = LookupAnswer(
                families: plan.families,
                addresses: addresses.filter { plan.families.contains($0.family) },
                isInDestinationOrder: false,
                source: .override
            )
            services.lookups.found(answer, for: target)
        }
        dial.bound(by: answer.server, isStale: answer.isStale)
        tell(nil, ofHost: false)
    }

    /// A target's look-up has something to tell.
    func read(_ event: LookupEvent, ofTarget name: String) {
        guard let services, services.targets[name] != nil else { return }
        switch event {
        case .bound: return
        case .caughtUp:
            hasCaughtUp(name)
            return
        case .started:
            services.targets[name]?.hasStarted = true
        case .answered(let answer):
            services.targets[name]?.hasStarted = true
            services.lookups.found(answer, for: name)
            tell(answer, ofHost: false)
        case .ended(let error):
            end(name, error, services)
            hasCaughtUp(name)
        }
        noteQueue()
    }

    private func end(_ name: String, _ error: ResolutionError?, _ services: ServiceDial) {
        if let error, error.isShortage {
            // It is asked again, whatever else is known by now: that may come to nothing.
            services.targets[name] = ServiceDial.Target()
            dial.lookupPostponed(error, at: now)
            return
        }
        services.targets[name] = nil
        services.lookups.ended(name)
        if let error { dial.targetFailed(error) }
        conclude(services)
    }

    /// The host's look-up has ended.
    func hostEnded(_ error: ResolutionError?) {
        guard let services else { return }
        services.hostEnd = .some(error)
        if let error, error.isShortage {
            dial.lookupPostponed(error, at: now)
            return
        }
        services.lookups.ended(host)
        conclude(services)
        noteQueue()
    }

    /// A look-up has ended; the dial's has when all of them have.
    private func conclude(_ services: ServiceDial) {
        if services.targets.isEmpty, let hostEnd = services.hostEnd {
            carryOut(dial.lookupEnded(hostEnd, at: now))
        } else {
            tell(nil, ofHost: false)
        }
    }

    /// Asks again for the targets that there was no descriptor for.
    func askAgainForTargets() {
        guard let services else { return }
        // In the order of their names: a dictionary's own differs from process to process, and a world must be the same
        // in each.
        for name in services.targets.filter({ $0.value.lookup == nil }).keys.sorted() { lookUpTarget(name) }
    }

    /// Takes the host's turn to be asked for, the first time or because there was no descriptor before.
    ///
    /// - Returns: whether it has one: else it is under way, or has ended.
    func takeHostTurn() -> Bool {
        guard let services else { return true }
        guard case .some(let end) = services.hostEnd else { return lookup == nil }
        guard end?.isShortage ?? false else { return false }
        services.hostEnd = nil
        return true
    }

    /// Once the host's look-up is over, the dial is in the queue when all targets are.
    func noteQueue() {
        guard let services else { return }
        let isWaiting = services.hostEnd != nil && services.targets.values.allSatisfy { !$0.hasStarted }
        if services.hostEnd != nil || !services.targets.isEmpty { dial.lookups(wait: isWaiting, at: now) }
    }

    func leaveTargetLookups() {
        guard let services, !services.targets.isEmpty else { return }
        let left = services.targets
        services.targets = [:]
        for (_, target) in left.sorted(by: { $0.key < $1.key }) { _ = target.lookup?.withdraw() }
    }

    private var host: String { plan.question.lookup?.name ?? "" }

    /// Tells the dial what is known by now.
    ///
    /// - Parameters:
    ///   - answer: addresses that have come, if it is that.
    ///   - isOfHost: whether they are the host's own.
    private func tell(_ answer: LookupAnswer?, ofHost isOfHost: Bool) {
        guard let services = services?.lookups, case .dialing = dial.phase, case .lookUp(let port) = plan.start else {
            return
        }
        let candidates: Candidates
        if services.leadsElsewhere {
            candidates = known.order(services, from: plan.connector, plan.memory, at: loop.now)
        } else {
            let endpoints = known.inDestinationOrder.map { Endpoint(address: $0, port: port) }
            candidates = Candidates(endpoints.map(Destination.internet))
        }
        for candidate in known.candidates {
            guard case .connected(let roundTrip) = candidate.experience else { continue }
            for destination in candidates.destinations
            where destination.endpoint?.address == candidate.destination {
                dial.expect(roundTrip, to: destination)
            }
        }
        carryOut(
            dial.answered(
                answer,
                ofHost: isOfHost,
                all: candidates,
                awaiting: services.awaitedFamilies,
                services: services.awaitsBetter,
                at: now
            )
        )
    }
}
