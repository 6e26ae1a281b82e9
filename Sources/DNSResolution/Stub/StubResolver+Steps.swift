// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NameResolution
import SystemSupport

/// What follows from a query's end: further queries, further names, and what the lookup's caller is told.
@available(FairDial 0.1, *)
extension StubResolver {
    mutating func ask(_ request: Request, at now: Duration, _ actions: inout [Action]) {
        // A loop, not a call for each alias: the cache may know all of them.
        while true {
            let name = request.question.name
            guard let found = cache.withLock({ $0.find(name, request.type, at: now) }) else { break }
            if found.wantsRefresh {
                trace(.decided("\(name) \(request.type) is fetched anew"), at: now, &actions)
                send(
                    Request(name: name, type: request.type, purpose: .refresh, for: request.state),
                    at: now,
                    &actions
                )
            }
            trace(
                .decided(
                    "\(name) \(request.type): the cache knows it\(found.answer.isStale ? ", and it is stale" : "")"
                ),
                at: now,
                &actions
            )
            guard case .alias(let target) = found.answer.content else {
                conclude(request, .success(found.answer), at: now, &actions)
                return
            }
            request.timeToLive = 0
            guard follows(request, to: target, at: now, &actions) else { return }
        }
        send(request, at: now, &actions)
    }

    private mutating func send(_ request: Request, at now: Duration, _ actions: inout [Action]) {
        let question = request.question
        let key = requests.insert(request)
        request.prepare(at: now)
        if share(request, key, question, at: now, &actions) { return }
        let siblings = request.isAwaited ? self.siblings(of: request, for: question.name) : (nil, nil)
        var query: QueryClient.Key?
        inClient(at: now, &actions) { client, steps in
            let fairnessKey = request.state.fairnessKey
            query = client.ask(question, for: fairnessKey, beside: siblings, tag: key.number, at: now, &steps)
        }
        // What is over already, because it could not even begin, is not noted.
        request.query = query
        if let query, request.isAwaited, requests[key] != nil { request.state.queries.append((query, key)) }
    }

    /// The queries for the same name that the same lookup has in flight.
    private func siblings(of request: Request, for name: DomainName) -> (QueryClient.Key?, QueryClient.Key?) {
        var found: (QueryClient.Key?, QueryClient.Key?) = (nil, nil)
        if request.state.queries.isEmpty { return found }
        request.state.queries.forEach { query in
            guard let other = requests[query.request], (other.aliases.last ?? other.name).wire == name.wire else {
                return
            }
            if found.0 == nil { found.0 = query.key } else { found.1 = query.key }
        }
        return found
    }

    mutating func conclude(
        _ request: Request,
        _ outcome: Result<ServerAnswer, Trouble>,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        let state = request.state
        guard request.isAwaited, let name = state.name else { return }
        switch request.purpose {
        case .refresh: return
        case .records:
            state.isOver = true
            running.remove(name.slab)
            actions.append(.deliverRecords(name, outcome.mapError(\.error), to: state.receiver))
        case .addresses:
            let (type, position) = (request.type, request.position)
            if configuration.guardsSearch, type == .a || type == .aaaa, case .success(let answer) = outcome,
                let suffix = state.lookup?.candidates[position].suffix
            {
                searchGuard.note(request.name, in: suffix, found: answer.hasAddresses, at: now)
            }
            state.lookup?.settled(type, of: position, outcome, &lookupSteps)
            carryOutSteps(of: state, at: now, &actions)
        }
    }

    /// Carries out what a lookup has just said is to be done next.
    ///
    /// What follows from a step comes before the next one, and is carried out by the same call: in a loop, not in calls
    /// within calls.
    mutating func carryOutSteps(of state: Running, at now: Duration, _ actions: inout [Action]) {
        while let step = lookupSteps.popLast() { nextSteps.append((state, step)) }
        if isCarryingOutSteps { return }
        isCarryingOutSteps = true
        while let (state, step) = nextSteps.popLast() {
            switch step {
            case .ask(let name, let type, let position, let isBeside):
                // The cache may have answered a step before this one, and the lookup be at another name by now. Only
                // where it may is it asked, for that copies it.
                let mayBeElsewhere = state.hasSearchList || state.isHurried
                if state.isOver || mayBeElsewhere && state.lookup?.wants(type, of: position) != true { continue }
                let request = Request(name: name, type: type, purpose: .addresses, for: state, position: position)
                // One look into the cache for both families: of most names it has neither.
                if !isBeside { state.isInCache = cache.withLock { $0.contains(name) } }
                if state.isInCache { ask(request, at: now, &actions) } else { send(request, at: now, &actions) }
            case .forget(let type):
                guard let query = query(of: state, for: type) else { continue }
                state.queries.remove { $0.request == query.request }
                detach(query.request, at: now, &actions)
            case .hurry(let type):
                state.isHurried = true
                // One that has not gone out yet is told when it does.
                guard let query = query(of: state, for: type), let request = requests[query.request],
                    request.hasBegun, let grace = state.lookup?.grace(for: type)
                else { continue }
                limit(request, query.request, to: now + grace, isDispensable: true)
            case .tell(.ended(let error)): end(state, error, &actions)
            case .tell(let event):
                if let name = state.name, !state.isOver { actions.append(.deliver(name, event, to: state.receiver)) }
            }
        }
        isCarryingOutSteps = false
    }

    /// The query in flight for records of a type.
    func query(of state: Running, for type: RecordType) -> (key: QueryClient.Key, request: Slab<Request>.Key)? {
        state.queries.first { requests[$0.request]?.type == type }
    }

    func trace(_ event: @autoclosure () -> QueryTrace.Event, at now: Duration, _ actions: inout [Action]) {
        if isTracing { actions.append(.transport(.trace(QueryTrace(event(), at: now)))) }
    }
}
