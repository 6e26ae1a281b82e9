// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import FairDialTestKit
import IPAddresses
import NameResolution
import Testing

@testable import DNSResolution

/// Walks over lists that others size are loops: twenty thousand names on a stack of 64 KB, of which
/// 84 were too many for 256 KB once; a debug build takes a minute for a hundred thousand.
@Suite(.timeLimit(.minutes(15))) struct `A walk over a long list does not deepen the stack` {
    private static let count = 20_000

    /// A bench whose search list has this many domains.
    private static func bench(
        _ count: Int,
        _ change: (inout QueryConfiguration) -> Void = { _ in }
    ) -> StubBench {
        let domains = (0..<count).map { "d\($0)" }
        return StubBench(search: domains, ndots: 5) { configuration in
            configuration.cache.entryLimit = 2 * count + 1_000
            configuration.cache.byteLimit = .max
            change(&configuration)
        }
    }

    @Test func `domains to search`() async throws {
        let count = 100_000
        let domains = (0..<count).map { "d\($0).example" }
        let found = await SmallStack.run { (try? SearchList(domains).candidates(for: "db")) ?? [] }
        #expect(found?.count == count + 1)
        #expect(found?[count - 1].name == (try DomainName("db.d99999.example")))
        #expect(found?.last?.name == (try DomainName("db")))
    }

    @Test func `domains that nothing is found in`() async throws {
        let count = 100_000
        let candidates = try (0..<count).map {
            SearchList.Candidate(name: .root, suffix: try DomainName("d\($0)"))
        }
        let barren = 2_000
        let hosts = try (0..<16).map { try DomainName("n\($0)") }
        let found = await SmallStack.run {
            var search = SearchGuard()
            for candidate in candidates[..<barren] {
                for host in hosts {
                    if let suffix = candidate.suffix { search.note(host, in: suffix, found: false, at: .zero) }
                }
            }
            return search.ordered(candidates, at: .zero)
        }
        #expect(found?.first == candidates[barren])
        #expect(found?.last == candidates[barren - 1])
        #expect(found?.count == count)
    }

    @Test func `a search list of which the cache knows everything`() async throws {
        let events = await SmallStack.run { () -> [String] in
            var bench = Self.bench(Self.count)
            let denial = ServerAnswer(content: .nameError, timeToLive: 60)
            for domain in ["db"] + (0..<Self.count).map({ "db.d\($0)" }) {
                guard let name = try? DomainName(domain) else { return [] }
                bench.keep(denial, for: name)
            }
            let lookup = bench.lookUp("db")
            return bench.asked + (bench.events[lookup] ?? [])
        }
        #expect(events == ["ended: nameNotFound"])
    }

    @Test func `a search list of which the cache knows all but the last name`() async throws {
        let events = await SmallStack.run { () -> [String] in
            var bench = Self.bench(1_000)
            let denial = ServerAnswer(content: .nameError, timeToLive: 60)
            for number in 0..<1_000 {
                guard let name = try? DomainName("db.d\(number)") else { return [] }
                bench.keep(denial, for: name)
            }
            let lookup = bench.lookUp("db")
            bench.answer("db", .a)
            bench.deny("db", .aaaa, exists: true)
            return bench.asked + (bench.events[lookup] ?? [])
        }
        #expect(
            events
                == ["db a", "db aaaa", "started", "ipv4: 192.0.2.1 (dns)", "ipv6:  (dns)", "ended"]
        )
    }

    @Test func `a search list of which no name is asked for`() async throws {
        let events = await SmallStack.run { () -> [String] in
            var bench = Self.bench(Self.count) { $0.skipped = .ipv6 }
            let lookup = bench.lookUp("db", families: .ipv6)
            return bench.asked + (bench.events[lookup] ?? [])
        }
        #expect(events == ["ended: nameNotFound"])
    }

    @Test func `aliases that the cache knows, one after the other`() async throws {
        let events = await SmallStack.run { () -> [String] in
            var bench = Self.bench(0)
            for number in 0..<100 {
                guard let name = try? DomainName("a\(number)"), let next = try? DomainName("a\(number + 1)") else {
                    return []
                }
                let alias = ServerAnswer(content: .alias(next), timeToLive: 60, canonicalName: next)
                bench.keep(alias, for: name)
            }
            let lookup = bench.lookUp("a0")
            return bench.events[lookup] ?? []
        }
        #expect(events == ["ended: temporaryFailure"])
    }

    @Test func `as many aliases in one message as it has room for`() async throws {
        let events = await SmallStack.run { () -> [String] in
            var bench = Self.bench(0)
            let lookup = bench.lookUp("db", families: .ipv4)
            bench.answer("db", .a) { message in
                var owner = message.questions[0].name
                message.answers = (0..<2_000).compactMap { number in
                    guard let target = try? DomainName("a\(number)") else { return nil }
                    defer { owner = target }
                    return Record(name: owner, timeToLive: 60, data: CNAMERecord(target))
                }
            }
            bench.advance(to: .seconds(120))
            return bench.events[lookup] ?? []
        }
        #expect(events?.last == "ended: temporaryFailure")
    }
}
