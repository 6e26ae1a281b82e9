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

    /// The lookup has been asked for, and nothing has come at once: it waits for its slot.
    mutating func lookupQueued(at now: Duration) {
        guard case .dialing = phase, case .asked = lookup else { return }
        lookup = .queued
        runClock(at: now)
    }

    /// The lookup has its slot.
    mutating func lookupStarted(at now: Duration) {
        guard case .dialing = phase else { return }
        switch lookup {
        case .asked, .queued: lookup = .running
        case .unneeded, .running, .postponed, .ended: return
        }
        runClock(at: now)
    }

    /// Addresses have come.
    ///
    /// - Parameter destinations: all that are known by now, in destination order (RFC 6724).
    mutating func answered(_ answer: LookupResult, all destinations: [Destination], at now: Duration) -> ActionList<
        DialAction
    > {
        guard case .dialing = phase else { return ActionList() }
        note(answer)
        guard question.goal != .answer else {
            hasAddresses = areAnswerable(destinations, at: now)
            if let timeToLive = answer.timeToLive, !answer.addresses.isEmpty {
                expires = min(expires ?? .seconds(Int64.max), now + timeToLive.bounded)
            }
            runClock(at: now)
            return ActionList()
        }
        hasAddresses = !destinations.isEmpty
        let permitted = permitted(destinations, at: now)
        return carryOut(race.answered(permitted, settling: answer.families, at: now), at: now)
    }

    /// Notes which source has answered, and for which families.
    mutating func note(_ answer: LookupResult, ofHost isOfHost: Bool = true) {
        switch lookup {
        case .asked, .queued: lookup = .running
        case .unneeded, .running, .postponed, .ended: break
        }
        // A family that has nothing says nothing of where the addresses came from.
        if source == nil || !hasAddresses { source = answer.source }
        server = server ?? answer.server
        isStale = isStale || answer.isStale
        if isOfHost { unanswered.subtract(answer.families) }
    }

    /// What a connection to a destination took in the past; it times the attempt after its own.
    mutating func expect(_ roundTrip: Duration, to destination: Destination) {
        race.expect(roundTrip, to: destination)
    }

    /// The lookup has ended.
    mutating func lookupEnded(_ error: ResolutionError?, at now: Duration) -> ActionList<DialAction> {
        guard case .dialing = phase else { return ActionList() }
        switch lookup {
        case .unneeded, .postponed, .ended: return ActionList()
        case .asked, .queued, .running: break
        }
        if let error, error.isShortage, !hasAddresses {
            lookupPostponed(error, at: now)
            return ActionList()
        }
        lookup = .ended(error)
        if question.goal == .answer {
            return hasAddresses ? finishAnswer(at: now) : fail(.exhaustion, at: now)
        }
        return carryOut(race.answersEnded(at: now), at: now)
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
