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
        tell(answer)
    }

    /// Bindings have come, or there are none: their targets are looked up, and what is known is lined up anew.
    func bound(_ answer: ServiceAnswer) {
        var generator = SystemRandomNumberGenerator()
        guard case .dialing = dial.phase, let targets = services?.lookups.bound(answer, using: &generator) else {
            return
        }
        // Absolute: the search list is not for what DNS itself has said.
        for target in targets {
            lookUpTarget(target, LookupQuestion(name: target + ".", families: plan.families))
        }
        tell(nil)
    }

    /// A target's look-up has something to tell.
    func read(_ event: LookupEvent, ofTarget name: String) {
        switch event {
        case .started, .bound: return
        case .answered(let answer): services?.lookups.found(answer, for: name)
        case .ended(let error):
            guard let services, services.targets.removeValue(forKey: name) != nil else { return }
            services.lookups.ended(name)
            services.targetError = services.targetError ?? error
            if services.targets.isEmpty, let hostEnd = services.hostEnd {
                carryOut(dial.lookupEnded(hostEnd ?? services.targetError, at: now))
                return
            }
        }
        tell(nil)
    }

    /// The host's look-up has ended. The dial's has when those of all targets have.
    func hostEnded(_ error: ResolutionError?) {
        guard let services else { return }
        // Where there was no descriptor to ask with, it is asked again.
        if error?.kind != .noDescriptor { services.lookups.endedForHost() }
        if services.targets.isEmpty {
            carryOut(dial.lookupEnded(error ?? services.targetError, at: now))
        } else {
            services.hostEnd = .some(error)
            tell(nil)
        }
    }

    func leaveTargetLookups() {
        guard let services, !services.targets.isEmpty else { return }
        let left = services.targets
        services.targets = [:]
        for lookup in left.values { _ = lookup.withdraw() }
    }

    private var host: String { plan.question.lookup?.name ?? "" }

    /// Tells the dial what is known by now.
    ///
    /// - Parameter answer: what was said of the host itself, if it is that.
    private func tell(_ answer: LookupAnswer?) {
        guard let services = services?.lookups, case .dialing = dial.phase, case .lookUp(let port) = plan.start else {
            return
        }
        let candidates: Candidates
        if services.hasBindings {
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
                all: candidates,
                awaiting: services.awaitedFamilies,
                services: services.awaitsBetter,
                at: now
            )
        )
    }
}
