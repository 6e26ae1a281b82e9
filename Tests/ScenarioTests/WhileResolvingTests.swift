// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The bad afternoon on the real thing: a network namespace with its own resolver configuration, a DNS server that
/// delays, the real `getaddrinfo`, and the built command.
@Suite(.serialized, .enabled(if: Tool.hasSandbox, "needs user, mount and network namespaces"))
struct WhileResolvingTests {
    /// So many names are looked up behind the dial.
    static let backgrounds = [0, 50, 500, 5_000]

    @Test(arguments: [("127.0.0.1", "numeric"), ("::1", "numeric"), ("localhost", "hosts")], backgrounds)
    func `a literal and a local name stand in no line, however many names are looked up`(
        _ peer: (host: String, source: String),
        _ names: Int
    ) async throws {
        let (dial, errors) = try await dial(peer.host, whileResolving: names)
        #expect(dial.source == peer.source)
        #expect(dial.queue == 0)
        let expected = peer.host == "localhost" ? ["127.0.0.1", "::1"] : [peer.host]
        #expect(expected.contains(dial.address ?? ""))
        // Nobody has asked the server for the host itself.
        #expect(errors.contains(": \(2 * names) queries for \(names) names, \(names == 0 ? 0 : 2) at most for one\n"))
    }

    @Test(arguments: backgrounds)
    func `a fast name is looked up and dialed, however many slow ones are looked up`(_ names: Int) async throws {
        let (dial, errors) = try await dial("db.fast.test", whileResolving: names)
        #expect(dial.source == "system")
        #expect(dial.address == "127.0.0.1")
        #expect(errors.contains(": \(2 * names + 2) queries for \(names + 1) names, 2 at most for one\n"))
    }

    @Test func `a dropped AAAA does not hold back the A answer there is`() async throws {
        // Left to itself getaddrinfo waits for the other answer as long as resolv.conf says, which here is half a minute.
        let outcome = try await Tool.run(
            ["sandbox", "--", Tool.executable("fairdial").path, "connect", "db.dropped.test", "{PORT}", "--json"]
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        let dial = try #require(try outcome.objects(of: DialObject.self).first)
        #expect(dial.ok)
        #expect(dial.source == "system")
        #expect(dial.address == "127.0.0.1")
    }

    @Test func `callers of one name share one look-up`() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.makeFile("names.txt", String(repeating: "feed.slow.test\n", count: 500))
        let (dial, errors) = try await dial("127.0.0.1", behind: file.path, delay: "0.3")
        #expect(dial.background == DialObject.Background(connected: 500, failed: [:]))
        #expect(errors.contains(": 2 queries for 1 names, 2 at most for one\n"))
    }

    /// Dials in the sandbox, and checks what is so whatever the host.
    private func dial(_ host: String, whileResolving names: Int) async throws -> (DialObject, errors: String) {
        let folder = try TemporaryFolder()
        let file = try folder.makeFile("names.txt", (0..<names).map { "feed-\($0).slow.test\n" }.joined())
        let (dial, errors) = try await dial(host, behind: file.path, delay: names > 500 ? "0.1" : "0.2")
        #expect(dial.background == DialObject.Background(connected: names, failed: [:]))
        return (dial, errors)
    }

    private func dial(_ host: String, behind file: String, delay: String) async throws -> (DialObject, errors: String) {
        let outcome = try await Tool.run(
            ["sandbox", "--delay", delay, "--", Tool.executable("fairdial").path, "connect", host, "{PORT}", "--json"]
                + ["--while-resolving", file]
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        let dials = try outcome.objects(of: DialObject.self)
        let dial = try #require(dials.first)
        #expect(dials.count == 1)
        #expect(dial.ok)
        #expect(dial.host == host)
        #expect(dial.attempts.last == dial.address.map { .init(address: $0, port: dial.port, outcome: "connected") })
        return (dial, outcome.errors)
    }
}
