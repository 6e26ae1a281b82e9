// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import NameResolution
import Testing

@testable import DNSResolution

@Suite struct `The search list` {
    /// Whether the system's libidn2 is installed.
    private static let areConverted = (try? InternationalName.ascii("ü.test")) != nil

    private func names(_ text: String, _ domains: [String], ndots: Int = 1, skipsTopLevel: Bool = false) throws
        -> [String]
    {
        try SearchList(domains, ndots: ndots, skipsTopLevel: skipsTopLevel).candidates(for: text).map { "\($0.name)" }
    }

    @Test(arguments: [
        ("db", 1, ["db.a.example", "db.b.example", "db"]), ("db.", 1, ["db"]),
        ("db.x", 1, ["db.x", "db.x.a.example", "db.x.b.example"]), ("db.x.", 1, ["db.x"]),
        ("db.x", 2, ["db.x.a.example", "db.x.b.example", "db.x"]),
        ("db", 0, ["db", "db.a.example", "db.b.example"]),
        ("a.b.c.d.e", 5, ["a.b.c.d.e.a.example", "a.b.c.d.e.b.example", "a.b.c.d.e"]),
        ("a.b.c.d.e.f", 5, ["a.b.c.d.e.f", "a.b.c.d.e.f.a.example", "a.b.c.d.e.f.b.example"]),
    ])
    func `names are tried as glibc tries them`(text: String, ndots: Int, expected: [String]) throws {
        #expect(try names(text, ["a.example", "b.example"], ndots: ndots) == expected)
    }

    @Test func `the root in the list is the name as written, and a name is tried once`() throws {
        #expect(try names("db", ["a", ".", "b"]) == ["db.a", "db", "db.b"])
        #expect(try names("db", ["."]) == ["db"])
        #expect(try names("db.x", ["."]) == ["db.x"])
    }

    @Test func `a dot before a domain is none of it`() throws {
        #expect(try names("db", [".corp.test", "b"]) == ["db.corp.test", "db.b", "db"])
    }

    @Test func `no host of the top level, where the options say so`() throws {
        #expect(try names("db", ["a"], skipsTopLevel: true) == ["db.a"])
        #expect(try names("db", [], skipsTopLevel: true) == ["db"])
        #expect(try names("db.x", ["a"], skipsTopLevel: true) == ["db.x", "db.x.a"])
    }

    @Test func `what is too long with a domain is left out, and what is no name is refused`() throws {
        let label = String(repeating: "a", count: 63)
        let long = [label, label, label].joined(separator: ".")
        #expect(try names(long, [label]) == [long])
        #expect(throws: (any Error).self) { try names("a..b", ["a"]) }
    }

    @Test func `the guard puts domains behind in which nothing is ever found`() throws {
        let list = SearchList(["svc.cluster", "cluster"], ndots: 5)
        let candidates = try list.candidates(for: "www.example.org")
        var search = SearchGuard()
        let first = try #require(candidates[0].suffix), second = try #require(candidates[1].suffix)
        for host in 0..<15 { search.note(try DomainName("n\(host)"), in: first, found: false, at: .zero) }
        search.note(candidates[1].name, in: second, found: true, at: .zero)
        #expect(search.ordered(candidates, at: .zero) == candidates)
        search.note(candidates[0].name, in: first, found: false, at: .zero)
        for host in 0..<100 { search.note(try DomainName("n\(host)"), in: second, found: false, at: .zero) }
        #expect(search.ordered(candidates, at: .zero) == [candidates[1], candidates[2], candidates[0]])
        search.note(candidates[0].name, in: first, found: true, at: .zero)
        #expect(search.ordered(candidates, at: .zero) == candidates)
    }

    @Test func `the guard counts different names, and what it has learned expires`() throws {
        let candidates = try SearchList(["svc.cluster"], ndots: 5).candidates(for: "www.example.org")
        let suffix = try #require(candidates[0].suffix)
        var search = SearchGuard()
        func note(_ host: String, at now: Duration) throws {
            search.note(try DomainName(host).appending(suffix), in: suffix, found: false, at: now)
        }
        for _ in 0..<100 { try note("www.example.org", at: .zero) }
        #expect(search.ordered(candidates, at: .zero) == candidates)
        for host in 1..<16 { try note("n\(host)", at: .seconds(60)) }
        #expect(search.ordered(candidates, at: .seconds(659)) == [candidates[1], candidates[0]])
        #expect(search.ordered(candidates, at: .seconds(660)) == candidates)
        // Misses count for as long, from the first one on.
        for host in 0..<15 { try note("m\(host)", at: .seconds(700)) }
        try note("m15", at: .seconds(1_300))
        #expect(search.ordered(candidates, at: .seconds(1_300)) == candidates)
    }

    @Test func `an international domain of it never goes out as it is`() throws {
        for candidate in try SearchList(["bücher.example", "plain.example"]).candidates(for: "db") {
            #expect(candidate.name.wire.allSatisfy { $0 < 0x80 })
        }
    }

    @Test(.enabled(if: areConverted, "needs libidn2"))
    func `an international name is put into it by the dots of its A-labels`() throws {
        let names = try SearchList(["example"]).candidates(for: "é\u{3002}test").map { "\($0.name)" }
        #expect(names == ["xn--9ca.test", "xn--9ca.test.example"])
    }
}
