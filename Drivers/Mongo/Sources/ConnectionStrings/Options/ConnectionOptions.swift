// SPDX-License-Identifier: Apache-2.0

/// The options of a connection string. `nil` stands for not given, or passed over with a warning: the default is the
/// client's to choose.
public struct ConnectionOptions: Sendable, Hashable {
    var values: [String: OptionValue]

    /// The names of what was given, in lower case.
    public var names: Set<String> { Set(values.keys) }

    private func bool(_ name: String) -> Bool? { if case .bool(let value) = values[name] { value } else { nil } }
    private func number(_ name: String) -> Int? { if case .number(let value) = values[name] { value } else { nil } }
    private func text(_ name: String) -> String? { if case .text(let value) = values[name] { value } else { nil } }
    private func secret(_ name: String) -> Secret? { if case .secret(let value) = values[name] { value } else { nil } }
    private func milliseconds(_ name: String) -> Duration? { number(name).map { .milliseconds($0) } }

    // MARK: - Who and where

    /// What the server's log calls this program; 128 bytes at most.
    public var appName: String? { text("appname") }
    /// The database that knows the user.
    public var authSource: String? { text("authsource") }
    /// The mechanism that was asked for; see `ConnectionString.credential`.
    public var authMechanism: String? { text("authmechanism") }
    /// What the mechanism wants to know, by its own keys.
    public var authMechanismProperties: [String: Secret]? {
        if case .properties(let value) = values["authmechanismproperties"] { value } else { nil }
    }
    /// Speak to the one host, whatever it is.
    public var directConnection: Bool? { bool("directconnection") }
    /// The host is a load balancer.
    public var loadBalanced: Bool? { bool("loadbalanced") }
    /// The replica set's name.
    public var replicaSet: String? { text("replicaset") }
    /// The service in the SRV records' name; `mongodb` if not given.
    public var srvServiceName: String? { text("srvservicename") }
    /// How many of the SRV records' hosts a client uses, chosen at random; 0 for all.
    public var srvMaxHosts: Int? { number("srvmaxhosts") }

    // MARK: - Time

    /// From the first attempt until connected, TLS and hello included; zero for no limit.
    public var connectTimeout: Duration? { milliseconds("connecttimeoutms") }
    /// Between two looks at a server.
    public var heartbeatFrequency: Duration? { milliseconds("heartbeatfrequencyms") }
    /// How much slower than the fastest a server may be and still be chosen.
    public var localThreshold: Duration? { milliseconds("localthresholdms") }
    /// How long an unused connection stays in the pool; zero for ever.
    public var maxIdleTime: Duration? { milliseconds("maxidletimems") }
    /// How long an operation may look for a server that fits it.
    public var serverSelectionTimeout: Duration? { milliseconds("serverselectiontimeoutms") }
    /// How long one read or write on a socket may take; zero for ever.
    public var socketTimeout: Duration? { milliseconds("sockettimeoutms") }
    /// A whole operation, all of it; zero for ever.
    public var timeout: Duration? { milliseconds("timeoutms") }
    /// How long an operation may wait for a connection of the pool.
    public var waitQueueTimeout: Duration? { milliseconds("waitqueuetimeoutms") }

    // MARK: - The pool

    /// Connections to a server at most; 0 for no limit.
    public var maxPoolSize: Int? { number("maxpoolsize") }
    /// Connections to a server that are kept ready.
    public var minPoolSize: Int? { number("minpoolsize") }
    /// Connections to a server that are made at the same time.
    public var maxConnecting: Int? { number("maxconnecting") }

    // MARK: - Reads and writes

    /// The read concern's level; any text.
    public var readConcernLevel: String? { text("readconcernlevel") }
    /// Which members may be read from.
    public var readPreference: ReadPreference? { text("readpreference").flatMap { ReadPreference(rawValue: $0) } }
    /// Sets of tags, the first that a member has is taken.
    public var readPreferenceTags: [[String: String]]? {
        if case .tags(let value) = values["readpreferencetags"] { value } else { nil }
    }
    /// How far behind a member may be; -1 for no limit.
    public var maxStalenessSeconds: Int? { number("maxstalenessseconds") }
    /// Try a read that failed once more.
    public var retryReads: Bool? { bool("retryreads") }
    /// Try a write that failed once more.
    public var retryWrites: Bool? { bool("retrywrites") }
    /// How often an overloaded server is tried again.
    public var maxAdaptiveRetries: Int? { number("maxadaptiveretries") }
    /// Whether another server is tried if one is overloaded.
    public var enableOverloadRetargeting: Bool? { bool("enableoverloadretargeting") }
    /// Writes count as done when they are in the journal.
    public var journal: Bool? { bool("journal") }
    /// Who must have a write.
    public var writeAcknowledgement: WriteAcknowledgement? {
        switch values["w"] {
        case .number(let members)?: .members(members)
        case .text(let name)?: .named(name)
        default: nil
        }
    }
    /// How long the server waits for `writeAcknowledgement`; zero for ever.
    public var writeTimeout: Duration? { milliseconds("wtimeoutms") }

    // MARK: - The wire

    /// What messages may be compressed by, the best first.
    public var compressors: [String]? { if case .words(let value) = values["compressors"] { value } else { nil } }
    /// -1 to 9.
    public var zlibCompressionLevel: Int? { number("zlibcompressionlevel") }
    /// `auto`, `stream` or `poll`.
    public var serverMonitoringMode: String? { text("servermonitoringmode") }
    /// Only for clients with one thread; others look until the timeout.
    public var serverSelectionTryOnce: Bool? { bool("serverselectiontryonce") }
    /// `standard` or the name of an old driver's order of bytes.
    public var uuidRepresentation: String? { text("uuidrepresentation") }
    /// A SOCKS5 proxy's host.
    public var proxyHost: String? { text("proxyhost") }
    /// Its port; 1080 if not given.
    public var proxyPort: Int? { number("proxyport") }
    /// Who uses it.
    public var proxyUsername: Secret? { secret("proxyusername") }
    /// The password for it.
    public var proxyPassword: Secret? { secret("proxypassword") }

    // MARK: - TLS

    /// Whether to use TLS; also as `ssl`. `mongodb+srv://` sets it unless the text does.
    public var tls: Bool? { bool("tls") }
    /// A PEM file of certificates to trust.
    public var tlsCAFile: String? { text("tlscafile") }
    /// A PEM file of the client's certificate and its key.
    public var tlsCertificateKeyFile: String? { text("tlscertificatekeyfile") }
    /// The key's password.
    public var tlsCertificateKeyFilePassword: Secret? { secret("tlscertificatekeyfilepassword") }
    /// Take any certificate.
    public var tlsAllowInvalidCertificates: Bool? { bool("tlsallowinvalidcertificates") }
    /// Take a certificate for another host.
    public var tlsAllowInvalidHostnames: Bool? { bool("tlsallowinvalidhostnames") }
    /// Both of the above.
    public var tlsInsecure: Bool? { bool("tlsinsecure") }
    /// Do not ask whether the certificate has been revoked.
    public var tlsDisableCertificateRevocationCheck: Bool? { bool("tlsdisablecertificaterevocationcheck") }
    /// Do not ask the issuer whether the certificate has been revoked.
    public var tlsDisableOCSPEndpointCheck: Bool? { bool("tlsdisableocspendpointcheck") }
}
