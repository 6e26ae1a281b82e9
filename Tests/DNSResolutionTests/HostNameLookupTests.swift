// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import DNSResolution
import FairDialTestKit
import IPAddresses
import NameResolution
import Testing

/// A wildcard answers whatever it is asked, so what is no host's name must not be asked for.
@Suite struct `What is no host's name is not asked for` {
    @Test(arguments: [
        "x.test/path", "a@b.test", "a b.test", " a.test", "a.test ", "a.test\n", "a\tb.test", "*", "*.test", "-a.test",
        "a:b.test",
        "a%b.test", #"a\.b.test"#, #"a\\b.test"#, "a\u{1}.test", "☃.test", "é/x.test", "[a].test", "a?b.test",
        "a,b.test",
        #"\047.test"#, "a'b.test", "a\"b.test", "a#b.test", "\u{FFFD}.test",
    ])
    func `and is refused at once`(name: String) async throws {
        let server = try await DNSServer.start { _ in .init(.addresses([.v4(.loopback)])) }
        let resolver = DNSResolver(ports: [server.port])
        let outcome = await resolver.outcome(of: name)
        #expect(outcome.error?.kind == .invalidName)
        #expect(outcome.sorted == [])
        #expect(server.queryCount == 0)
        await server.stop()
    }

    @Test func `not even when a lookup of records has brought it into the cache`() async throws {
        let server = try await DNSServer.start { _ in .init(.addresses([.v4(.loopback)])) }
        let resolver = DNSResolver(ports: [server.port])
        for type in [RecordType.a, .aaaa] { _ = try? await resolver.records(of: DomainName("*.test"), type) }
        // A, AAAA, and that there is no AAAA is confirmed; and what a busy machine has taken for silence.
        #expect((3...6).contains(server.queryCount))
        #expect(resolver.knownAnswer(to: LookupQuestion(name: "*.test", families: .ipv4)) == nil)
        #expect(await resolver.outcome(of: "*.test").error?.kind == .invalidName)
        await server.stop()
    }

    @Test(.enabled(if: (try? InternationalName.ascii("ü.test")) != nil, "needs libidn2"))
    func `an international name is asked for by its A-label, and kept under it`() async throws {
        let server = try await DNSServer.start { _ in .init(.addresses([.v4(.loopback)])) }
        let resolver = DNSResolver(ports: [server.port])
        #expect(await resolver.outcome(of: "München.test", families: .ipv4).sorted == ["127.0.0.1"])
        #expect(server.queriesByName.keys.sorted() == ["xn--mnchen-3ya.test"])
        let queries = server.queryCount
        for name in ["MÜNCHEN.test", "xn--mnchen-3ya.TEST", "münchen.test."] {
            #expect(await resolver.outcome(of: name, families: .ipv4).sorted == ["127.0.0.1"])
        }
        #expect(server.queryCount == queries)
        await server.stop()
    }
}
