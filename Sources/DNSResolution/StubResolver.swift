// SPDX-License-Identifier: Apache-2.0

package import DNSMessages
package import IPAddresses
package import NameResolution

/// A whole stub resolver as a machine without I/O: look-ups, cache and queries, composed.
///
/// Questions, messages and the time go in, actions come out; `DNSEngine` carries them out.
package struct StubResolver: Sendable {
    /// Names one look-up, of addresses or of records.
    package struct Lookup: Hashable, Sendable {
        fileprivate let slab: Slab<Running>.Key

        /// A small number that no other look-up under way has.
        package var place: Int { Int(slab.place) }
    }

    /// How names are looked up.
    package struct Configuration: Hashable, Sendable {
        /// How servers are asked.
        package var query: QueryConfiguration
        /// What relative names may mean.
        package var searchList = SearchList([])
        /// Whether the search list is put behind the name as written where nothing is ever found in it.
        package var guardsSearch = false
        /// Whether the second family waits for the first.
        package var asksOneByOne = false
        /// Families that are not asked for.
        package var skipped: AddressFamilies = []
        package var cache = CacheConfiguration()

        package init(_ query: QueryConfiguration) {
            self.query = query
        }
    }

    /// What the driver is to do, in order.
    package enum Action: Sendable {
        case transport(QueryClient.Action)
        case deliver(Lookup, LookupEvent)
        case deliverRecords(Lookup, Result<ServerAnswer, ResolutionError>)
    }

    /// One question, followed through aliases that lead from answer to answer; an object for the same reasons as a `Query`.
    fileprivate final class Request: @unchecked Sendable {
        /// What it is for.
        enum Purpose: Sendable {
            case addresses
            case records
            /// Nobody but the cache.
            case refresh
        }

        let name: DomainName
        let type: RecordType
        let purpose: Purpose
        /// The look-up that waits for it; one that has brought it about, where nobody does.
        let state: Running
        /// The names that aliases have led to; the last one is being asked for.
        var aliases: [DomainName] = []
        /// The shortest time that any of them may be kept.
        var timeToLive: UInt32 = .max
        /// Whether its query waits no longer for others to end.
        var hasBegun = false

        init(name: DomainName, type: RecordType, purpose: Purpose, for state: Running) {
            self.name = name
            self.type = type
            self.purpose = purpose
            self.state = state
        }

        /// Whether a look-up waits for it still.
        var isAwaited: Bool {
            if case .refresh = purpose { false } else { !state.isOver }
        }
    }

    /// What an answer was, and where it came from.
    private struct Given: Sendable {
        let answer: ServerAnswer
        var source = LookupSource.dns
        var isStale = false
    }

    /// Why there is no answer.
    private struct Trouble: Error {
        /// What has brought it about.
        enum Origin {
            /// A server has said that it cannot tell.
            case server
            /// No server has said anything.
            case silence
            /// This machine cannot ask.
            case machine
        }

        let error: ResolutionError
        let origin: Origin
    }

    /// A look-up under way; an object for the same reasons as a `Query`.
    fileprivate final class Running: @unchecked Sendable {
        /// `nil` for one of records.
        var lookup: NameLookup?
        let asker: Asker
        /// Its place; there from the moment that it is under way.
        var name: Lookup?
        var queries: [(key: QueryClient.Key, request: Slab<Request>.Key)] = []
        var hasBegun = false
        var isOver = false

        init(for asker: Asker) {
            self.asker = asker
            queries.reserveCapacity(2)
        }
    }

    /// So many aliases may lead from one answer to the next; within one answer there may be more.
    private static let aliasLimit = 16

    /// So many steps' room is kept.
    private static let roomToKeep = 1_024

    /// A silent name of the search list is left for the next one after so long, or resolv.conf's `timeout` where that
    /// is longer: the name as it was written must have its turn within a dial's time for look-ups.
    private static let silenceInSearch = Duration.seconds(5)

    private let configuration: Configuration
    private var client: QueryClient
    /// Beside the machine, because it is looked at where nothing else of the machine is.
    package let cache: KnownAnswers
    private var searchGuard = SearchGuard()
    private var running = Slab<Running>()
    /// Room for what the client says next.
    private var clientSteps: [QueryClient.Action] = []
    /// Room for a look-up's next steps.
    private var lookupSteps: [NameLookup.Step] = []
    /// What each query is for; the query has its key for a tag.
    private var requests = Slab<Request>()

    /// Nothing under way, nothing known.
    package init(_ configuration: Configuration, generator: (any RandomNumberGenerator & Sendable)? = nil) {
        self.configuration = configuration
        client = QueryClient(configuration.query, generator: generator)
        cache = KnownAnswers(configuration.cache)
    }

    /// When to call `advance(to:)` next.
    package var wakeTime: Duration? { client.wakeTime }

    /// How many look-ups are under way.
    package var count: Int { running.count }

    /// How many queries are, those included that only refresh the cache.
    package var queryCount: Int { client.count }

    /// How many sockets are open for datagrams.
    package var portCount: Int { client.portCount }

    /// What came and was not believed.
    package var strays: StrayCounts { client.strays }

    /// Whether a look-up is under way.
    package func contains(_ lookup: Lookup) -> Bool { running[lookup.slab] != nil }

    /// Whether every step is told.
    package var isTracing: Bool {
        get { client.isTracing }
        set { client.isTracing = newValue }
    }
}

// MARK: - Questions

extension StubResolver {
    /// The addresses of a name, where they are known and fresh: a look, and no more.
    package func knownAddresses(_ question: LookupQuestion, at now: Duration) -> LookupAnswer? {
        cache.addresses(for: question, in: configuration.searchList, at: now)
    }

    /// Looks a name's addresses up.
    package mutating func lookUp(
        _ question: LookupQuestion,
        for asker: Asker,
        at now: Duration,
        _ actions: inout [Action]
    ) -> Lookup {
        let (state, name) = begin(for: asker)
        if let answer = knownAddresses(question, at: now) {
            trace(.decided("\(question.name): the cache knows it"), at: now, &actions)
            actions.append(.deliver(name, .answered(answer)))
            end(state, nil, &actions)
            return name
        }
        var candidates: [SearchList.Candidate]
        do throws(DomainNameError) {
            candidates = try configuration.searchList.candidates(for: question.name)
        } catch {
            end(state, ResolutionError(.invalidName, "\(error)"), &actions)
            return name
        }
        if configuration.guardsSearch { candidates = searchGuard.ordered(candidates) }
        state.lookup = NameLookup(
            question,
            candidates: candidates,
            skipping: configuration.skipped,
            asksOneByOne: configuration.asksOneByOne
        )
        proceed(state, at: now, &actions) { lookup, steps in lookup?.begin(&steps) }
        return name
    }

    private mutating func begin(for asker: Asker) -> (Running, Lookup) {
        let state = Running(for: asker)
        let name = Lookup(slab: running.insert(state))
        state.name = name
        return (state, name)
    }

    private mutating func end(_ state: Running, _ error: ResolutionError?, _ actions: inout [Action]) {
        guard let name = state.name, !state.isOver else { return }
        state.isOver = true
        running.remove(name.slab)
        actions.append(.deliver(name, .ended(error)))
    }

    /// Looks up what records of a type a name has; the search list is not for these.
    package mutating func lookUpRecords(
        _ name: DomainName,
        _ type: RecordType,
        for asker: Asker,
        at now: Duration,
        _ actions: inout [Action]
    ) -> Lookup {
        let (state, lookup) = begin(for: asker)
        ask(Request(name: name, type: type, purpose: .records, for: state), at: now, &actions)
        return lookup
    }

    /// Nobody waits for a look-up any more.
    ///
    /// - Returns: whether it was under way.
    @discardableResult
    package mutating func withdraw(_ lookup: Lookup, at now: Duration, _ actions: inout [Action]) -> Bool {
        guard let state = running.remove(lookup.slab) else { return false }
        state.isOver = true
        for query in state.queries {
            requests.remove(query.request)
            inClient(at: now, &actions) { client, actions in client.cancel(query.key, at: now, &actions) }
        }
        return true
    }
}

// MARK: - Messages and time

extension StubResolver {
    /// Tells the client what has happened, and goes on with what comes of it.
    package mutating func inClient(
        at now: Duration,
        _ actions: inout [Action],
        _ body: (inout QueryClient, inout [QueryClient.Action]) -> Void
    ) {
        // The room of the last time's; where one of these comes from inside another one, it makes its own.
        var steps: [QueryClient.Action] = []
        swap(&steps, &clientSteps)
        body(&client, &steps)
        for step in steps {
            switch step {
            case .finish(_, let tag, let outcome): finished(Slab.Key(number: tag), outcome, at: now, &actions)
            case .began(let query, let tag): began(Slab.Key(number: tag), query, at: now, &actions)
            case .openPort, .send, .closePort, .openStream, .sendOnStream, .closeStream, .trace:
                actions.append(.transport(step))
            }
        }
        steps.removeAll(keepingCapacity: steps.capacity <= Self.roomToKeep)
        swap(&steps, &clientSteps)
    }

    private mutating func began(
        _ key: Slab<Request>.Key,
        _ query: QueryClient.Key,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let request = requests[key], request.isAwaited else { return }
        request.hasBegun = true
        if request.state.lookup?.hasMoreCandidates == true {
            client.limit(query, to: now + max(Self.silenceInSearch, configuration.query.timeout))
        }
        if let grace = request.state.lookup?.grace(for: request.type) {
            client.makeDispensable(query, from: now + grace)
        }
        guard !request.state.hasBegun else { return }
        request.state.hasBegun = true
        if let name = request.state.name, request.state.lookup != nil { actions.append(.deliver(name, .started)) }
    }

    private mutating func finished(
        _ key: Slab<Request>.Key,
        _ outcome: QueryOutcome,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let request = requests.remove(key) else { return }
        let asked = request.aliases.last ?? request.name
        request.state.queries.removeAll { $0.request == key }
        guard case .answered(var answer) = outcome else {
            cache.refreshFailed(asked, request.type)
            conclude(request, .failure(trouble(outcome, asked, request.type)), at: now, &actions)
            return
        }
        cache.keep(answer, for: asked, request.type, at: now)
        if case .alias(let target) = answer.content {
            request.timeToLive = min(request.timeToLive, answer.timeToLive ?? 0)
            follow(request, to: target, at: now, &actions)
            return
        }
        if !request.aliases.isEmpty {
            // The whole way is kept under the name that it began with, for as long as its shortest piece.
            answer.timeToLive = answer.timeToLive.map { min($0, request.timeToLive) }
            answer.canonicalName = answer.canonicalName ?? asked
            cache.keep(answer, for: request.name, request.type, at: now)
        }
        conclude(request, .success(Given(answer: answer)), at: now, &actions)
    }

    private mutating func follow(
        _ request: Request,
        to target: DomainName,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        let isLoop = target == request.name || request.aliases.contains(target)
        guard !isLoop, request.aliases.count < Self.aliasLimit else {
            let reason = "the aliases of \(request.name) have no end"
            let error = ResolutionError(.temporaryFailure, reason)
            conclude(request, .failure(Trouble(error: error, origin: .server)), at: now, &actions)
            return
        }
        trace(
            .decided("\(request.aliases.last ?? request.name) is another name of \(target), which is asked for"),
            at: now,
            &actions
        )
        request.aliases.append(target)
        ask(request, at: now, &actions)
    }

    private func trouble(_ outcome: QueryOutcome, _ name: DomainName, _ type: RecordType) -> Trouble {
        switch outcome {
        case .queueFull:
            let error = ResolutionError(.queueFull, "too many queries wait already")
            return Trouble(error: error, origin: .machine)
        case .noDescriptor(let reason):
            let error = ResolutionError(.noDescriptor, "nothing to ask DNS with: \(reason)")
            return Trouble(error: error, origin: .machine)
        case .noThread(let reason):
            return Trouble(error: ResolutionError(.noThread, "no thread to ask DNS with: \(reason)"), origin: .machine)
        case .answered, .failed: break
        }
        guard case .failed(let failures) = outcome, !configuration.query.servers.isEmpty else {
            return Trouble(error: ResolutionError(.failed, "there is no DNS server to ask"), origin: .machine)
        }
        // One server that says so counts, whatever the others do: so it does for glibc.
        let isRefusal = failures.contains { if case .code = $0.cause { true } else { false } }
        // Each server's reason once, however often it gave it.
        var reasons: [String] = []
        for failure in failures.map(\.description) where !reasons.contains(failure) { reasons.append(failure) }
        let reason = reasons.isEmpty ? "no answer in time" : reasons.joined(separator: "; ")
        let error = ResolutionError(.temporaryFailure, "\(name) \(type): \(reason)")
        return Trouble(error: error, origin: isRefusal ? .server : .silence)
    }
}

// MARK: - What follows

extension StubResolver {
    private mutating func ask(_ request: Request, at now: Duration, _ actions: inout [Action]) {
        let name = request.aliases.last ?? request.name
        if let found = cache.find(name, request.type, at: now) {
            if found.wantsRefresh {
                trace(.decided("\(name) \(request.type) is fetched anew"), at: now, &actions)
                send(
                    Request(name: name, type: request.type, purpose: .refresh, for: request.state),
                    at: now,
                    &actions
                )
            }
            trace(
                .decided("\(name) \(request.type): the cache knows it\(found.isStale ? ", and it is stale" : "")"),
                at: now,
                &actions
            )
            if case .alias(let target) = found.answer.content {
                request.timeToLive = 0
                follow(request, to: target, at: now, &actions)
            } else {
                conclude(
                    request,
                    .success(Given(answer: found.answer, source: .cache, isStale: found.isStale)),
                    at: now,
                    &actions
                )
            }
            return
        }
        send(request, at: now, &actions)
    }

    private mutating func send(_ request: Request, at now: Duration, _ actions: inout [Action]) {
        let question = Question(name: request.aliases.last ?? request.name, type: request.type)
        let key = requests.insert(request)
        let siblings = request.isAwaited ? self.siblings(of: request, for: question.name) : (nil, nil)
        request.hasBegun = false
        var query: QueryClient.Key?
        inClient(at: now, &actions) { client, steps in
            let asker = request.state.asker
            query = client.ask(question, for: asker, beside: siblings, tag: key.number, at: now, &steps)
        }
        // What is over already, because it could not even begin, is not noted.
        if let query, request.isAwaited, requests[key] != nil { request.state.queries.append((query, key)) }
    }

    /// The queries for the same name that the same look-up has under way.
    private func siblings(of request: Request, for name: DomainName) -> (QueryClient.Key?, QueryClient.Key?) {
        var found: (QueryClient.Key?, QueryClient.Key?) = (nil, nil)
        for query in request.state.queries {
            guard let other = requests[query.request], (other.aliases.last ?? other.name).wire == name.wire else {
                continue
            }
            if found.0 == nil { found.0 = query.key } else { found.1 = query.key }
        }
        return found
    }

    private mutating func conclude(
        _ request: Request,
        _ result: Result<Given, Trouble>,
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
            actions.append(.deliverRecords(name, result.map(\.answer).mapError(\.error)))
        case .addresses:
            let type = request.type
            let finding = Self.finding(result, at: request.name)
            if configuration.guardsSearch, type == .a || type == .aaaa, let suffix = state.lookup?.candidate.suffix {
                note(suffix, finding)
            }
            proceed(state, at: now, &actions) { lookup, steps in lookup?.found(finding, for: type, &steps) }
        }
    }

    private mutating func note(_ suffix: DomainName, _ finding: NameLookup.Finding) {
        switch finding {
        case .addresses: searchGuard.note(suffix, found: true)
        case .nothing, .noName: searchGuard.note(suffix, found: false)
        case .bindings, .refused, .silent, .failed: return
        }
    }

    private static func finding(
        _ result: Result<Given, Trouble>,
        at name: DomainName
    ) -> NameLookup.Finding {
        switch result {
        case .success(let found):
            let (server, isStale) = (found.answer.server, found.isStale)
            switch found.answer.content {
            case .addresses(let addresses):
                return .addresses(addresses, found.source, server: server, isStale: isStale)
            case .records(let records):
                let bindings = records.compactMap { SVCBRecord($0, askedForAt: name, found.answer.canonicalName) }
                return bindings.isEmpty ? .nothing : .bindings(bindings, server: server, isStale: isStale)
            // Behind an alias it is the other name that is not there.
            case .nameError where found.answer.canonicalName == nil: return .noName
            case .noData, .nameError, .alias: return .nothing
            }
        case .failure(let trouble):
            switch trouble.origin {
            case .server: return .refused(trouble.error)
            case .silence: return .silent(trouble.error)
            case .machine: return .failed(trouble.error)
            }
        }
    }

    /// Goes on with a look-up, if it is under way.
    private mutating func proceed(
        _ state: Running,
        at now: Duration,
        _ actions: inout [Action],
        _ change: (inout NameLookup?, inout [NameLookup.Step]) -> Void
    ) {
        var steps: [NameLookup.Step] = []
        swap(&steps, &lookupSteps)
        change(&state.lookup, &steps)
        for step in steps {
            switch step {
            case .ask(let name, let type):
                guard !state.isOver else { continue }
                ask(Request(name: name, type: type, purpose: .addresses, for: state), at: now, &actions)
            case .forget(let type):
                guard let query = query(of: state, for: type) else { continue }
                state.queries.removeAll { $0.key == query.key }
                requests.remove(query.request)
                inClient(at: now, &actions) { client, steps in client.cancel(query.key, at: now, &steps) }
            case .hurry(let type):
                // One that has not gone out yet is told when it does.
                guard let query = query(of: state, for: type), requests[query.request]?.hasBegun == true,
                    let grace = state.lookup?.grace(for: type)
                else { continue }
                inClient(at: now, &actions) { client, _ in client.makeDispensable(query.key, from: now + grace) }
            case .tell(.ended(let error)): end(state, error, &actions)
            case .tell(let event):
                if let name = state.name, !state.isOver { actions.append(.deliver(name, event)) }
            }
        }
        steps.removeAll(keepingCapacity: steps.capacity <= Self.roomToKeep)
        swap(&steps, &lookupSteps)
    }

    /// The query under way for records of a type.
    private func query(of state: Running, for type: RecordType) -> (key: QueryClient.Key, request: Slab<Request>.Key)? {
        state.queries.first { requests[$0.request]?.type == type }
    }

    private func trace(_ event: @autoclosure () -> QueryTrace.Event, at now: Duration, _ actions: inout [Action]) {
        if isTracing { actions.append(.transport(.trace(QueryTrace(event(), at: now)))) }
    }
}

extension SVCBRecord {
    /// A binding of either type; a target "." means the record's own name (RFC 9460 §2.5), and that is the name which it was asked for
    /// at: one that an alias (CNAME) leads from has the same addresses. `nil` for another record.
    fileprivate init?(_ record: Record, askedForAt name: DomainName, _ canonicalName: DomainName?) {
        switch record.data {
        case let data as SVCBRecord: self = data
        case let data as HTTPSRecord: self = data.binding
        default: return nil
        }
        if !isAlias, target == .root || target == canonicalName { target = name }
    }
}
