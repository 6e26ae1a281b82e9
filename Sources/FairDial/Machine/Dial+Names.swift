// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NameResolution
import SystemSupport

/// A dial that may have several names to look up: the host and what its service bindings lead to (RFC 9460), or the
/// targets of a service (RFC 2782). All of them join the one race.
@available(FairDial 0.1, *)
extension Dial {
    static func names(for question: DialQuestion) -> NamesInFlight? {
        guard let names = question.names, let lookup = question.lookup else { return nil }
        switch names.kind {
        case .bindings(let request):
            let port = question.target.port ?? 0
            let bindings = BindingLookups(host: lookup.name, port: port, families: lookup.families, request: request)
            return NamesInFlight(first: lookup.name, bindings: bindings)
        case .service:
            let delay = question.race.attemptDelay
            return NamesInFlight(
                first: lookup.name,
                service: SRVLookups(families: lookup.families, attemptDelay: delay)
            )
        }
    }

    func request(_ id: LookupID, of names: NamesInFlight) -> LookupRequest {
        guard let lookup = question.lookup else { preconditionFailure("a dial without a name looks nothing up") }
        if id == .first {
            guard case .service(let service)? = question.names?.kind else { return .addresses(lookup) }
            return .records(Question(name: service, type: .srv))
        }
        // The search list is not for what DNS itself has said, so the name is absolute.
        return .addresses(LookupQuestion(name: (names.name(of: id) ?? "") + ".", families: lookup.families))
    }

    /// When the names alone may bring something new; `nil` when only an event can.
    var namesWake: Duration? {
        guard case .dialing = phase, question.goal != .targets else { return nil }
        return names?.service?.wakeTime
    }

    /// A lookup of addresses has something to tell.
    @inline(never)
    mutating func toldOfName(
        _ event: LookupEvent,
        _ id: LookupID,
        at time: Duration,
        toldAt now: Duration
    ) -> ActionList<DialAction> {
        // An event that was in flight when the lookup was cancelled is ignored.
        guard case .dialing = phase, let names, let name = names.name(of: id) else { return ActionList() }
        switch event {
        case .started:
            names.start(id)
            if id == .first { lookupStarted(at: time) } else { noteQueue(at: time) }
            return ActionList()
        case .answered(let answer):
            names.start(id)
            let answer = admitted(answer, at: now, port: names.service?.port(of: name))
            if id == .first {
                let families = question.lookup?.families ?? []
                let moment = epoch.saturating(plus: now)
                let leftOut = known.add(answer, wanting: families, by: question.order, at: moment)
                if leftOut > 0 { noteTroubles { $0.leftOut += leftOut } }
            }
            names.bindings?.found(answer, for: name)
            names.service?.found(answer, for: name)
            let actions = lineUp(answer, ofHost: id == .first, at: now)
            if id != .first { noteQueue(at: now) }
            return actions
        case .bindings(let answer):
            return id == .first ? bound(answer, names, at: now) : ActionList()
        case .caughtUp: return hasCaughtUp(id)
        case .ended(let error):
            let actions = ended(id, name, error, names, at: now)
            return actions + hasCaughtUp(id)
        }
    }

    /// The lookup of a service's records has something to tell.
    mutating func told(
        _ event: RecordEvent,
        of id: LookupID,
        at time: Duration,
        toldAt now: Duration
    ) -> ActionList<DialAction> {
        guard case .dialing = phase, let names, names.name(of: id) != nil else { return ActionList() }
        switch event {
        case .started:
            names.start(id)
            lookupStarted(at: time)
            return ActionList()
        case .caughtUp: return hasCaughtUp(id)
        case .ended(.failure(let error)):
            let actions = ended(id, "", error, names, at: now)
            return actions + hasCaughtUp(id)
        case .ended(.success(let answer)):
            let actions = listed(answer, names, at: now)
            return actions + hasCaughtUp(id)
        }
    }

    /// A service's records have come: its targets are looked up, the best ones first.
    private mutating func listed(_ answer: RecordAnswer, _ names: NamesInFlight, at now: Duration) -> ActionList<
        DialAction
    > {
        guard var random = question.names?.random else { return ActionList() }
        names.end(.first)
        names.firstEnd = .some(nil)
        names.listed = now
        names.recordServer = answer.server
        names.service?.listed(answer.records.compactMap { $0.data as? SRVRecord }, using: &random)
        lookupStarted(at: now)
        if question.goal == .targets {
            lookup = .ended(nil)
            return names.service?.targets.isEmpty == false ? finishAnswer(at: now) : fail(.exhaustion, at: now)
        }
        let asked = lookUpTargets(names, at: now)
        let lined = conclude(names, at: now)
        noteQueue(at: now)
        return asked + lined
    }

    /// Begins the lookups of targets that are to begin now.
    private mutating func lookUpTargets(_ names: NamesInFlight, at now: Duration) -> ActionList<DialAction> {
        var actions = ActionList<DialAction>()
        // What the caller has given takes no slot, so there may be room for more; each round ends at least one name.
        while let begun = names.service?.begun(at: now), !begun.isEmpty {
            for name in begun {
                guard let given = overridden(name, at: now, port: names.service?.port(of: name)) else {
                    actions.append(.lookUp(names.begin(name)))
                    continue
                }
                note(given, ofHost: false)
                names.service?.found(given, for: name)
                names.service?.ended(name)
            }
        }
        return actions
    }

    /// Bindings have come, or there are none: their targets are looked up, and what is known is lined up anew.
    private mutating func bound(_ answer: BindingAnswer, _ names: NamesInFlight, at now: Duration) -> ActionList<
        DialAction
    > {
        guard var random = question.names?.random else { return ActionList() }
        var actions = ActionList<DialAction>()
        for name in names.bindings?.bound(answer, using: &random) ?? [] {
            guard let given = overridden(name, at: now, port: nil) else {
                actions.append(.lookUp(names.begin(name)))
                continue
            }
            names.bindings?.found(given, for: name)
        }
        server = server ?? answer.server
        isStale = isStale || answer.isStale
        return actions + lineUp(nil, ofHost: false, at: now)
    }

    /// What the caller has said of a name.
    private mutating func overridden(_ name: String, at now: Duration, port: UInt16?) -> LookupResult? {
        guard let addresses = question.names?.override(of: name), let families = question.lookup?.families else {
            return nil
        }
        let answer = LookupResult(
            families: families,
            addresses: addresses.filter { families.contains($0.family) },
            isInDestinationOrder: false,
            source: .override
        )
        return admitted(answer, at: now, port: port)
    }

    /// A lookup has ended.
    private mutating func ended(
        _ id: LookupID,
        _ name: String,
        _ error: ResolutionError?,
        _ names: NamesInFlight,
        at now: Duration
    ) -> ActionList<DialAction> {
        if let error, error.isShortage {
            // It is asked again even where other names have addresses by now: all of those may fail.
            names.postpone(id)
            lookupPostponed(error, at: now)
            return ActionList()
        }
        names.end(id)
        if id == .first { names.firstEnd = .some(error) } else if let error { names.note(error) }
        names.bindings?.ended(name)
        names.service?.ended(name, error)
        let asked = lookUpTargets(names, at: now)
        let concluded = conclude(names, at: now)
        noteQueue(at: now)
        return asked + concluded
    }

    /// Something has ended; the dial's lookup has when all of them have.
    private mutating func conclude(_ names: NamesInFlight, at now: Duration) -> ActionList<DialAction> {
        guard names.entries.isEmpty, case .some(let end) = names.firstEnd else {
            return lineUp(nil, ofHost: false, at: now)
        }
        // The target that has ended may have held others back.
        let lined = names.service == nil ? ActionList() : lineUp(nil, ofHost: false, at: now)
        return lined + lookupEnded(end, at: now)
    }

    /// Tells the race what is known by now.
    private mutating func lineUp(_ answer: LookupResult?, ofHost isOfHost: Bool, at now: Duration) -> ActionList<
        DialAction
    > {
        guard case .dialing = phase, let names else { return ActionList() }
        if let answer { note(answer, ofHost: isOfHost) }
        let candidates = candidates(of: names, port: question.target.port ?? 0, at: now)
        if question.order.memory != nil {
            for destination in candidates.destinations {
                guard let address = destination.endpoint?.address, let roundTrip = known.roundTrip(to: address) else {
                    continue
                }
                race.expect(roundTrip, to: destination)
            }
        }
        hasAddresses = !candidates.destinations.isEmpty
        let permitted = permitted(candidates, at: now)
        let families: AddressFamilies
        let awaitsBetter: Bool
        if let bindings = names.bindings {
            (families, awaitsBetter) = (bindings.awaitedFamilies, bindings.awaitsBetter)
        } else {
            families = names.service?.awaitedOfFound ?? []
            // Targets hold each other back by themselves; this only keeps the race from being exhausted.
            awaitsBetter = names.service?.awaitsMore ?? false
            unanswered = names.service?.awaitedFamilies ?? []
        }
        return carryOut(race.answered(permitted, awaiting: families, services: awaitsBetter, at: now), at: now)
    }

    private mutating func candidates(of names: NamesInFlight, port: UInt16, at now: Duration) -> Candidates {
        let time = epoch.saturating(plus: now)
        let order = question.order
        if let bindings = names.bindings {
            guard bindings.leadsElsewhere else {
                // So that what is remembered of each is found by its address.
                if order.memory != nil { _ = known.sorted(known.inDestinationOrder, by: order, at: time) }
                let endpoints = known.inDestinationOrder.map { Endpoint(address: $0, port: port) }
                return Candidates(endpoints.map(Destination.internet))
            }
            return bindings.candidates { known.sorted($0, by: order, at: time) }
        }
        return names.service?.candidates(at: now) { known.sorted($0, by: order, at: time) } ?? Candidates()
    }

    /// Time has passed: more targets may be looked up, or dialed.
    mutating func advanceNames(to now: Duration) -> ActionList<DialAction> {
        var actions = ActionList<DialAction>()
        if let names, let wake = namesWake, now >= wake {
            actions = lookUpTargets(names, at: now)
            actions.append(contentsOf: lineUp(nil, ofHost: false, at: now))
            // What has just begun is asked before any timeout is looked at (rule 6): the loop comes again.
            if !actions.isEmpty { return actions }
        }
        if troubles != nil { actions.append(contentsOf: retryDue(at: now)) }
        return actions + carryOut(race.advance(to: now), at: now)
    }

    /// Starts the lookups again that were put off because the machine could not ask.
    mutating func askAgainForNames() -> ActionList<DialAction> {
        var actions = ActionList<DialAction>()
        for id in names?.takePostponed() ?? [] { actions.append(.lookUp(id)) }
        return actions
    }

    /// Cancels every lookup in flight.
    func leaveNames() -> ActionList<DialAction> {
        var actions = ActionList<DialAction>()
        for id in names?.leaveAll() ?? [] { actions.append(.cancelLookup(id)) }
        return actions
    }
}

// MARK: - What is told of it

@available(FairDial 0.1, *)
extension Dial {
    /// Why one of several names could not be looked up; `nil` where none has failed.
    var namesError: ResolutionError? { names?.error }

    /// The record that led to a destination that was tried; `nil` for an address of the host itself.
    func winningRecord(of destination: Destination) -> WinningRecord? { names?.tried[destination] }

    /// The name whose address a destination is: what a policy is told.
    func host(of destination: Destination) -> String? {
        names?.service?.target(of: destination)?.name ?? question.target.host
    }

    /// What is told of a service; `nil` where none is dialed.
    var serviceReport: SRVReport? {
        guard let names, let service = names.service else { return nil }
        return SRVReport(
            service: question.lookup?.name ?? "",
            ended: names.listed,
            server: names.recordServer,
            targets: service.reports(after: attempts),
            leftOut: service.leftOut
        )
    }

    /// Why a service has nothing that could be dialed; `nil` for anything else.
    var serviceVerdict: (DialError.Code, String)? {
        guard let service = names?.service, service.isListed else { return nil }
        if service.isRefused { return (.nameNotFound, "SRV target is \".\": there is no such service") }
        if service.targets.isEmpty { return (.noUsableAddress, "every SRV target has port 0") }
        return (.nameNotFound, "no SRV target has an address")
    }
}
