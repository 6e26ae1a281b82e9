// SPDX-License-Identifier: Apache-2.0

package import DNSMessages
import IPAddresses
package import NameResolution
package import SystemSupport

/// A whole stub resolver as a machine without I/O: lookups, cache and queries, composed.
///
/// Questions, messages and the time go in, actions come out; `DNSEngine` carries them out.
@available(FairDial 0.1, *)
package struct StubResolver: ~Copyable {
    /// Identifies one lookup, of addresses or of records.
    package struct Lookup: Hashable, Sendable {
        let slab: Slab<Running>.Key

        /// A small number that no other lookup in flight has.
        package var place: Int { Int(slab.place) }
    }

    /// What the driver is to do, in order.
    package enum Action: Sendable {
        case transport(QueryClient.Action)
        case deliver(Lookup, LookupEvent, to: Receiver)
        case deliverRecords(Lookup, Result<ServerAnswer, ResolutionError>, to: Receiver)
    }

    /// The caller's own; the machine keeps it with the lookup and hands it back with what is to be told.
    package enum Receiver: Sendable {
        case events(@Sendable (LookupEvent) -> Void)
        case records(@Sendable (RecordNews) -> Void)
    }

    /// What a lookup of records tells, before its answer is put into a caller's terms.
    package enum RecordNews: Sendable {
        case caughtUp
        case ended(Result<ServerAnswer, ResolutionError>)
    }

    /// Room for this many steps is kept.
    static let roomToKeep = 1_024

    /// After this long a silent name of the search list is left for the next one, or after resolv.conf's `timeout`
    /// where that is longer: the name as it was written must have its turn within a dial's time for lookups.
    static let silenceInSearch = Duration.seconds(5)

    let configuration: QueryConfiguration
    var client: QueryClient
    /// Behind a lock of its own, under which nothing waits: a caller that only looks delays no lookup in flight.
    package let cache: Locked<AnswerCache>
    var searchGuard = SearchGuard()
    var running = Slab<Running>()
    /// Room for what the client says next.
    var clientSteps: [QueryClient.Action] = []
    /// What a lookup has just said is to be done next, in order.
    var lookupSteps: [NameLookup.Step] = []
    /// All that is to be done next, the first of it last. A search list may be of any length, and the cache may know
    /// all of it: each name's steps wait here until those of the one before have returned.
    var nextSteps: [(state: Running, step: NameLookup.Step)] = []
    var isCarryingOutSteps = false
    /// What each query is for; the query's tag is its key.
    var requests = Slab<Request>()
    /// Which of them other requests for the same follow.
    var leading: LeadingRequests
    /// When requests that wait for another request's query are given up.
    var deadlines = AlarmQueue<Slab<Request>.Key>()

    /// Without a lookup in flight, and with an empty cache.
    package init(
        _ configuration: QueryConfiguration,
        generator: (any RandomNumberGenerator & Sendable)? = nil,
        accounts: [StreamLedger.Account]? = nil,
        countFree: @escaping @Sendable (Int) -> Int = { $0 }
    ) {
        self.configuration = configuration
        client = QueryClient(configuration, generator: generator, accounts: accounts, countFree: countFree)
        leading = LeadingRequests(seed: client.generator.next())
        cache = Locked(AnswerCache(configuration.cache))
    }

    /// When to call `advance(to:)` next.
    package var wakeTime: Duration? {
        guard let deadline = deadlines.nextTime else { return client.wakeTime }
        return client.wakeTime.map { min($0, deadline) } ?? deadline
    }

    /// How many lookups are in flight.
    package var count: Int { running.count }

    /// How many queries are in flight, those included that only refresh the cache.
    package var queryCount: Int { client.count }

    /// How many sockets are open for datagrams.
    package var portCount: Int { client.portCount }

    /// How much is kept for queries.
    package var load: QueryLoad { client.load }

    /// What came and was not believed.
    package var mismatches: MismatchCounts { client.mismatches }

    /// Whether a lookup is in flight.
    package func contains(_ lookup: Lookup) -> Bool { running[lookup.slab] != nil }

    /// Whether every step is told.
    package var isTracing: Bool {
        get { client.isTracing }
        set { client.isTracing = newValue }
    }
}

// MARK: - Questions

@available(FairDial 0.1, *)
extension StubResolver {
    /// Looks a name's addresses up.
    package mutating func lookUp(
        _ question: LookupQuestion,
        for fairnessKey: FairnessKey,
        at now: Duration,
        _ actions: inout [Action],
        telling receive: @escaping @Sendable (LookupEvent) -> Void = { _ in }
    ) -> Lookup {
        let state = Running(for: fairnessKey, telling: .events(receive))
        let name = Lookup(slab: running.insert(state))
        state.name = name
        var candidates: [SearchList.Candidate]
        do throws(DomainNameError) {
            candidates = try configuration.searchList.candidates(for: question.name)
        } catch {
            end(state, ResolutionError(.invalidName, "\(error)"), &actions)
            return name
        }
        if configuration.guardsSearch { candidates = searchGuard.ordered(candidates, at: now) }
        state.lookup = NameLookup(
            question,
            candidates: candidates,
            skipping: configuration.skipped,
            asksOneByOne: configuration.asksOneByOne
        )
        state.hasSearchList = candidates.count > 1
        state.isHurried = question.service != nil
        state.lookup?.begin(&lookupSteps)
        carryOutSteps(of: state, at: now, &actions)
        return name
    }

    mutating func end(_ state: Running, _ error: ResolutionError?, _ actions: inout [Action]) {
        guard let name = state.name, !state.isOver else { return }
        state.isOver = true
        running.remove(name.slab)
        actions.append(.deliver(name, .ended(error), to: state.receiver))
    }

    /// Looks up what records of a type a name has; the search list is not for these.
    package mutating func lookUpRecords(
        _ name: DomainName,
        _ type: RecordType,
        for fairnessKey: FairnessKey,
        at now: Duration,
        _ actions: inout [Action],
        telling receive: @escaping @Sendable (RecordNews) -> Void = { _ in }
    ) -> Lookup {
        let state = Running(for: fairnessKey, telling: .records(receive))
        let lookup = Lookup(slab: running.insert(state))
        state.name = lookup
        ask(Request(name: name, type: type, purpose: .records, for: state), at: now, &actions)
        return lookup
    }

    /// All that had come when a lookup was to be caught up with has been read.
    package func tellCaughtUp(_ lookup: Lookup, _ actions: inout [Action]) {
        if let state = running[lookup.slab] { actions.append(.deliver(lookup, .caughtUp, to: state.receiver)) }
    }

    /// No caller waits for a lookup any more.
    ///
    /// - Returns: whether it was in flight.
    @discardableResult
    package mutating func cancel(_ lookup: Lookup, at now: Duration, _ actions: inout [Action]) -> Bool {
        guard let state = running.remove(lookup.slab) else { return false }
        state.isOver = true
        state.queries.forEach { query in detach(query.request, at: now, &actions) }
        return true
    }
}

// MARK: - Messages and time

@available(FairDial 0.1, *)
extension StubResolver {
    /// Tells the client what has happened, and handles the ends and beginnings of queries that follow.
    package mutating func inClient(
        at now: Duration,
        _ actions: inout [Action],
        _ body: (inout QueryClient, inout [QueryClient.Action]) -> Void
    ) {
        // The array of the last call is used again; a call from inside another one makes its own.
        var steps: [QueryClient.Action] = []
        swap(&steps, &clientSteps)
        body(&client, &steps)
        // What goes to the network comes first: the end of one query may end another one, and close a port that is
        // opened only further down in these steps.
        var hasEnds = false
        for step in steps {
            switch step {
            case .finish, .began: hasEnds = true
            case .openPort, .send, .closePort, .openStream, .sendOnStream, .closeStream, .trace:
                actions.append(.transport(step))
            }
        }
        for step in steps where hasEnds {
            switch step {
            case .finish(_, let tag, let outcome): finished(Slab.Key(number: tag), outcome, at: now, &actions)
            case .began(let query, let tag):
                let key = Slab<Request>.Key(number: tag)
                guard let request = requests[key] else { continue }
                request.query = query
                start(request, key, at: now, &actions)
                for follower in request.sharing?.followers ?? [] {
                    if let other = requests[follower] { start(other, follower, at: now, &actions) }
                }
            case .openPort, .send, .closePort, .openStream, .sendOnStream, .closeStream, .trace: continue
            }
        }
        steps.removeAll(keepingCapacity: steps.capacity <= Self.roomToKeep)
        swap(&steps, &clientSteps)
    }

    /// The query that a request waits for has begun.
    mutating func start(
        _ request: Request,
        _ key: Slab<Request>.Key,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        request.hasBegun = true
        guard request.isAwaited else { return }
        if request.state.hasSearchList, request.state.lookup?.hasMoreCandidates == true {
            limit(request, key, to: now + max(Self.silenceInSearch, configuration.timeout))
        }
        if request.state.isHurried, let grace = request.state.lookup?.grace(for: request.type) {
            limit(request, key, to: now + grace, isDispensable: true)
        }
        guard !request.state.hasBegun else { return }
        request.state.hasBegun = true
        if let name = request.state.name, request.state.lookup != nil {
            actions.append(.deliver(name, .started, to: request.state.receiver))
        }
    }

    /// The query that a request waits for is over, and so it is for those that follow the request.
    private mutating func finished(
        _ key: Slab<Request>.Key,
        _ outcome: QueryOutcome,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let request = requests.remove(key) else { return }
        let question = request.question
        let hasLed = request.leader == nil
        let followers = request.sharing?.followers ?? []
        if hasLed { queryEnded(request, key) }
        request.state.queries.remove { $0.request == key }
        if case .answered(var answer) = outcome {
            if hasLed { cache.withLock { $0.keep(answer, for: question.name, question.type, at: now) } }
            if case .alias(let target) = answer.content {
                // The request asks again, with followers of its own.
                request.timeToLive = min(request.timeToLive, answer.timeToLive ?? 0)
                if follows(request, to: target, at: now, &actions) { ask(request, at: now, &actions) }
            } else {
                if !request.aliases.isEmpty {
                    // The whole chain is cached under its first name, for as long as the shortest lifetime in it.
                    answer.timeToLive = answer.timeToLive.map { min($0, request.timeToLive) }
                    answer.canonicalName = answer.canonicalName ?? question.name
                    cache.withLock { $0.keep(answer, for: request.name, request.type, at: now) }
                }
                if !hasLed { answer.source = .shared }
                conclude(request, .success(answer), at: now, &actions)
            }
        } else {
            if hasLed { cache.withLock { $0.refreshFailed(question.name, question.type) } }
            conclude(request, .failure(trouble(outcome, question.name, question.type)), at: now, &actions)
        }
        for follower in followers { finished(follower, outcome, at: now, &actions) }
    }
}

// MARK: - Steps

@available(FairDial 0.1, *)
extension StubResolver {
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

    mutating func send(_ request: Request, at now: Duration, _ actions: inout [Action]) {
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
}
