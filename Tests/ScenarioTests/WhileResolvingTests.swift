// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestHelpers
import Testing

/// The bad afternoon on the real thing: a network namespace with its own resolver configuration, a DNS server that
/// delays, the real `getaddrinfo`, and the built command.
@Suite(.serialized, .enabled(if: Tool.hasSandbox, "needs user, mount and network namespaces"))
struct WhileResolvingTests {
    /// How many names are looked up behind the dial.
    static let backgrounds = [0, 50, 500, 5_000]

    /// What a host's source is, with any resolver.
    private static let localHosts = ["127.0.0.1": "numeric", "::1": "numeric", "localhost": "hosts"]

    @Test(arguments: localHosts.keys.flatMap { host in ["system", "dns"].map { (host, $0) } }, backgrounds)
    func `a literal and a local name stand in no line, however many names are looked up`(
        _ peer: (host: String, resolver: String),
        _ names: Int
    ) async throws {
        let (dial, queries) = try await dial(peer.host, by: peer.resolver, whileResolving: names)
        #expect(dial.source == Self.localHosts[peer.host])
        #expect(dial.queue == 0)
        let expected = peer.host == "localhost" ? ["127.0.0.1", "::1"] : [peer.host]
        #expect(expected.contains(dial.address ?? ""))
        // The server was not asked for the host itself.
        #expect(queries.names == names)
        queries.expectOneForEachFamily(by: peer.resolver)
    }

    @Test(arguments: ["system", "dns"], backgrounds)
    func `a fast name is looked up and dialed, however many slow ones are looked up`(
        _ resolver: String,
        _ names: Int
    ) async throws {
        let (dial, queries) = try await dial("db.fast.test", by: resolver, whileResolving: names)
        #expect(dial.source == resolver)
        #expect(dial.address == "127.0.0.1")
        #expect(queries.names == names + 1)
        queries.expectOneForEachFamily(by: resolver)
    }

    @Test(arguments: ["system", "dns"])
    func `a dropped AAAA does not hold back the A answer there is`(_ resolver: String) async throws {
        // Left to itself getaddrinfo waits for the other answer as long as resolv.conf says, which here is half a
        // minute.
        let outcome = try await Tool.run(
            ["sandbox", "--", Tool.executable("fairdial").path, "connect", "db.dropped.test", "{PORT}", "--json"]
                + ["--resolver", resolver]
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        let dial = try #require(try outcome.objects(of: DialObject.self).first)
        #expect(dial.ok)
        #expect(dial.source == resolver)
        #expect(dial.address == "127.0.0.1")
    }

    @Test(arguments: ["system", "dns"])
    func `callers of one name share one lookup`(_ resolver: String) async throws {
        let folder = try TemporaryFolder()
        let file = try folder.makeFile("names.txt", String(repeating: "feed.slow.test\n", count: 500))
        let (dial, queries) = try await dial("127.0.0.1", by: resolver, behind: file, delay: "1")
        #expect(dial.background == DialObject.Background(connected: 500, failed: [:]))
        #expect(queries.names == 1)
        queries.expectOneForEachFamily(by: resolver)
        #expect(queries.all < 10)
    }

    /// What the sandbox's name server has been asked.
    private struct Queries: Equatable {
        let all: Int
        let names: Int
        let most: Int

        init(all: Int, names: Int, most: Int) {
            (self.all, self.names, self.most) = (all, names, most)
        }

        init?(_ errors: String) {
            let report = /sandbox: (\d+) queries for (\d+) names, (\d+) at most for one/
            guard let match = errors.firstMatch(of: report), let all = Int(match.1), let names = Int(match.2),
                let most = Int(match.3)
            else { return nil }
            self.init(all: all, names: names, most: most)
        }

        /// A and AAAA, once each. Our own resolver may repeat a few: a name that is slower than all before it looks
        /// lost.
        func expectOneForEachFamily(by resolver: String) {
            if resolver == "dns" {
                #expect((2 * names...3 * names + 64).contains(all))
            } else {
                #expect(all == 2 * names)
                #expect(most == (names == 0 ? 0 : 2))
            }
        }
    }

    /// Dials in the sandbox, and checks what is so whatever the host.
    private func dial(_ host: String, by resolver: String, whileResolving names: Int) async throws -> (
        DialObject, Queries
    ) {
        let folder = try TemporaryFolder()
        let file = try folder.makeFile("names.txt", (0..<names).map { "feed-\($0).slow.test\n" }.joined())
        let (dial, queries) = try await dial(host, by: resolver, behind: file, delay: names > 500 ? "0.1" : "0.2")
        #expect(dial.background == DialObject.Background(connected: names, failed: [:]))
        return (dial, queries)
    }

    private func dial(
        _ host: String,
        by resolver: String,
        behind file: String,
        delay: String
    ) async throws -> (DialObject, Queries) {
        let outcome = try await Tool.run(
            ["sandbox", "--delay", delay, "--", Tool.executable("fairdial").path, "connect", host, "{PORT}", "--json"]
                + ["--resolver", resolver, "--while-resolving", file]
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        let dials = try outcome.objects(of: DialObject.self)
        let dial = try #require(dials.first)
        #expect(dials.count == 1)
        #expect(dial.ok)
        #expect(dial.host == host)
        #expect(dial.attempts.last == dial.address.map { .init(address: $0, port: dial.port, outcome: "connected") })
        return (dial, try #require(Queries(outcome.errors)))
    }
}
