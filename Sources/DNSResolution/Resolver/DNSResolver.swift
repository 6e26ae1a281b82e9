// SPDX-License-Identifier: Apache-2.0

public import DNSMessages
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
public import NameResolution
import SystemSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A DNS stub resolver: asks the servers of resolv.conf, or others, over UDP, TCP and TLS, and keeps what they say.
///
/// A lookup costs a few hundred bytes while it is in flight, and no thread. Each family is told as it comes. What the
/// cache knows is told before `lookUp` returns. It does not know local names: put a `NameResolver` in front.
@available(FairDial 0.1, *)
public final class DNSResolver: AddressResolver, RecordResolver {
    /// The process's own: the servers of resolv.conf, one cache for all.
    public static let shared = DNSResolver()

    private struct State: Sendable {
        var file: ResolverFile
        var engine: DNSEngine
        /// How many engines there have been before it.
        var generation: UInt64 = 0
        var checkedAt: NIODeadline
        /// When the network was looked at last.
        var watchedAt = NIODeadline.uptimeNanoseconds(0)
        /// Whether it has changed since the engine was made.
        var hasMoved = false
        var changes: ChangeAllowance
    }

    private struct UnderWay: ListedLookup {
        let engine: DNSEngine
        let lookup: StubResolver.Lookup

        func cancel() -> Bool {
            engine.cancel(lookup)
            return true
        }

        func catchUp(late: Duration) -> Bool { engine.catchUp(lookup) }

        var silentServers: [Endpoint] { engine.withResolver { $0.silentServers(of: lookup) } }

        var source: LookupSource? { .dns }
    }

    /// How long the cache's answers are given without a look at resolv.conf.
    private static let checkInterval = TimeAmount.seconds(1)
    /// The shortest time between two looks at the network: each is a system call, and there may be a hundred thousand
    /// lookups a second.
    private static let watchInterval = TimeAmount.microseconds(100)

    /// How it was told to look names up.
    package let configuration: DNSResolverConfiguration

    private let file: WatchedFile<ResolverFile>?
    private let machine: any ResolverMachine
    private let hasNetworkChanged: @Sendable () -> Bool
    private let state: NIOLockedValueBox<State>

    /// A resolver with a cache of its own.
    public init(_ configuration: DNSResolverConfiguration = DNSResolverConfiguration()) {
        self.configuration = configuration
        machine = configuration.machine
        hasNetworkChanged = machine.watchNetwork()
        if configuration.configurationPath.isEmpty {
            file = nil
        } else {
            let hostname = Hostname.current
            file = WatchedFile(
                configuration.configurationPath,
                missing: Self.read([], hostname),
                upTo: ResolverFile.sizeLimit,
                tooLarge: { .unread($0) },
                parse: { Self.read($0, hostname) }
            )
        }
        let content = file?.look().content ?? configuration.fileContent
        state = NIOLockedValueBox(
            State(
                file: content,
                engine: Self.engine(configuration, content),
                checkedAt: machine.now,
                changes: ChangeAllowance(at: machine.now)
            )
        )
    }

    private static func read(_ bytes: [UInt8], _ hostname: String) -> ResolverFile {
        var environment: [String: String] = [:]
        for name in ["LOCALDOMAIN", "RES_OPTIONS", "HOSTALIASES"] {
            if let value = getenv(name) { environment[name] = String(cString: value) }
        }
        return ResolverFile(bytes, environment: environment, hostname: hostname)
    }

    private static func engine(_ configuration: DNSResolverConfiguration, _ file: ResolverFile) -> DNSEngine {
        DNSEngine(
            configuration.query(file),
            over: configuration.transport,
            on: configuration.machine,
            traced: configuration.trace
        )
    }

    /// What the file says now, and the generation that began when it first said so, or a later one.
    package var fileAndGeneration: (file: ResolverFile, generation: UInt64) {
        _ = freshEngine()
        return state.withLockedValue { ($0.file, $0.generation) }
    }

    /// The engine for what the file says now. Lookups in flight stay with the one that they began with.
    private func freshEngine() -> DNSEngine {
        let now = machine.now
        let content = file?.look().content
        let hasMoved = isTimeToWatch(at: now) && hasNetworkChanged()
        return state.withLockedValue { state in
            state.checkedAt = now
            let isAnother = content.map { $0 != state.file && !state.file.isFixed } ?? false
            if hasMoved { state.hasMoved = true }
            if isAnother || state.hasMoved, state.changes.take(at: now) {
                state.hasMoved = false
                // Another network may have other servers behind the same addresses, and other answers.
                if let content, isAnother { state.file = content }
                state.engine = Self.engine(configuration, state.file)
                state.generation += 1
            }
            return state.engine
        }
    }

    /// Whether the last look at the network is long enough ago; if so, the next one counts from now.
    private func isTimeToWatch(at now: NIODeadline) -> Bool {
        state.withLockedValue { state in
            guard now - state.watchedAt >= Self.watchInterval else { return false }
            state.watchedAt = now
            return true
        }
    }
}

// MARK: - Looking up

@available(FairDial 0.1, *)
extension DNSResolver {
    /// Starts a lookup; what the cache knows has been answered when this returns.
    public func lookUp(
        _ question: LookupQuestion,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupHandle {
        if let reason = SpecialUseName.reasonNotToAsk(for: question.key) {
            receive(.ended(ResolutionError(.nameNotFound, reason)))
            return EndedLookup()
        }
        let engine = freshEngine()
        let lookup = engine.update { machine, now, actions in
            machine.resolver.lookUp(question, for: fairnessKey, at: now, &actions, telling: receive)
        }
        return UnderWay(engine: engine, lookup: lookup)
    }

    /// The addresses that the cache has, when they are all there and fresh. About a hundred nanoseconds.
    package func knownAnswer(to question: LookupQuestion) -> LookupResult? {
        let now = machine.coarseNow
        // Under the lock, where the engine cannot go away: a reference count would cost as much as the look.
        let recent = state.withLockedValue { state -> LookupResult?? in
            guard now - state.checkedAt < Self.checkInterval else { return nil }
            return .some(state.engine.knownAddresses(question, at: now))
        }
        return recent ?? freshEngine().knownAddresses(question, at: now)
    }

    /// What the cache has; another generation whenever resolv.conf or the network has changed.
    package func standing(on question: LookupQuestion) -> ResolverStanding {
        let known = knownAnswer(to: question)
        // What is known is not shared with anybody.
        return ResolverStanding(known: known, generation: known == nil ? generation : 0)
    }

    package var generation: UInt64 {
        _ = freshEngine()
        // Not the whole state: a copy of what the file says would be a dozen references counted.
        return state.withLockedValue { $0.generation }
    }

    /// Looks up what records of a type a name has; aliases are followed, the search list is not for these.
    ///
    /// - Parameters:
    ///   - name: the whole name; no search list is used.
    ///   - type: the records' type.
    ///   - fairnessKey: on whose behalf; `nil` for the name's parent domain.
    /// - Throws: `ResolutionError`: `nameNotFound` where there are none, `temporaryFailure` where no server can tell,
    ///   `cancelled` when the task is.
    public func records(
        of name: DomainName,
        _ type: RecordType,
        for fairnessKey: FairnessKey? = nil
    ) async throws(ResolutionError) -> RecordAnswer {
        if let error = Self.refusal(of: name) { throw error }
        let engine = freshEngine()
        let fairnessKey = fairnessKey ?? FairnessKey(for: "\(name)")
        let wait = RecordWait()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                wait.begin(continuation)
                let lookup = engine.lookUpRecords(name, type, for: fairnessKey) { news in
                    if case .ended(let result) = news { wait.end(result) }
                }
                wait.isInFlight { engine.cancel(lookup) }
            }
        } onCancel: {
            wait.cancel()
        }
        return try Self.answer(try result.get(), name, type)
    }

    /// Starts a lookup of records; what the cache knows has been answered when this returns.
    public func lookUpRecords(
        _ question: Question,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (RecordEvent) -> Void
    ) -> any LookupHandle {
        if let error = Self.refusal(of: question.name) {
            receive(.ended(.failure(error)))
            return EndedLookup()
        }
        let engine = freshEngine()
        receive(.started)
        let lookup = engine.lookUpRecords(question.name, question.type, for: fairnessKey) { news in
            switch news {
            case .caughtUp: receive(.caughtUp)
            case .ended(let result):
                receive(
                    .ended(
                        result.flatMap { answer in
                            Result { () throws(ResolutionError) in
                                try Self.answer(answer, question.name, question.type)
                            }
                        }
                    )
                )
            }
        }
        return UnderWay(engine: engine, lookup: lookup)
    }

    /// Why no server is asked for records of a name.
    private static func refusal(of name: DomainName) -> ResolutionError? {
        SpecialUseName.reasonNotToAsk(for: "\(name)").map { ResolutionError(.nameNotFound, $0) }
    }

    private static func answer(
        _ answer: ServerAnswer,
        _ name: DomainName,
        _ type: RecordType
    ) throws(ResolutionError) -> RecordAnswer {
        let owner = answer.canonicalName ?? name
        let timeToLive = answer.timeToLive ?? 0
        let records: [Record]
        switch answer.content {
        case .records(let all): records = all
        case .addresses(let addresses):
            records = addresses.map { address in
                let data: any RecordData =
                    switch address {
                    case .v4(let bits): ARecord(bits)
                    case .v6(let bits, _): AAAARecord(bits)
                    }
                return Record(name: owner, timeToLive: timeToLive, data: data)
            }
        case .nameError: throw ResolutionError(.nameNotFound, "\(name) does not exist")
        case .noData, .alias: throw ResolutionError(.nameNotFound, "\(name) has no \(type) record")
        }
        return RecordAnswer(
            records: records,
            name: owner,
            timeToLive: timeToLive,
            isAuthentic: answer.isAuthentic,
            server: answer.server
        )
    }
}

// MARK: - Looking in

@available(FairDial 0.1, *)
extension DNSResolver {
    /// The servers that are asked at present.
    public var servers: [NameServer] {
        configuration.servers(in: fileAndGeneration.file)
    }

    /// What resolv.conf says and is not done here, each as a clause for a person.
    package var unsupported: [String] { fileAndGeneration.file.unsupported }

    /// What the cache has.
    package var cached: [CachedName] {
        let engine = freshEngine()
        return engine.cache.withLock { $0.contents(at: engine.now) }
    }

    /// Forgets what has been learned of one name; without one, of every name.
    public func flush(_ name: DomainName? = nil) {
        freshEngine().cache.withLock { cache in
            if let name { cache.remove(name) } else { cache.removeAll() }
        }
    }

    /// How many lookups are in flight; those that began before the configuration changed are not counted.
    package var inFlightCount: Int { freshEngine().withResolver { $0.count } }

    /// How much is kept for queries, without a look at the file or the network.
    package var load: QueryLoad { state.withLockedValue { $0.engine }.withResolver { $0.load } }

    /// How many messages came that were not believed.
    package var mismatches: MismatchCounts { freshEngine().withResolver { $0.mismatches } }
}

@available(FairDial 0.1, *)
extension DNSResolver: KnowingResolver {}
