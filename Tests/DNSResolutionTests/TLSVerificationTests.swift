// SPDX-License-Identifier: Apache-2.0

import DNSOverTLS
import DNSResolution
import IPAddresses
import NIOSSL
import NameResolution
import Testing

/// To whom DNS over TLS talks, and over what: shown by whole handshakes.
@Suite(.enabled(if: TLSServer.Identity.canBeMade, "needs openssl"))
struct `Who is at the other end of DNS over TLS` {
    private static let name = "dns.fair.test"

    /// Looks one name up at a server that is trusted, but for what is asked about here.
    private func outcome(
        at server: TLSServer,
        trusting identity: TLSServer.Identity,
        name: String?,
        _ change: (inout TLSConfiguration) -> Void = { _ in }
    ) async throws -> Outcome {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates([identity.certificate])
        change(&tls)
        var configuration = DNSResolverConfiguration()
        configuration.configurationPath = ""
        configuration.servers = [NameServer(server.endpoint, tlsName: name)]
        configuration.lookupTimeout = .seconds(2)
        configuration.use(try DNSOverTLS(tls))
        return await DNSResolver(configuration).outcome(of: "db.fair.test", families: .ipv4)
    }

    @Test(arguments: [
        ("DNS:dns.fair.test", "dns.fair.test"), ("DNS:dns.fair.test", "DNS.Fair.Test."),
        ("DNS:other.test,DNS:dns.fair.test,IP:127.0.0.1", "dns.fair.test"), ("DNS:*.fair.test", "dns.fair.test"),
        // What stands in the subject counts where nothing else does, as for the library.
        ("", "dns.fair.test"),
    ])
    func `a certificate for the name is taken`(names: String, name: String) async throws {
        let identity = try TLSServer.Identity(names, commonName: "dns.fair.test")
        let server = try await TLSServer.start(as: identity)
        let outcome = try await outcome(at: server, trusting: identity, name: name)
        #expect(outcome.sorted == ["192.0.2.1"], "\(outcome)")
        try await server.stop()
    }

    @Test(arguments: [
        ("IP:127.0.0.1", "dns.fair.test"), ("DNS:other.test,IP:127.0.0.1", "dns.fair.test"),
        ("DNS:*.fair.test,IP:127.0.0.1", "a.dns.fair.test"), ("DNS:*.fair.test,IP:127.0.0.1", "fair.test"),
        ("DNS:fair.test,IP:127.0.0.1", "dns.fair.test"), ("DNS:xdns.fair.test,IP:127.0.0.1", "dns.fair.test"),
        ("URI:https://dns.fair.test/,IP:127.0.0.1", "dns.fair.test"),
        // Its subject has the name, which no library reads any more where there are other names.
        ("email:dns@fair.test,IP:127.0.0.1", "dns.fair.test"),
    ])
    func `one for the address alone is refused before a query where a name was given`(
        names: String,
        name: String
    ) async throws {
        let identity = try TLSServer.Identity(names, commonName: "dns.fair.test")
        let server = try await TLSServer.start(as: identity)
        let outcome = try await outcome(at: server, trusting: identity, name: name)
        #expect(outcome.addresses == [])
        #expect(outcome.error?.message.contains("TLS: the certificate is not for the name \(name)") == true)
        #expect(server.byteCount == 0)
        try await server.stop()
    }

    @Test func `without a name it must be for the address`() async throws {
        let identity = try TLSServer.Identity("IP:127.0.0.1")
        let server = try await TLSServer.start(as: identity)
        #expect(try await outcome(at: server, trusting: identity, name: nil).sorted == ["192.0.2.1"])
        try await server.stop()
        let other = try TLSServer.Identity("DNS:dns.fair.test,IP:127.0.0.2")
        let elsewhere = try await TLSServer.start(as: other)
        #expect(try await outcome(at: elsewhere, trusting: other, name: nil).addresses == [])
        #expect(elsewhere.byteCount == 0)
        try await elsewhere.stop()
    }

    @Test func `whoever wants no verification has none`() async throws {
        let identity = try TLSServer.Identity("IP:127.0.0.2")
        let server = try await TLSServer.start(as: identity)
        let outcome = try await outcome(at: server, trusting: identity, name: Self.name) {
            $0.certificateVerification = .noHostnameVerification
        }
        #expect(outcome.sorted == ["192.0.2.1"], "\(outcome)")
        try await server.stop()
    }

    @Test(arguments: [(TLSVersion.tlsv1, TLSVersion.tlsv1), (.tlsv11, .tlsv11), (.tlsv1, .tlsv11)])
    func `a server of TLS 1.1 and older gets no query`(minimum: TLSVersion, maximum: TLSVersion) async throws {
        let identity = try TLSServer.Identity("DNS:\(Self.name)")
        let server = try await TLSServer.start(as: identity, from: minimum, to: maximum)
        for wanted in [TLSVersion.tlsv1, .tlsv11, .tlsv12] {
            let outcome = try await outcome(at: server, trusting: identity, name: Self.name) {
                $0.minimumTLSVersion = wanted
            }
            #expect(outcome.error?.message.contains("TLS: the handshake failed") == true, "\(outcome)")
        }
        #expect(server.byteCount == 0)
        try await server.stop()
    }

    @Test(arguments: [TLSVersion.tlsv12, .tlsv13]) func `newer ones do`(version: TLSVersion) async throws {
        let identity = try TLSServer.Identity("DNS:\(Self.name)")
        let server = try await TLSServer.start(as: identity, from: version, to: version)
        #expect(try await outcome(at: server, trusting: identity, name: Self.name).sorted == ["192.0.2.1"])
        let strict = try await outcome(at: server, trusting: identity, name: Self.name) {
            $0.minimumTLSVersion = .tlsv13
        }
        #expect(strict.addresses.isEmpty == (version == .tlsv12))
        try await server.stop()
    }

    @Test(arguments: [TLSVersion.tlsv1, .tlsv11]) func `a configuration that allows nothing newer is refused`(
        version: TLSVersion
    ) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.maximumTLSVersion = version
        #expect(throws: OutdatedTLS.self) { try DNSOverTLS(configuration) }
    }
}
