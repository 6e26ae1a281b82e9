// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import DNSOverTLS
import DNSResolution
import IPAddresses
import NIOConcurrencyHelpers
import NameResolution
import Testing

/// Servers that others run: knotd, dnsdist in front of it, unbound behind it.
@Suite(.serialized, .enabled(if: NameServers.areHere, "needs knotd, dnsdist, unbound and openssl"))
struct RealServerTests {
    private static let servers = Result { try NameServers() }

    private var servers: NameServers { get throws { try Self.servers.get() } }
    private var ports: NameServers.Ports { get throws { try servers.ports } }

    @Test(arguments: [
        ("v4", ["192.0.2.1"]), ("v6", ["2001:db8::1"]),
        ("both", ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"]), ("MIXED", ["192.0.2.4"]),
        ("alias", ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"]),
        ("any.wild", ["192.0.2.7", "2001:db8::7"]),
        // knotd follows aliases neither into another zone nor further than five: we do.
        ("far", ["192.0.2.31"]), ("hop1", ["192.0.2.1"]), ("through.dname", ["192.0.2.33"]),
    ])
    func `names of every kind are found`(name: String, addresses: [String]) async throws {
        let outcome = await DNSResolver(ports: [try ports.knotd]).outcome(of: "\(name).fair.test")
        #expect(outcome.error == nil)
        #expect(outcome.sorted == addresses)
    }

    /// A host, its service, how many bindings it has, the best one's target, the alias on the way, and the host's own
    /// addresses.
    private static let services: [(String, BindingQuestion, Int, String?, String?, [String])] = [
        ("svc.fair.test", .https(port: 443), 2, "svc.fair.test", nil, ["192.0.2.8", "2001:db8::8"]),
        ("svcalias.fair.test", .https(port: 443), 2, "svc.fair.test", "svc.fair.test", []),
        ("fair.test", .scheme("dns"), 1, "dns.fair.test", nil, []),
        ("v4.fair.test", .https(port: 443), 0, nil, nil, ["192.0.2.1"]),
    ]

    @Test(arguments: services)
    func `service bindings come with the addresses, aliases followed`(
        name: String,
        service: BindingQuestion,
        count: Int,
        target: String?,
        alias: String?,
        addresses: [String]
    ) async throws {
        let outcome = await DNSResolver(ports: [try ports.knotd]).outcome(of: name, service: service)
        #expect(outcome.error == nil)
        #expect(outcome.sorted == addresses)
        let bound = try #require(outcome.bound)
        let best = bound.records.min { $0.priority < $1.priority }
        #expect(bound.records.count == count)
        #expect(best.map { "\($0.target)" } == target)
        #expect(bound.alias.map { "\($0)" } == alias)
        if service.type == .https, count > 0 {
            #expect(best?.parameters.port == 8_443)
            #expect(best?.parameters.ipv4Hints.count == 2 && best?.parameters.ipv6Hints.count == 2)
        }
    }

    // Both families, and what confirms them: that a name does not exist is one thing, that it has no data is one for
    // each family.
    @Test(arguments: [("nodata", 4), ("nowhere", 3)])
    func `what is not there is not found, and not asked for again while its zone says so`(
        name: String,
        queries: Int
    ) async throws {
        let resolver = DNSResolver(ports: [try ports.knotd])
        let before = try servers.count()
        for _ in 0..<3 {
            let outcome = await resolver.outcome(of: "\(name).fair.test")
            #expect(outcome.error?.kind == .nameNotFound)
            #expect(outcome.addresses == [])
        }
        #expect(try servers.count() - before == queries)
    }

    @Test(arguments: [("v4", 2), ("zero", 4)])
    func `what may be kept is asked for once, and what may not each time`(name: String, queries: Int) async throws {
        let resolver = DNSResolver(ports: [try ports.knotd])
        let before = try servers.count()
        for index in 0..<2 {
            let outcome = await resolver.outcome(of: "\(name).fair.test")
            #expect(outcome.addresses.count == 1)
            #expect(outcome.sources == [index == 0 || name == "zero" ? .dns : .cache])
        }
        // A name with a TTL of zero has an AAAA that is not there: that is kept.
        #expect(try servers.count() - before == (name == "zero" ? 3 : queries))
    }

    @Test(arguments: [("big", 200), ("huge", 3_900)])
    func `an answer that does not fit a datagram comes over a stream, up to 62 KB`(name: String, count: Int)
        async throws
    {
        let outcome = await DNSResolver(ports: [try ports.knotd]).outcome(of: "\(name).fair.test", families: .ipv4)
        #expect(outcome.error == nil)
        #expect(Set(outcome.addresses).count == count)
    }

    @Test func `a server that cuts every datagram short, one that is late, and one over streams alone`() async throws {
        for port in [try ports.truncating, try ports.delayed] {
            let outcome = await DNSResolver(ports: [port]).outcome(of: "both.fair.test")
            #expect(outcome.addresses.count == 4)
        }
        let streams = DNSResolver(ports: [try ports.knotd]) { $0.usesStreamsOnly = true }
        #expect(await streams.outcome(of: "both.fair.test").addresses.count == 4)
    }

    @Test func `servers that say no are left for one that answers, and named when there is none`() async throws {
        let (servfail, refused) = (try ports.servfail, try ports.refused)
        let outcome = await DNSResolver(ports: [servfail, refused, try ports.knotd]).outcome(of: "both.fair.test")
        #expect(outcome.addresses.count == 4)
        let failed = await DNSResolver(ports: [servfail, refused]).outcome(of: "both.fair.test", families: .ipv4)
        #expect(failed.error?.kind == .temporaryFailure)
        let message = try #require(failed.error?.message)
        #expect(message == "both.fair.test A: 127.0.0.1:\(servfail): SERVFAIL; 127.0.0.1:\(refused): REFUSED")
    }

    @Test func `a dead server costs its patience, then another one answers, and then it is not waited for`()
        async throws
    {
        let resolver = DNSResolver(ports: [try ports.dead, try ports.knotd])
        for name in ["v4", "v6", "both", "alias"] {
            #expect(await resolver.outcome(of: "\(name).fair.test").error == nil)
        }
        let dead = DNSResolver(ports: [try ports.dead]) { $0.lookupTimeout = .milliseconds(300) }
        let outcome = await dead.outcome(of: "v4.fair.test", families: .ipv4)
        #expect(outcome.error?.kind == .temporaryFailure)
        let message = "v4.fair.test A: 127.0.0.1:\(try ports.dead): no answer within "
        #expect(outcome.error?.message.hasPrefix(message) == true)
    }

    @Test func `three in ten datagrams lost: every name is found`() async throws {
        let resolver = DNSResolver(ports: [try ports.lossy])
        await withTaskGroup(of: Outcome.self) { group in
            for index in 0..<200 { group.addTask { await resolver.outcome(of: "n\(index).wild.fair.test") } }
            for await outcome in group { #expect(outcome.sorted == ["192.0.2.7", "2001:db8::7"]) }
        }
    }

    @Test func `a server that wants cookies gets them, and is believed only with them`() async throws {
        let traces = NIOLockedValueBox<[QueryTrace]>([])
        let resolver = DNSResolver(ports: [try ports.cookies]) { configuration in
            configuration.trace = { trace in traces.withLockedValue { $0.append(trace) } }
        }
        for name in ["both", "v4", "v6"] { #expect(await resolver.outcome(of: "\(name).fair.test").error == nil) }
        let codes = traces.withLockedValue { $0 }.compactMap { trace -> ResponseCode? in
            guard case .received(_, _, isStream: _, let code, answers: _, bytes: _, after: _) = trace.event else {
                return nil
            }
            return code
        }
        // Both families asked without, were told so, and asked again; no later query had to.
        #expect(codes.count { $0 == .badCookie } == 2)
        #expect(codes.count { $0 == .noError } == 6)
        #expect(resolver.mismatches.total == 0)
    }

    @Test func `records of every type are read as others wrote them`() async throws {
        let resolver = DNSResolver(ports: [try ports.knotd])
        let expected: [(String, RecordType, String)] = [
            ("mx.fair.test", .mx, "10 "), ("_mongodb._tcp.cluster.fair.test", .srv, "27017 node1.cluster.fair.test"),
            ("svc.fair.test", .https, #"alpn="h2,h3""#), ("_dns.fair.test", .svcb, #"alpn="dot""#),
            ("caa.fair.test", .caa, "issue"), ("naptr.fair.test", .naptr, "\"U\""), ("fair.test", .soa, "30"),
            ("fair.test", .ns, "ns.fair.test"), ("1.2.0.192.in-addr.arpa", .ptr, "v4.fair.test"),
            ("alias.fair.test", .cname, "both.fair.test"), ("dname.fair.test", .dname, "other.test"),
            ("unknown.fair.test", RecordType(rawValue: 65_400), "\\# 4 0a000001"), ("txt.fair.test", .txt, #"\000"#),
        ]
        for (name, type, part) in expected {
            let answer = try await resolver.records(of: DomainName(name), type)
            #expect(answer.records.contains { "\($0.data)".contains(part) }, "\(name) \(type) \(answer.records)")
        }
        let error = await #expect(throws: ResolutionError.self) {
            try await resolver.records(of: DomainName("v4.fair.test"), .mx)
        }
        #expect(error?.kind == .nameNotFound)
    }

    @Test func `a server that goes away and comes back is asked again`() async throws {
        let resolver = DNSResolver(ports: [try ports.cookies]) { $0.lookupTimeout = .milliseconds(500) }
        #expect(await resolver.outcome(of: "v4.fair.test").error == nil)
        try servers.command("stop cookies")
        #expect(await resolver.outcome(of: "v6.fair.test").error?.kind == .temporaryFailure)
        try servers.command("start cookies")
        #expect(await resolver.outcome(of: "both.fair.test").addresses.count == 4)
    }

    @Test func `two processes' worth of resolvers behind one unbound cost the zone's server one lookup`() async throws {
        let before = try servers.count()
        for _ in 0..<4 {
            let outcome = await DNSResolver(ports: [try ports.unbound]).outcome(of: "shared.wild.fair.test")
            #expect(outcome.sorted == ["192.0.2.7", "2001:db8::7"])
        }
        #expect(try servers.count() - before == 2)
    }
}

/// DNS over TLS (RFC 7858), to dnsdist.
extension RealServerTests {
    @Test(arguments: ["dns.fair.test", nil])
    func `over TLS, verified by name or by address`(name: String?) async throws {
        var configuration = DNSResolverConfiguration()
        configuration.configurationPath = ""
        let endpoint = Endpoint(address: .v4(.loopback), port: UInt16(try ports.tls))
        configuration.servers = [NameServer(endpoint, tlsName: name)]
        configuration.use(try DNSOverTLS(authorities: try ports.ca))
        let resolver = DNSResolver(configuration)
        #expect(await resolver.outcome(of: "both.fair.test").addresses.count == 4)
        #expect(await resolver.outcome(of: "huge.fair.test", families: .ipv4).addresses.count == 3_900)
    }

    @Test func `a certificate from nobody that is trusted ends it, and nothing goes out in the clear`() async throws {
        var configuration = DNSResolverConfiguration()
        configuration.configurationPath = ""
        let endpoint = Endpoint(address: .v4(.loopback), port: UInt16(try ports.tls))
        configuration.servers = [NameServer(endpoint, tlsName: "dns.fair.test")]
        configuration.lookupTimeout = .seconds(3)
        configuration.use(try DNSOverTLS())
        let traces = NIOLockedValueBox<[QueryTrace]>([])
        configuration.trace = { trace in traces.withLockedValue { $0.append(trace) } }
        let outcome = await DNSResolver(configuration).outcome(of: "v4.fair.test", families: .ipv4)
        #expect(outcome.error?.kind == .temporaryFailure)
        let reason =
            "127.0.0.1:\(try ports.tls) over a stream: "
            + "TLS: the server's certificate cannot be verified, or is for another name"
        #expect(outcome.error?.message.contains(reason) == true, "\(outcome)")
        let isAllOverStreams = traces.withLockedValue { $0 }.allSatisfy { trace in
            if case .sent(_, _, isStream: false, identifier: _, bytes: _) = trace.event { false } else { true }
        }
        #expect(isAllOverStreams)
    }
}
