// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import ConnectionRacing
import DNSOverTLS
import DNSResolution
import FairDial
import IPAddresses
import NameResolution
import SystemResolution

/// The options that `connect` and `resolve` share.
struct CommonOptions: ParsableArguments {
    /// Who looks names up.
    enum ResolverChoice: String, ExpressibleByArgument, CaseIterable {
        case system
        case dns
    }

    @Flag(help: "Print one JSON object per result, one line each.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "Who looks names up: system (getaddrinfo), or dns (our own). (default: dns where it can do all that this machine's configuration asks for)"
        )
    )
    var resolver: ResolverChoice?

    @Option(
        help: ArgumentHelp(
            "Ask this DNS server, not those in /etc/resolv.conf; repeatable; means --resolver dns.",
            valueName: "address[:port]"
        )
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
        )
    )
    var override: [Override] = []

    @Flag(
        help:
            "Dial or answer addresses of the public internet only: no loopback, no private networks, nothing set aside."
    )
    var publicOnly = false

    @Option(help: ArgumentHelp("Dial or answer no address of this network; repeatable.", valueName: "network"))
    var deny: [Network] = []

    @Option(
        help: ArgumentHelp(
            "Dial or answer addresses of this network whatever else is said; alone, only these; repeatable.",
            valueName: "network"
        )
    )
    var allow: [Network] = []

    @Flag(name: .customShort("4"), help: "Ask for and dial IPv4 only.")
    var ipv4Only = false

    @Flag(name: .customShort("6"), help: "Ask for and dial IPv6 only.")
    var ipv6Only = false

    @Option(
        help: ArgumentHelp("The most to wait for a place in the resolver's line. (default: 30)", valueName: "seconds")
    )
    var queueTimeout: Seconds?

    @Option(help: ArgumentHelp("The most that the look-up may take. (default: 10)", valueName: "seconds"))
    var lookupTimeout: Seconds?

    @Option(help: ArgumentHelp("The most that attempts to connect may take. (default: 10)", valueName: "seconds"))
    var connectTimeout: Seconds?

    @Option(help: ArgumentHelp("The most that everything may take. (default: no limit)", valueName: "seconds"))
    var deadline: Seconds?

    @Option(
        help: ArgumentHelp(
            "How long a silent attempt keeps the next one waiting. (default: 0.25)",
            valueName: "seconds"
        )
    )
    var attemptDelay: Seconds?

    mutating func validate() throws {
        if resolver == .system, !server.isEmpty || tcp || tls || keepCase {
            throw ValidationError(
                "--resolver system asks whom it likes: --server, --tcp, --tls and --keep-case go with --resolver dns"
            )
        }
        if tls, tcp { throw ValidationError("--tcp and --tls are two ways to ask: choose one") }
        if !tls, tlsName != nil || tlsAuthorities != nil {
            throw ValidationError("--tls-name and --tls-authorities go with --tls")
        }
        if tls {
            do {
                _ = try tlsTransport()
            } catch {
                throw ValidationError("--tls-authorities: \(tlsAuthorities ?? "") cannot be used: \(error)")
            }
        }
        if ipv4Only, ipv6Only { throw ValidationError("-4 and -6 leave no family to dial") }
        if let attemptDelay, !RaceDelays.attemptBounds.contains(attemptDelay.duration) {
            throw ValidationError("--attempt-delay must be within 0.01 … 2 seconds (RFC 8305 §8)")
        }
    }

    /// Those that were given and that `resolve --batch` could only ignore.
    var ignoredByBatch: [String] {
        let given: [(String, Bool)] = [
            ("--resolver", resolver != nil), ("--server", !server.isEmpty), ("--tcp", tcp), ("--tls", tls),
            ("--keep-case", keepCase),
            ("--override", !override.isEmpty), ("--public-only", publicOnly), ("--deny", !deny.isEmpty),
            ("--allow", !allow.isEmpty), ("-4", ipv4Only), ("-6", ipv6Only), ("--queue-timeout", queueTimeout != nil),
            ("--lookup-timeout", lookupTimeout != nil), ("--connect-timeout", connectTimeout != nil),
            ("--deadline", deadline != nil), ("--attempt-delay", attemptDelay != nil),
        ]
        return given.filter(\.1).map(\.0)
    }

    /// The dialer that these options describe.
    var dialer: Dialer { dialer(over: nil) }

    /// The dialer that these options describe, over a DNS resolver that has been made for them already.
    func dialer(over dns: DNSResolver?) -> Dialer {
        var configuration = DialerConfiguration()
        if let resolver = nameResolver(over: dns) { configuration.resolver = resolver }
        if let queueTimeout { configuration.budgets.queue = queueTimeout.duration }
        if let lookupTimeout { configuration.budgets.lookup = lookupTimeout.duration }
        if let connectTimeout { configuration.budgets.connect = connectTimeout.duration }
        if let attemptDelay { configuration.race.delays = RaceDelays(attempt: attemptDelay.duration) }
        // By the key, so that two spellings of one name are one.
        let overrides = override.map { (LookupQuestion(name: $0.host).key, [$0.address]) }
        configuration.overrides = Dictionary(overrides) { $0 + $1 }
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

    /// Who looks names up; `nil` for the default.
    private func nameResolver(over dns: DNSResolver?) -> NameResolver? {
        if let dns { return NameResolver(dns) }
        if wantsDNS { return NameResolver(DNSResolver(dnsConfiguration())) }
        return resolver == .system ? NameResolver(SystemResolver.shared) : nil
    }

    /// Whether anything has been said about what may be dialed.
    var hasPolicy: Bool { publicOnly || !deny.isEmpty || !allow.isEmpty }

    /// What may be dialed; `nil` where nothing has been said.
    private var policy: AddressPolicy? {
        guard hasPolicy else { return nil }
        return AddressPolicy(
            allowed: allow.map(\.network),
            denied: deny.map(\.network),
            elsewhere: publicOnly ? .publicInternet : deny.isEmpty ? .denied : .allowed
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
