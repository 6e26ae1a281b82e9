// SPDX-License-Identifier: Apache-2.0

import BSON
import ConnectionStrings
import FairDial
import FairDialTLS
import FairPool
import NIOCore
import NIOSSL

/// A connection string and a configuration, read once and found good.
struct ClientSettings: Sendable {
    let dialer: Dialer
    let tls: ClientTLS?
    let greeting: GreetingSettings
    /// `nil` for no limit.
    let connectTimeout: Duration?
    let serverSelectionTimeout: Duration
    let localThreshold: Duration
    let heartbeat: Duration
    /// A whole operation; `nil` for no limit.
    let timeout: Duration?
    /// One answer; `nil` for no limit.
    let socketTimeout: Duration?
    let retriesReads: Bool
    let retriesWrites: Bool
    let readRule: ReadRule
    let readConcern: ReadConcern
    let writeConcern: WriteConcern
    let serverInterface: ServerInterface?
    let observer: (@Sendable (CommandEvent) -> Void)?
    /// Whose time pauses between looks and waits for a server go by; `nil` for the dialer's own loops.
    let timers: (any EventLoop)?
    private let poolConfiguration: PoolConfiguration

    /// - Throws: `MongoError` with `unsupported` or `invalidArgument`; `ConnectionStringError`; what NIOSSL says of
    ///   files.
    init(_ string: ConnectionString, _ configuration: MongoClientConfiguration) throws {
        let options = string.options
        let credential = try string.credential()
        dialer = configuration.dialer
        tls = try options.tls ?? (string.srvName != nil) ? Self.tls(options) : nil
        greeting = GreetingSettings(
            appName: options.appName,
            credential: credential,
            serverInterface: configuration.serverInterface,
            isLoadBalanced: options.loadBalanced ?? false
        )
        try Self.check(credential, options, tls)
        connectTimeout = Self.limit(options.connectTimeout ?? .seconds(10))
        serverSelectionTimeout = options.serverSelectionTimeout ?? .seconds(30)
        localThreshold = options.localThreshold ?? .milliseconds(15)
        heartbeat = options.heartbeatFrequency ?? .seconds(10)
        timeout = options.timeout.flatMap(Self.limit)
        socketTimeout = options.socketTimeout.flatMap(Self.limit)
        retriesReads = options.retryReads ?? true
        retriesWrites = options.retryWrites ?? true
        readRule = ReadRule(
            options.readPreference ?? .primary,
            tags: options.readPreferenceTags ?? [],
            maximumStaleness: options.maxStalenessSeconds.flatMap { $0 < 0 ? nil : .seconds($0) }
        )
        if readRule.preference != .primary { try readRule.check(heartbeat: heartbeat) }
        readConcern = options.readConcernLevel.map { ReadConcern($0) } ?? ReadConcern()
        writeConcern = WriteConcern(
            options.writeAcknowledgement,
            journal: options.journal,
            timeout: options.writeTimeout.flatMap(Self.limit)
        )
        serverInterface = configuration.serverInterface
        observer = configuration.commandObserver
        timers = configuration.timers
        poolConfiguration = try Self.pool(options, configuration)
    }

    /// - Throws: `MongoError` with `invalidArgument` for sizes that contradict each other, or are negative.
    private static func pool(
        _ options: ConnectionOptions,
        _ configuration: MongoClientConfiguration
    ) throws(MongoError) -> PoolConfiguration {
        let most = configuration.maxPoolSize ?? options.maxPoolSize ?? 100
        let least = configuration.minPoolSize ?? options.minPoolSize ?? 0
        let connecting = configuration.maxConnecting ?? options.maxConnecting ?? 2
        guard most >= 0, least >= 0 else { throw MongoError(.invalidArgument, "a pool's size is negative") }
        guard most == 0 || least <= most else {
            throw MongoError(.invalidArgument, "minPoolSize is \(least), and maxPoolSize is \(most)")
        }
        guard connecting > 0 else { throw MongoError(.invalidArgument, "maxConnecting is \(connecting)") }
        var pool = PoolConfiguration()
        pool.observer = configuration.poolObserver
        pool.maximumSize = most == 0 ? unlimited : most
        pool.minimumSize = least
        pool.connectingLimit = connecting
        pool.waitTimeout = options.waitQueueTimeout.flatMap(limit) ?? configuration.waitTimeout
        pool.idleLimit = (configuration.maxIdleTime ?? options.maxIdleTime).flatMap(limit)
        pool.lifetimeLimit = configuration.maxLifetime.flatMap(limit)
        pool.followsNames = configuration.followsNames
        return pool
    }

    /// What `maxPoolSize=0` stands for: more descriptors than a process has.
    private static let unlimited = 1_000_000

    private static func limit(_ duration: Duration) -> Duration? { duration > .zero ? duration : nil }

    func pool(to address: ServerAddress) -> PoolConfiguration {
        var pool = poolConfiguration
        pool.name = "\(address)"
        // Until its monitor has seen that it holds data: a seed may be an arbiter, or belong to another set, and is not
        // shown a user's proof before.
        pool.startsPaused = true
        return pool
    }

    private static func check(
        _ credential: Credential?,
        _ options: ConnectionOptions,
        _ tls: ClientTLS?
    ) throws(MongoError) {
        switch credential?.mechanism {
        case .gssapi?, .aws?, .oidc?:
            throw MongoError(.unsupported, "authMechanism \(credential?.mechanism?.rawValue ?? "")")
        case .plain?, .scramSHA1?, .scramSHA256?, .x509?, nil: break
        }
        if tls == nil {
            // Whoever names them means to be encrypted; without this, passwords would go out in plain text.
            for option in ["tlsCAFile", "tlsCertificateKeyFile", "tlsCertificateKeyFilePassword"]
            where options.names.contains(option.lowercased()) {
                throw MongoError(.invalidArgument, "\(option) needs tls=true")
            }
        }
        if options.proxyHost != nil { throw MongoError(.unsupported, "proxyHost") }
        if options.loadBalanced == true { throw MongoError(.unsupported, "loadBalanced") }
    }

    private static func tls(_ options: ConnectionOptions) throws -> ClientTLS {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let file = options.tlsCAFile { configuration.trustRoots = .file(file) }
        if let file = options.tlsCertificateKeyFile {
            let password = options.tlsCertificateKeyFilePassword?.value
            let chain = try NIOSSLCertificate.fromPEMFile(file)
            configuration.certificateChain = chain.map { .certificate($0) }
            let key = try NIOSSLPrivateKey(file: file, format: .pem) { setter in setter((password ?? "").utf8) }
            configuration.privateKey = .privateKey(key)
        }
        let takesAnyone = options.tlsInsecure == true || options.tlsAllowInvalidCertificates == true
        if takesAnyone {
            configuration.certificateVerification = .none
        } else if options.tlsAllowInvalidHostnames == true {
            configuration.certificateVerification = .noHostnameVerification
        }
        return try ClientTLS(configuration)
    }
}
