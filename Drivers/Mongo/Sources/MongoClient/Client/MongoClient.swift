// SPDX-License-Identifier: Apache-2.0

public import ConnectionStrings
public import FairDial
public import FairPool
import NIOConcurrencyHelpers
import NIOCore

/// A client of one server or one replica set: it watches the servers, and keeps a pool of connections to each.
///
/// ```swift
/// let client = try MongoClient("mongodb://127.0.0.1:27017/?timeoutMS=2000")
/// let links = client.database("feeds").collection("links")
/// try await links.insertMany([["url": "https://example.org/1"], ["url": "https://example.org/2"]])
/// for try await link in try await links.find(["url": ["$exists": true]]) { print(link) }
/// await client.close()
/// ```
///
/// Making one waits for nothing: servers are looked for from the first operation on, or from `connect()` on. It is
/// shared by tasks and threads, and must be closed.
public final class MongoClient: Sendable {
    private enum State {
        case new
        case running(Deployment)
        case closed(Task<Void, Never>)
    }

    /// The string that it was made with; printing it shows no secret.
    public let connectionString: ConnectionString
    /// As far as the string itself says; a TXT record may add to it.
    let settings: ClientSettings
    private let configuration: MongoClientConfiguration
    let sessions = SessionPool()
    private let state = NIOLockedValueBox(State.new)
    /// One look at the records of a `mongodb+srv://` name at a time.
    private let lookup = SeedLookup()

    /// - Parameters:
    ///   - connectionString: `mongodb://…` or `mongodb+srv://…`.
    ///   - dialer: makes the connections; give one with a resolver of your own, or its own timeouts for lookups.
    /// - Throws: `ConnectionStringError`; `MongoError` with `unsupported` for an option that this client does not have;
    ///   NIOSSL's errors for files that cannot be read.
    public convenience init(_ connectionString: String, dialer: Dialer = .shared) throws {
        try self.init(ConnectionString(connectionString), configuration: MongoClientConfiguration(dialer: dialer))
    }

    /// - Parameters:
    ///   - connectionString: as read; its `warnings` are the caller's to log.
    ///   - configuration: the dialer, and who observes.
    /// - Throws: As the other one.
    public init(_ connectionString: ConnectionString, configuration: MongoClientConfiguration) throws {
        self.connectionString = connectionString
        self.configuration = configuration
        settings = try ClientSettings(connectionString, configuration)
    }

    /// What the client does not do as the string wants it, in words for a log; empty where it does all of it.
    public var warnings: [String] {
        var warnings = connectionString.warnings.map(\.description)
        let options = connectionString.options
        if options.serverMonitoringMode == "stream" { warnings.append("serverMonitoringMode: servers are polled") }
        for (option, words) in Self.notHonoured where options.names.contains(option.lowercased()) {
            warnings.append("\(option): \(words)")
        }
        if settings.tls == nil {
            for option in Self.meansTLS where options.names.contains(option.lowercased()) {
                warnings.append("\(option): without tls=true, it says nothing, and connections are not encrypted")
            }
        }
        return warnings
    }

    /// Options that are read, and change nothing.
    private static let notHonoured = [
        ("compressors", "messages are not compressed"),
        ("zlibCompressionLevel", "messages are not compressed"),
        ("uuidRepresentation", "a UUID is coded as the program's own types say"),
        ("serverSelectionTryOnce", "an operation looks for a server until serverSelectionTimeoutMS is over"),
        ("maxAdaptiveRetries", "an overloaded server is not tried again for being that"),
        ("enableOverloadRetargeting", "no other server is tried because one is overloaded"),
        ("tlsDisableCertificateRevocationCheck", "nobody is asked whether a certificate was revoked"),
        ("tlsDisableOCSPEndpointCheck", "nobody is asked whether a certificate was revoked"),
    ]

    private static let meansTLS = ["tlsInsecure", "tlsAllowInvalidCertificates", "tlsAllowInvalidHostnames"]

    /// A database by its name; nothing is sent.
    public func database(_ name: String) -> MongoDatabase {
        MongoDatabase(name, of: self)
    }

    /// The database that the connection string names; `nil` where it names none.
    public var defaultDatabase: MongoDatabase? { connectionString.database.map(database) }

    /// Starts to look for the servers, and returns when one can be written to: for a program that wants to know early.
    ///
    /// - Throws: `MongoError`: `noServer` with the error of the dial that was waited for.
    public func connect() async throws(MongoError) {
        _ = try await select(.write, until: deadline())
    }

    /// How each server's pool stands, by `host:port`; servers come as they are found.
    public var poolCounts: [(server: String, counts: PoolCounts)] {
        deployment?.pools.map { ($0.address.description, $0.pool.counts) } ?? []
    }

    /// What happens in a server's pool from now on; `nil` where there is no such server (yet). To hear of all pools
    /// from their first moment, set `MongoClientConfiguration.poolObserver`.
    ///
    /// - Parameter server: `host:port`, as `poolCounts` has it.
    public func poolEvents(of server: String) -> PoolEvents? {
        deployment?.pools.first { $0.address.description == server }?.pool.events()
    }

    /// Closes the client: waits end, the servers forget its sessions, connections in use are given `limit` to come
    /// back. Returns when every connection is closed and every dial has ended, a second call too. A later operation
    /// throws `closed`, as does one that still looks its server up.
    ///
    /// - Parameter limit: how long connections may still be in use. Default 10 s.
    public func close(within limit: Duration = .seconds(10)) async {
        let closing = state.withLockedValue { state -> Task<Void, Never> in
            if case .closed(let closing) = state { return closing }
            var last: Deployment?
            if case .running(let deployment) = state { last = deployment }
            let closing = Task { [last] in
                guard let last else { return }
                await endSessions(last, within: min(max(limit, .zero), .seconds(2)))
                await last.close(within: limit)
            }
            state = .closed(closing)
            return closing
        }
        lookup.close()
        await closing.value
    }

    // MARK: - Servers

    private var deployment: Deployment? {
        state.withLockedValue { if case .running(let deployment) = $0 { deployment } else { nil } }
    }

    /// When an operation that begins now must end; `nil` for no limit.
    ///
    /// - Parameter timeout: the operation's own; zero stands for no limit, as `timeoutMS=0` does.
    func deadline(_ timeout: Duration? = nil) -> NIODeadline? {
        guard let limit = timeout ?? settings.timeout, limit != .zero else { return nil }
        // A time before now is over; NIO takes one that is far before it for one without an end.
        return .now() + TimeAmount(max(limit, .zero))
    }

    /// A server that fits.
    func select(
        _ purpose: ServerSelection.Purpose,
        until limit: NIODeadline?,
        avoiding: ServerAddress? = nil
    ) async throws(MongoError) -> Deployment.Selected {
        try await running(until: limit).select(purpose, until: limit, avoiding: avoiding)
    }

    /// The servers, which the client looks for from now on if no caller has asked before.
    func running(until limit: NIODeadline?) async throws(MongoError) -> Deployment {
        if let deployment { return deployment }
        var (string, settings) = (connectionString, settings)
        if connectionString.srvName != nil {
            string = try await lookup.resolve(connectionString, settings, until: limit)
            do {
                settings = try ClientSettings(string, configuration)
            } catch {
                throw MongoError(.noHosts, "with the options of its TXT record: \(error)")
            }
        }
        let used = try start(Deployment(Self.topology(of: string), settings))
        used.start()
        return used
    }

    /// The one that is used: another operation may have been faster.
    private func start(_ fresh: Deployment) throws(MongoError) -> Deployment {
        let used = state.withLockedValue { state -> Deployment? in
            switch state {
            case .new:
                state = .running(fresh)
                return fresh
            case .running(let deployment): return deployment
            case .closed: return nil
            }
        }
        guard let used else { throw MongoError(.closed, "the client is closed") }
        return used
    }

    private static func topology(of string: ConnectionString) -> TopologyMachine {
        TopologyMachine(
            seeds: string.hosts.map(ServerAddress.init),
            setName: string.options.replicaSet,
            direct: string.options.directConnection ?? false
        )
    }

    /// A courtesy: a server forgets them after half an hour by itself.
    private func endSessions(_ deployment: Deployment, within limit: Duration) async {
        let all = sessions.removeAll()
        guard !all.isEmpty, let (_, pool) = deployment.pools.first(where: { $0.pool.counts.idle > 0 }) else { return }
        guard let lease = pool.checkOutIdle() else { return }
        let deadline = NIODeadline.now() + TimeAmount(limit)
        for start in stride(from: 0, to: all.count, by: 10_000) {
            let list = BSONArray(all[start..<min(start + 10_000, all.count)].map(BSONValue.document))
            let message = CommandMessage(body: ["endSessions": .array(list)], database: "admin")
            let request = lease.output.nextRequest()
            var extras = CommandExtras()
            extras.serverInterface = settings.serverInterface
            let bytes = message.encoded(request: request, adding: extras, lease.channel.allocator)
            guard case .success = await lease.output.send(bytes, request: request, until: deadline) else { return }
        }
        lease.giveBack()
    }
}
