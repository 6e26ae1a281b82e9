// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import DNSOverTLS
import DNSResolution
import FairDial
import FairDialConsole
import IPAddresses
import NameResolution
import SystemResolution

/// The options that `connect`, `resolve` and `explain` share.
struct CommonOptions: ParsableArguments {
    /// What looks names up.
    enum ResolverChoice: String, ExpressibleByArgument, CaseIterable {
        case system
        case dns
    }

    @Flag(help: "Print one JSON object per result, one line each.")
    var json = false

    @Option(
        help: ArgumentHelp(
            """
            What looks names up: system is getaddrinfo, dns is FairDial's own resolver. (default: dns, unless \
            nsswitch.conf or resolv.conf asks for what only getaddrinfo does)
            """
        )
    )
    var resolver: ResolverChoice?

    @Option(
        help: ArgumentHelp(
            "Ask this DNS server, not those in /etc/resolv.conf; repeatable; means --resolver dns.",
            valueName: "address[:port]"
        ),
        transform: ServerAddress.init(reading:)
    )
    var server: [ServerAddress] = []

    @Flag(help: "Ask DNS servers over TCP alone; means --resolver dns.")
    var tcp = false

    @Flag(help: "Send names to DNS servers as they are written, not in letters of random case; means --resolver dns.")
    var keepCase = false

    @Flag(help: "Ask DNS servers over TLS alone, at port 853 where no other is given; means --resolver dns.")
    var tls = false

    @Option(
        help: ArgumentHelp(
            "With --tls: the name in the servers' certificate, instead of their address.",
            valueName: "name"
        )
    )
    var tlsName: String?

    @Option(
        help: ArgumentHelp(
            "With --tls: trust the authorities in this PEM file, instead of the system's.",
            valueName: "file"
        )
    )
    var tlsAuthorities: String?

    @Option(
        help: ArgumentHelp(
            "Use this address for a host instead of looking it up; repeatable.",
            valueName: "host=address"
        ),
        transform: Override.init(reading:)
    )
    var override: [Override] = []

    @Flag(
        help:
            "Allow only addresses of the public internet: no loopback, no private or reserved networks."
    )
    var publicOnly = false

    @Option(
        help: ArgumentHelp("Forbid the addresses of this network; repeatable.", valueName: "network"),
        transform: Network.init(reading:)
    )
    var deny: [Network] = []

    @Option(
        help: ArgumentHelp(
            """
            Allow the addresses of this network. Of --allow and --deny the longer prefix decides. Without --deny and \
            --public-only every other address is forbidden; repeatable.
            """,
            valueName: "network"
        ),
        transform: Network.init(reading:)
    )
    var allow: [Network] = []

    @Option(
        help: ArgumentHelp(
            """
            With --public-only, --deny or --allow: a NAT64 prefix of this machine's network. The IPv4 address inside \
            an address with this prefix is judged too; repeatable.
            """,
            valueName: "prefix"
        ),
        transform: TranslatorPrefix.init(reading:)
    )
    var nat64: [TranslatorPrefix] = []

    @Flag(name: .customShort("4"), help: "Ask for and dial IPv4 only.")
    var ipv4Only = false

    @Flag(name: .customShort("6"), help: "Ask for and dial IPv6 only.")
    var ipv6Only = false

    @Option(
        help: ArgumentHelp("The longest wait for a slot in the resolver's queue. (default: 30)", valueName: "seconds"),
        transform: Seconds.init(reading:)
    )
    var queueTimeout: Seconds?

    @Option(
        help: ArgumentHelp("The longest that the lookup may take. (default: 10)", valueName: "seconds"),
        transform: Seconds.init(reading:)
    )
    var lookupTimeout: Seconds?

    @Option(
        help: ArgumentHelp("The longest that the whole dial may take. (default: no limit)", valueName: "seconds"),
        transform: Seconds.init(reading:)
    )
    var deadline: Seconds?

    mutating func validate() throws {
        if resolver == .system, let option = dnsOptions.first {
            throw ValidationError("\(option) requires --resolver dns")
        }
        if tls, tcp { throw ValidationError("--tcp and --tls exclude each other") }
        if !tls, tlsName != nil { throw ValidationError("--tls-name requires --tls") }
        if !tls, tlsAuthorities != nil { throw ValidationError("--tls-authorities requires --tls") }
        if tls {
            do {
                if let tlsAuthorities { try NamedFile(tlsAuthorities).checkRegular(atMost: Self.largestAuthorities) }
                _ = try tlsTransport()
            } catch {
                throw ValidationError("--tls-authorities: \(tlsAuthorities ?? "") cannot be used: \(error)")
            }
        }
        if !nat64.isEmpty, !hasPolicy { throw ValidationError("--nat64 requires --public-only, --deny or --allow") }
        if ipv4Only, ipv6Only { throw ValidationError("-4 and -6 exclude each other") }
    }

    /// A file of authorities is read whole; those of the large systems have 250 KB. In bytes.
    private static let largestAuthorities = 16 * 1024 * 1024

    /// The options that were given and that only our own DNS resolver can follow.
    private var dnsOptions: [String] {
        let given = [("--server", !server.isEmpty), ("--tcp", tcp), ("--tls", tls), ("--keep-case", keepCase)]
        return given.filter(\.1).map(\.0)
    }

    /// The options that were given and that `resolve --batch` could only ignore.
    var ignoredByBatch: [String] {
        let given: [(String, Bool)] = [
            ("--override", !override.isEmpty), ("--public-only", publicOnly), ("--deny", !deny.isEmpty),
            ("--allow", !allow.isEmpty), ("--nat64", !nat64.isEmpty), ("-4", ipv4Only), ("-6", ipv6Only),
            ("--queue-timeout", queueTimeout != nil),
            ("--lookup-timeout", lookupTimeout != nil), ("--deadline", deadline != nil),
        ]
        return (resolver == nil ? [] : ["--resolver"]) + dnsOptions + given.filter(\.1).map(\.0)
    }

    /// The options that were given and that `resolve --type` could only ignore: records are asked for in DNS, outside
    /// the queue, and not dialed.
    var ignoredByRecords: [String] {
        let given: [(String, Bool)] = [
            ("--override", !override.isEmpty), ("-4", ipv4Only), ("-6", ipv6Only),
            ("--queue-timeout", queueTimeout != nil),
        ]
        return given.filter(\.1).map(\.0)
    }

    /// How long a lookup of records may take: it has no other clock than the lookup's, and the deadline.
    var recordTimeout: Duration {
        let timeout = lookupTimeout?.duration ?? FilledTimeouts().lookup
        return deadline.map { min($0.duration, timeout) } ?? timeout
    }

    /// The dialer that these options describe.
    ///
    /// - Parameters:
    ///   - dns: a DNS resolver that has been made for them already; `nil` for what the options say.
    ///   - race: where something is dialed, how.
    func dialer(over dns: DNSResolver? = nil, race: RaceOptions? = nil) -> Dialer {
        var configuration = DialerConfiguration()
        if let resolver = nameResolver(over: dns) { configuration.resolver = resolver }
        if let queueTimeout { configuration.timeouts.queue = queueTimeout.duration }
        if let lookupTimeout { configuration.timeouts.lookup = lookupTimeout.duration }
        race?.apply(to: &configuration)
        // By its key, so that two spellings are one name.
        configuration.overrides = override.reduce(into: [:]) { addresses, override in
            addresses[LookupQuestion(name: override.host).key, default: []].append(override.address)
        }
        configuration.policy = policy
        return Dialer(configuration)
    }

    /// Whether our own DNS resolver is asked for.
    var wantsDNS: Bool { resolver == .dns || !server.isEmpty || tcp || tls || keepCase }

    /// Our own DNS resolver as these options describe it.
    func dnsConfiguration() -> DNSResolverConfiguration {
        var configuration = DNSResolverConfiguration()
        if !server.isEmpty {
            let port = tls ? NameServer.tlsPort : NameServer.standardPort
            configuration.servers = server.map { NameServer($0.endpoint(standardPort: port), tlsName: tlsName) }
        }
        configuration.usesStreamsOnly = tcp
        configuration.mixesCase = !keepCase
        // The command line has been checked by now.
        if tls, let transport = try? tlsTransport() { configuration.use(transport, tlsName: tlsName) }
        return configuration
    }

    private func tlsTransport() throws -> DNSOverTLS {
        try DNSOverTLS(authorities: tlsAuthorities)
    }

    /// What looks names up; `nil` for the default.
    private func nameResolver(over dns: DNSResolver?) -> NameResolver? {
        if let dns { return NameResolver(dns) }
        if wantsDNS { return NameResolver(DNSResolver(dnsConfiguration())) }
        return resolver == .system ? NameResolver(SystemResolver.shared) : nil
    }

    /// Whether an option restricts what may be dialed.
    var hasPolicy: Bool { publicOnly || !deny.isEmpty || !allow.isEmpty }

    /// What may be dialed; `nil` when no option restricts it.
    private var policy: AddressPolicy? {
        guard hasPolicy else { return nil }
        return AddressPolicy(
            allowed: allow.map(\.network),
            denied: deny.map(\.network),
            elsewhere: publicOnly ? .publicInternet : deny.isEmpty ? .denied : .allowed,
            nat64Prefixes: nat64.map(\.prefix)
        )
    }

    /// The options of one dial.
    func dialOptions(label: String) -> DialOptions {
        var options = DialOptions()
        options.label = label
        options.deadline = deadline?.duration
        if ipv4Only { options.families = .ipv4 }
        if ipv6Only { options.families = .ipv6 }
        return options
    }
}
