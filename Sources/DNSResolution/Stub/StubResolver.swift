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

    /// The most aliases that may lead from one answer to the next; within one answer there may be more.
    private static let aliasLimit = 16

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

    /// The servers that have been asked on behalf of a lookup and have not answered yet, a few of them.
    func silentServers(of lookup: Lookup) -> [Endpoint] {
        guard let running = running[lookup.slab] else { return [] }
        var servers: [Endpoint] = []
        running.queries.forEach { entry in
            for server in client.silentServers(of: requests[entry.request]?.query ?? entry.key) {
                if servers.count < 4, !servers.contains(server) { servers.append(server) }
            }
        }
        return servers
    }

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

    /// Goes on with the name that an alias leads to, or says that there is no end to them.
    ///
    /// - Returns: whether that name is to be asked for.
    mutating func follows(
        _ request: Request,
        to target: DomainName,
        at now: Duration,
        _ actions: inout [Action]
    ) -> Bool {
        let isLoop = target == request.name || request.aliases.contains(target)
        guard !isLoop, request.aliases.count < Self.aliasLimit else {
            let reason = "the aliases of \(request.name) have no end"
            let error = ResolutionError(.temporaryFailure, reason)
            conclude(request, .failure(Trouble(error: error, origin: .server)), at: now, &actions)
            return false
        }
        trace(
            .decided("\(request.aliases.last ?? request.name) is another name of \(target), which is asked for"),
            at: now,
            &actions
        )
        request.aliases.append(target)
        return true
    }

    func trouble(_ outcome: QueryOutcome, _ name: DomainName, _ type: RecordType) -> Trouble {
        switch outcome {
        case .queueFull:
            let error = ResolutionError(.queueFull, "too many queries wait already")
            return Trouble(error: error, origin: .machine)
        case .noDescriptor(let reason):
            let error = ResolutionError(.noDescriptor, "no socket to query DNS with: \(reason)")
            return Trouble(error: error, origin: .machine)
        case .noThread(let reason):
            return Trouble(error: ResolutionError(.noThread, "no thread to query DNS: \(reason)"), origin: .machine)
        case .answered, .failed: break
        }
        guard case .failed(let failures) = outcome, !configuration.servers.isEmpty else {
            return Trouble(error: ResolutionError(.failed, "there is no DNS server to ask"), origin: .machine)
        }
        // One server's error code counts, even where the others are silent, as it does for glibc.
        let isRefusal = failures.contains { if case .code = $0.cause { true } else { false } }
        // Each server's reason once, however often it gave it.
        var reasons: [String] = []
        for failure in failures.map(\.description) where !reasons.contains(failure) { reasons.append(failure) }
        let reason = reasons.isEmpty ? "no answer in time" : reasons.joined(separator: "; ")
        let error = ResolutionError(.temporaryFailure, "\(name) \(type): \(reason)")
        return Trouble(error: error, origin: isRefusal ? .server : .silence)
    }
}
