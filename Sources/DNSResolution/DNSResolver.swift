// SPDX-License-Identifier: Apache-2.0

public import DNSMessages
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
public import NameResolution

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A DNS stub resolver: asks the servers of resolv.conf, or others, over UDP, TCP and TLS, and keeps what they say.
///
/// A look-up costs a few hundred bytes while it is under way, and no thread. Each family is told as it comes. What is known is
/// told on the spot. Local names are not its business: put a `NameResolver` in front.
public final class DNSResolver: Resolver, RecordResolver {
    /// The process's own: the servers of resolv.conf, one cache for everybody.
    public static let shared = DNSResolver()

    private struct State: Sendable {
        var file: ResolverConfiguration
        var engine: DNSEngine
        /// How many engines there have been before it.
        var generation: UInt64 = 0
        var checkedAt: NIODeadline
        /// When the network was looked at last.
        var watchedAt = NIODeadline.uptimeNanoseconds(0)
    }

    private struct UnderWay: LookupUnderWay {
        let engine: DNSEngine
        let lookup: StubResolver.Lookup

        func withdraw() -> Bool {
            engine.withdraw(lookup)
            return true
        }

        func catchUp(late: Duration) -> Bool { engine.catchUp(lookup) }
    }

    /// What is known is told without a look at the file for so long.
    private static let checkInterval = TimeAmount.seconds(1)
    /// The network is looked at so often at most: each look is a system call, and there may be a hundred thousand look-ups a second.
    private static let watchInterval = TimeAmount.microseconds(100)

    /// How it was told to look names up.
    public let configuration: DNSResolverConfiguration

    private let file: WatchedFile<ResolverConfiguration>?
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
            file = WatchedFile(configuration.configurationPath, missing: Self.read([], hostname)) { bytes in
                Self.read(bytes, hostname)
            }
        }
        let content = file?.look().content ?? configuration.fileContent
        state = NIOLockedValueBox(
            State(file: content, engine: Self.engine(configuration, content), checkedAt: machine.now)
        )
    }

    private static func read(_ bytes: [UInt8], _ hostname: String) -> ResolverConfiguration {
        var environment: [String: String] = [:]
        for name in ["LOCALDOMAIN", "RES_OPTIONS", "HOSTALIASES"] {
            if let value = getenv(name) { environment[name] = String(cString: value) }
        }
        return ResolverConfiguration(bytes, environment: environment, hostname: hostname)
    }

    private static func engine(_ configuration: DNSResolverConfiguration, _ file: ResolverConfiguration) -> DNSEngine {
        DNSEngine(
            configuration.stub(file),
            over: configuration.transport,
            on: configuration.machine,
            traced: configuration.trace
        )
    }

    /// What the file says now, and the generation that began when it first said so, or a later one.
    package var fileAndGeneration: (file: ResolverConfiguration, generation: UInt64) {
        let state = fresh()
        return (state.file, state.generation)
    }

    private func fresh() -> State {
        _ = freshEngine()
        return state.withLockedValue { $0 }
    }

    /// The engine for what the file says now. Look-ups under way stay with the one that they began with.
    private func freshEngine() -> DNSEngine {
        let now = machine.now
        let content = file?.look().content
        let hasMoved = isTimeToWatch(at: now) && hasNetworkChanged()
        return state.withLockedValue { state in
            state.checkedAt = now
            let isAnother = content.map { $0 != state.file && !state.file.isFixed } ?? false
            if isAnother || hasMoved {
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

extension DNSResolver {
    /// Starts a look-up; what the cache knows has been answered when this returns.
    public func lookUp(
        _ question: LookupQuestion,
        for asker: Asker,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupUnderWay {
        let engine = freshEngine()
        return UnderWay(engine: engine, lookup: engine.lookUp(question, for: asker, receive))
    }

    /// The addresses that the cache has, when they are all there and fresh. About a hundred nanoseconds.
    public func knownAnswer(to question: LookupQuestion) -> LookupAnswer? {
        let now = machine.coarseNow
        // Under the lock, where the engine cannot go away: to take hold of it would cost as much as the look.
        let recent = state.withLockedValue { state -> LookupAnswer?? in
            guard now - state.checkedAt < Self.checkInterval else { return nil }
            return .some(state.engine.knownAddresses(question, at: now))
        }
        return recent ?? freshEngine().knownAddresses(question, at: now)
    }

    /// Another number whenever resolv.conf or the network has changed.
    public var generation: UInt64 { fresh().generation }

    /// Looks up what records of a type a name has; aliases are followed, the search list is not for these.
    ///
    /// - Throws: `ResolutionError`: `nameNotFound` where there are none, `temporaryFailure` where nobody can tell, `cancelled` when
    ///   the task is.
    public func records(
        of name: DomainName,
        _ type: RecordType
    ) async throws(ResolutionError) -> RecordAnswer {
        try await records(of: name, type, for: nil)
    }

    /// The same, on somebody's behalf.
    public func records(
        of name: DomainName,
        _ type: RecordType,
        for asker: Asker?
    ) async throws(ResolutionError) -> RecordAnswer {
        let engine = freshEngine()
        let asker = asker ?? Asker(parentDomainOf: "\(name)")
        let wait = RecordWait()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                wait.begin(continuation)
                let lookup = engine.lookUpRecords(name, type, for: asker) { wait.end($0) }
                wait.isUnderWay { engine.withdraw(lookup) }
            }
        } onCancel: {
            wait.cancel()
        }
        return try Self.answer(try result.get(), name, type)
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

extension DNSResolver {
    /// The servers that are asked at present.
    public var servers: [NameServer] {
        configuration.servers(in: fresh().file)
    }

    /// What the cache has.
    public var cached: [CachedName] {
        let engine = freshEngine()
        return engine.cache.contents(at: engine.now)
    }

    /// Forgets all that has been learned of names.
    public func flush() { freshEngine().cache.removeAll() }

    /// Forgets what has been learned of one name.
    public func flush(_ name: DomainName) { freshEngine().cache.remove(name) }

    /// How many look-ups are under way; those that began before the configuration changed are not counted.
    public var underWayCount: Int { freshEngine().withResolver { $0.count } }

    /// How many messages came that were not believed.
    public var strays: StrayCounts { freshEngine().withResolver { $0.strays } }
}
