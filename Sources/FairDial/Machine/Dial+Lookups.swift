// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NameResolution
import SystemSupport

/// What a dial's lookups tell, by their ids.
@available(FairDial 0.1, *)
extension Dial {
    /// What there is of an answer while one family is silent. Told once at most, and never after the answer itself.
    enum EarlyAnswer: Sendable {
        /// Nobody wants it, or it has been told.
        case unwanted
        /// There is no address yet.
        case wanted
        /// The addresses that came first wait for the others until then.
        case due(Duration)
    }

    /// What a lookup is to ask for.
    func request(_ id: LookupID) -> LookupRequest {
        if let names { return request(id, of: names) }
        guard let lookup = question.lookup else { preconditionFailure("a dial without a name looks nothing up") }
        return .addresses(lookup)
    }

    /// The resolver has been asked and has told what it knew, or one of several lookups has got further: the dial notes
    /// whether it waits in the queue.
    mutating func noteQueue(at now: Duration) {
        guard case .dialing = phase else { return }
        switch lookup {
        case .asked, .queued, .running: break
        case .unneeded, .postponed, .ended: return
        }
        if let names, names.firstEnd != nil || names.entries.count > 1 {
            // Once the first lookup is over, the dial is in the queue when all others are.
            if names.entries.isEmpty { return }
            lookup = names.isWaiting ? .queued : .running
        } else {
            // The first one alone: it has brought nothing yet, so it waits.
            guard case .asked = lookup, names == nil || names?.entries.first?.hasStarted == false else { return }
            lookup = .queued
        }
        runClock(at: now)
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
        case .bindings: return ActionList()
        case .caughtUp: return hasCaughtUp(id)
        case .ended(let error): return lookupEnded(error, at: now) + hasCaughtUp(id)
        case .answered(let answer):
            guard case .dialing = phase, let port = question.target.port else { return ActionList() }
            let answer = answer.addresses.count > LookupResult.familyLimit ? admitted(answer, at: now) : answer
            let families = question.lookup?.families ?? []
            let moment = epoch.saturating(plus: now)
            let leftOut = known.add(answer, wanting: families, by: question.order, at: moment)
            if leftOut > 0 { noteTroubles { $0.leftOut += leftOut } }
            note(answer)
            let destinations = known.inDestinationOrder.map { Destination.internet(Endpoint(address: $0, port: port)) }
            if question.goal == .answer {
                hasAddresses = areAnswerable(destinations, at: now)
                if let timeToLive = answer.timeToLive, !answer.addresses.isEmpty {
                    expires = min(expires ?? .seconds(Int64.max), now + timeToLive.bounded)
                }
                // As a race waits for the other family (RFC 8305 §3), whichever has come first: the caller is told
                // twice then, so an answer that is nearly there is worth the wait.
                if case .wanted = earlyAnswer, hasAddresses, !unanswered.isEmpty {
                    earlyAnswer = .due(now.saturating(plus: question.race.resolutionDelay))
                }
                runClock(at: now)
                return ActionList()
            }
            for candidate in known.candidates {
                guard case .connected(let roundTrip) = candidate.experience else { continue }
                race.expect(roundTrip, to: .internet(Endpoint(address: candidate.destination, port: port)))
            }
            hasAddresses = !destinations.isEmpty
            let permitted = permitted(Candidates(destinations), at: now)
            let awaited = race.awaited.subtracting(answer.families)
            return carryOut(race.answered(permitted, awaiting: awaited, services: false, at: now), at: now)
        }
    }

    /// Time has passed for a dial whose goal is the answer.
    mutating func advanceAnswer(to now: Duration) -> ActionList<DialAction> {
        guard case .due(let time) = earlyAnswer, now >= time else { return ActionList() }
        earlyAnswer = .unwanted
        runClock(at: now)
        // The policy may have changed its mind meanwhile.
        return hasAddresses ? ActionList(.tellEarlyAnswer) : ActionList()
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

    /// Destinations that the caller has given, with what failed lately last; from now on outcomes are noted of them.
    mutating func recalled(_ destinations: [Destination], at now: Duration) -> [Destination] {
        guard question.order.memory != nil else { return destinations }
        let time = epoch.saturating(plus: now)
        let endpoints = known.recall(destinations.compactMap(\.endpoint), by: question.order, at: time)
        for candidate in known.candidates {
            guard case .connected(let roundTrip) = candidate.experience else { continue }
            for endpoint in endpoints where endpoint.address == candidate.destination {
                race.expect(roundTrip, to: .internet(endpoint))
            }
        }
        return endpoints.map(Destination.internet)
    }
}
