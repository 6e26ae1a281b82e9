// SPDX-License-Identifier: Apache-2.0

import ConnectionRacing
import IPAddresses
import NameResolution

/// What a dial's lookups tell, by their ids.
@available(FairDial 0.1, *)
extension Dial {
    /// What a lookup is to ask for.
    func request(_ id: LookupID) -> LookupRequest {
        if let names { return request(id, of: names) }
        guard let lookup = question.lookup else { preconditionFailure("a dial without a name looks nothing up") }
        return .addresses(lookup)
    }

    /// The resolver has been asked, and what it knew has been told.
    mutating func lookupAsked(_ id: LookupID, at now: Duration) {
        if names == nil { lookupQueued(at: now) } else { noteQueue(at: now) }
    }

    /// A lookup has something to tell.
    ///
    /// - Parameters:
    ///   - time: when it happened.
    ///   - now: when that is told, and attempts start: however long ago an answer came, their clock must not pay for a
    ///     late loop.
    mutating func told(
        _ event: LookupEvent,
        of id: LookupID,
        at time: Duration,
        toldAt now: Duration
    ) -> ActionList<DialAction> {
        if names != nil { return toldOfName(event, id, at: time, toldAt: now) }
        switch event {
        case .started:
            lookupStarted(at: time)
            return ActionList()
        case .answered(let answer): return found(answer, at: now)
        case .bindings: return ActionList()
        case .caughtUp: return hasCaughtUp(id)
        case .ended(let error): return lookupEnded(error, at: now) + hasCaughtUp(id)
        }
    }

    /// The addresses of a dial's one name have come.
    private mutating func found(_ answer: LookupResult, at now: Duration) -> ActionList<DialAction> {
        guard case .dialing = phase, let port = question.target.port else { return ActionList() }
        let answer = answer.addresses.count > LookupResult.familyLimit ? admitted(answer, at: now) : answer
        learn(answer, at: now)
        let destinations = known.inDestinationOrder.map { Destination.internet(Endpoint(address: $0, port: port)) }
        for candidate in known.candidates {
            guard case .connected(let roundTrip) = candidate.experience else { continue }
            expect(roundTrip, to: .internet(Endpoint(address: candidate.destination, port: port)))
        }
        return answered(answer, all: destinations, at: now)
    }

    /// Takes the host's own addresses in.
    mutating func learn(_ answer: LookupResult, at now: Duration) {
        let leftOut = known.add(
            answer,
            wanting: question.lookup?.families ?? [],
            along: question.routes,
            spreadBy: question.spread,
            at: epoch.saturating(plus: now)
        )
        if leftOut > 0 { noteTroubles { $0.leftOut += leftOut } }
    }

    /// Destinations that the caller has given, with what failed lately last; from now on outcomes are noted of them.
    mutating func recalled(_ destinations: [Destination], at now: Duration) -> [Destination] {
        guard question.routes.remembersOutcomes else { return destinations }
        let time = epoch.saturating(plus: now)
        let endpoints = known.recall(destinations.compactMap(\.endpoint), along: question.routes, at: time)
        for candidate in known.candidates {
            guard case .connected(let roundTrip) = candidate.experience else { continue }
            for endpoint in endpoints where endpoint.address == candidate.destination {
                expect(roundTrip, to: .internet(endpoint))
            }
        }
        return endpoints.map(Destination.internet)
    }
}
