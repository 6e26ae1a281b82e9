// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NameResolution
import SystemSupport
import Testing

@testable import DNSResolution

@Suite struct `A lookup of a name` {
    @Test func `both families are asked for together and told as they come`() {
        var bench = StubBench()
        let lookup = bench.lookUp("db.example.org")
        #expect(bench.asked == ["db.example.org a", "db.example.org aaaa"])
        bench.answer("db.example.org", .aaaa)
        #expect(bench.events[lookup] == ["started", "ipv6: ::1 (dns)"])
        bench.answer("db.example.org", .a)
        #expect(bench.events[lookup] == ["started", "ipv6: ::1 (dns)", "ipv4: 192.0.2.1 (dns)", "ended"])
        #expect(bench.resolver.count == 0 && bench.resolver.queryCount == 0)
    }

    @Test func `one family alone is one query`() {
        var bench = StubBench()
        let lookup = bench.lookUp("db.example.org", families: .ipv4)
        bench.answer("db.example.org", .a)
        #expect(bench.asked == ["db.example.org a"])
        #expect(bench.events[lookup] == ["started", "ipv4: 192.0.2.1 (dns)", "ended"])
    }

    @Test func `a family that has nothing is settled when the other one has something, and not before`() {
        var bench = StubBench()
        let lookup = bench.lookUp("db.example.org")
        bench.deny("db.example.org", .aaaa, exists: true)
        #expect(bench.events[lookup] == ["started"])
        bench.answer("db.example.org", .a)
        #expect(bench.events[lookup] == ["started", "ipv4: 192.0.2.1 (dns)", "ipv6:  (dns)", "ended"])
    }

    @Test func `no data in either family is a name that is not found, like one that does not exist`() {
        for exists in [true, false] {
            var bench = StubBench()
            let lookup = bench.lookUp("db.example.org")
            bench.deny("db.example.org", .aaaa, exists: exists)
            bench.deny("db.example.org", .a, exists: exists)
            #expect(bench.events[lookup] == ["started", "ended: nameNotFound"])
        }
    }

    @Test func `one family fails, the other is told, and the end says why`() {
        var bench = StubBench()
        let lookup = bench.lookUp("db.example.org")
        bench.fail("db.example.org", .aaaa)
        bench.answer("db.example.org", .a)
        #expect(bench.events[lookup] == ["started", "ipv4: 192.0.2.1 (dns)", "ended: temporaryFailure"])
    }

    @Test func `the second family waits for the first, where the configuration says so`() {
        var bench = StubBench { $0.asksOneByOne = true }
        let lookup = bench.lookUp("db.example.org")
        #expect(bench.asked == ["db.example.org a"])
        bench.answer("db.example.org", .a)
        #expect(bench.asked == ["db.example.org a", "db.example.org aaaa"])
        bench.answer("db.example.org", .aaaa)
        #expect(bench.events[lookup]?.last == "ended")
    }

    @Test func `AAAA is not asked for where the configuration says so`() {
        var bench = StubBench(search: ["one"], ndots: 5) { $0.skipped = .ipv6 }
        let lookup = bench.lookUp("db.example.org")
        bench.deny("db.example.org.one", .a)
        #expect(bench.asked == ["db.example.org.one a", "db.example.org a"])
        bench.answer("db.example.org", .a)
        #expect(bench.events[lookup] == ["started", "ipv4: 192.0.2.1 (dns)", "ipv6:  (dns)", "ended"])
    }

    @Test func `what is no name is said at once`() {
        var bench = StubBench()
        let lookup = bench.lookUp("db..example.org")
        #expect(bench.events[lookup] == ["ended: invalidName"])
    }

    @Test func `a lookup that is taken back asks nothing more and says nothing more`() {
        var bench = StubBench()
        let lookup = bench.lookUp("db.example.org")
        bench.perform { resolver, now, actions in resolver.cancel(lookup, at: now, &actions) }
        #expect(bench.resolver.count == 0 && bench.resolver.queryCount == 0)
        bench.answer("db.example.org", .a)
        #expect(bench.events[lookup] == ["started"])
    }

    @Test func `aliases of both families that come in one go are followed, each to its own end`() {
        var bench = StubBench()
        let lookup = bench.lookUp("a.org")
        bench.answerAll { message in
            let target = CNAMERecord(QueryBench.name("b.org"))
            message.answers = [Record(name: message.questions[0].name, timeToLive: 5, data: target)]
        }
        #expect(bench.asked == ["a.org a", "a.org aaaa", "b.org a", "b.org aaaa"])
        bench.answer("b.org", .a)
        bench.answer("b.org", .aaaa)
        #expect(bench.events[lookup]?.last == "ended")
        #expect(bench.events[lookup]?.count == 4)
    }

    @Test func `aliases that lead out of an answer are followed, to an end`() {
        var bench = StubBench()
        func alias(_ target: String) -> (inout Message) -> Void {
            {
                $0.answers = [
                    Record(name: $0.questions[0].name, timeToLive: 5, data: CNAMERecord(QueryBench.name(target)))
                ]
            }
        }
        let lookup = bench.lookUp("a.org", families: .ipv4)
        bench.answer("a.org", .a, alias("b.org"))
        bench.answer("b.org", .a, alias("c.org"))
        bench.answer("c.org", .a)
        #expect(bench.events[lookup] == ["started", "ipv4: 192.0.2.1 (dns)", "ended"])
        // The whole way is known now, for as long as its shortest piece.
        let again = bench.lookUp("a.org", families: .ipv4)
        #expect(bench.events[again] == ["ipv4: 192.0.2.1 (cache)", "ended"])
        bench.now = .seconds(5)
        let late = bench.lookUp("a.org", families: .ipv4)
        #expect(bench.events[late] == ["started"])
        let circle = bench.lookUp("x.org", families: .ipv4)
        bench.answer("x.org", .a, alias("y.org"))
        bench.answer("y.org", .a, alias("x.org"))
        #expect(bench.events[circle] == ["started", "ended: temporaryFailure"])
    }
}

/// glibc's `res_search`.
@Suite struct `The search` {
    @Test func `a name that does not exist, or has no address, leads to the next`() {
        var bench = StubBench(search: ["one", "two"])
        let lookup = bench.lookUp("db", families: .ipv4)
        bench.deny("db.one", .a)
        bench.deny("db.two", .a, exists: true)
        bench.answer("db", .a)
        #expect(bench.events[lookup] == ["started", "ipv4: 192.0.2.1 (dns)", "ended"])
    }

    @Test func `the first name that has an address in any family ends it`() {
        var bench = StubBench(search: ["one", "two"])
        let lookup = bench.lookUp("db")
        bench.deny("db.one", .a)
        bench.deny("db.one", .aaaa)
        bench.deny("db.two", .aaaa, exists: true)
        bench.answer("db.two", .a)
        #expect(bench.events[lookup] == ["started", "ipv4: 192.0.2.1 (dns)", "ipv6:  (dns)", "ended"])
        #expect(bench.asked.last == "db.two aaaa")
    }

    @Test func `servers that fail at one name are asked for the next, and the end says that they failed`() {
        var bench = StubBench(search: ["one"])
        let lookup = bench.lookUp("db", families: .ipv4)
        bench.fail("db.one", .a)
        bench.deny("db", .a)
        #expect(bench.events[lookup] == ["started", "ended: temporaryFailure"])
        let found = bench.lookUp("web", families: .ipv4)
        bench.fail("web.one", .a)
        bench.answer("web", .a)
        #expect(bench.events[found]?.last == "ended")
    }

    @Test func `silence ends the list, and the name as written has its turn within a dial's time`() {
        var bench = StubBench(search: ["one", "two"])
        let lookup = bench.lookUp("db", families: .ipv4)
        bench.advance(to: .seconds(6))
        #expect(Set(bench.asked) == ["db.one a", "db a"])
        bench.answer("db", .a)
        #expect(bench.events[lookup] == ["started", "ipv4: 192.0.2.1 (dns)", "ended"])
    }

    @Test func `after silence a "no" to the name as written is not the last word`() {
        var bench = StubBench(search: ["one", "two"]) { $0.lookupTimeout = .seconds(1) }
        let lookup = bench.lookUp("db", families: .ipv4)
        bench.advance(to: .seconds(1.5))
        bench.deny("db", .a)
        #expect(bench.events[lookup] == ["started", "ended: temporaryFailure"])
    }

    @Test func `silence after a server's failure goes through the list, as in glibc`() {
        var bench = StubBench(search: ["one", "two", "three"]) { $0.lookupTimeout = .seconds(1) }
        let lookup = bench.lookUp("db", families: .ipv4)
        bench.fail("db.one", .a)
        bench.advance(to: .seconds(1.5))
        bench.answer("db.three", .a)
        #expect(bench.events[lookup] == ["started", "ipv4: 192.0.2.1 (dns)", "ended"])
    }

    @Test func `the last name is waited for as long as servers may take`() {
        var bench = StubBench { $0.lookupTimeout = .seconds(20) }
        let lookup = bench.lookUp("db", families: .ipv4)
        bench.advance(to: .seconds(19))
        #expect(bench.events[lookup] == ["started"])
        bench.answer("db", .a)
        #expect(bench.events[lookup]?.last == "ended")
    }

    @Test func `silence about the name as written, where it comes first, leads to the list`() {
        var bench = StubBench(search: ["one"]) { $0.lookupTimeout = .seconds(1) }
        let lookup = bench.lookUp("db.example", families: .ipv4)
        bench.advance(to: .seconds(1.5))
        bench.answer("db.example.one", .a)
        #expect(bench.events[lookup] == ["started", "ipv4: 192.0.2.1 (dns)", "ended"])
    }

    @Test func `what the name as written came to is the verdict, where it was asked for first`() {
        var bench = StubBench(search: ["one"])
        let lookup = bench.lookUp("db.example", families: .ipv4)
        bench.fail("db.example", .a)
        bench.deny("db.example.one", .a)
        #expect(bench.events[lookup] == ["started", "ended: temporaryFailure"])
        let other = bench.lookUp("web.example", families: .ipv4)
        bench.deny("web.example", .a)
        bench.fail("web.example.one", .a)
        #expect(bench.events[other] == ["started", "ended: nameNotFound"])
    }

    @Test func `"no such name" beside silence ends a name after a grace, the first time a longer one`() {
        var bench = StubBench(search: ["one", "two", "three"], ndots: 5)
        let lookup = bench.lookUp("db")
        // Each "no" is held for the other family for 0.2 s first, and then confirmed.
        for (name, end) in [("db.one", 2_200), ("db.two", 2_900), ("db.three", 3_600)] {
            bench.deny(name, .a)
            bench.advance(to: .milliseconds(end - 10))
            #expect(bench.asked.last?.hasPrefix("\(name) ") == true)
            bench.advance(to: .milliseconds(end))
        }
        bench.answer("db", .a)
        bench.answer("db", .aaaa)
        #expect(
            bench.events[lookup] == ["started", "ipv4: 192.0.2.1 (dns)", "ipv6: ::1 (dns)", "ended"]
        )
    }

    @Test func `"no such name" beside silence is a name that is not found, also when the cache knows the one`() {
        var bench = StubBench()
        let lookup = bench.lookUp("db")
        bench.deny("db", .a)
        bench.advance(to: .milliseconds(2_200))
        #expect(bench.events[lookup] == ["started", "ended: nameNotFound"])
        let again = bench.lookUp("db")
        bench.advance(to: .milliseconds(4_200))
        #expect(bench.events[again] == ["started", "ended: nameNotFound"])
    }

    @Test func `"no such name" in one family never takes the other's addresses away`() {
        for (denied, other) in [(RecordType.a, RecordType.aaaa), (.aaaa, .a)] {
            var bench = StubBench(search: ["one"])
            let lookup = bench.lookUp("db")
            bench.deny("db.one", denied)
            bench.advance(to: .seconds(1.9))
            bench.answer("db.one", other)
            #expect(bench.events[lookup]?.last == "ended")
            #expect(bench.events[lookup]?.contains { $0.contains("192.0.2.1") || $0.contains("::1") } == true)
        }
    }

    @Test func `"no such name" beside a server's failure is a "no"`() {
        var bench = StubBench()
        let lookup = bench.lookUp("db")
        bench.fail("db", .aaaa)
        bench.deny("db", .a)
        #expect(bench.events[lookup] == ["started", "ended: nameNotFound"])
    }

    @Test func `no address in one family beside silence in the other leads to the next name, and is no "no"`() {
        var bench = StubBench(search: ["one"]) { $0.lookupTimeout = .seconds(3) }
        let lookup = bench.lookUp("db")
        bench.deny("db.one", .a, exists: true)
        bench.advance(to: .seconds(2.5))
        #expect(!bench.asked.contains("db a"))
        bench.advance(to: .seconds(3))
        bench.deny("db", .a)
        bench.deny("db", .aaaa)
        #expect(bench.events[lookup] == ["started", "ended: temporaryFailure"])
    }

    @Test func `with the guard, a crowd of outside names is asked for as written once the list has proved useless`() {
        var bench = StubBench(search: ["one", "two"], ndots: 5) { $0.guardsSearch = true }
        for index in 0..<16 {
            _ = bench.lookUp("n\(index).org", families: .ipv4)
            bench.deny("n\(index).org.one", .a)
            bench.deny("n\(index).org.two", .a)
            bench.answer("n\(index).org", .a)
        }
        let count = bench.asked.count
        _ = bench.lookUp("last.org", families: .ipv4)
        #expect(bench.asked[count...] == ["last.org a"])
    }
}

@Suite struct `A lookup and the cache` {
    @Test func `what has been answered is told on the spot, and no query goes out`() {
        var bench = StubBench()
        _ = bench.lookUp("db.example.org")
        bench.answer("db.example.org", .aaaa)
        bench.answer("db.example.org", .a)
        let count = bench.asked.count
        bench.now = .seconds(50)
        let again = bench.lookUp("DB.Example.org")
        #expect(bench.events[again] == ["ipv4: 192.0.2.1 (cache)", "ipv6: ::1 (cache)", "ended"])
        #expect(bench.asked.count == count)
        bench.now = .seconds(60)
        _ = bench.lookUp("db.example.org")
        #expect(bench.asked.count == count + 2)
    }

    @Test func `a no is kept as its zone says, for the search too`() {
        var bench = StubBench(search: ["one"])
        _ = bench.lookUp("db", families: .ipv4)
        bench.deny("db.one", .a, seconds: 30)
        bench.deny("db", .a, seconds: 30)
        let again = bench.lookUp("db", families: .ipv4)
        #expect(bench.events[again] == ["ended: nameNotFound"])
        bench.now = .seconds(30)
        _ = bench.lookUp("db", families: .ipv4)
        #expect(bench.asked.last == "db.one a")
        #expect(bench.asked.count == 3)
    }

    @Test func `a failure is never kept as a no`() {
        var bench = StubBench()
        let first = bench.lookUp("db.example.org", families: .ipv4)
        bench.fail("db.example.org", .a)
        #expect(bench.events[first] == ["started", "ended: temporaryFailure"])
        _ = bench.lookUp("db.example.org", families: .ipv4)
        #expect(bench.asked.count == 2)
    }

    @Test func `a stale answer is told at once, marked, and one query fetches it anew`() {
        var bench = StubBench { $0.cache.staleness = .seconds(3_600) }
        _ = bench.lookUp("db.example.org", families: .ipv4)
        bench.answer("db.example.org", .a)
        bench.now = .seconds(100)
        for _ in 0..<2 {
            let lookup = bench.lookUp("db.example.org", families: .ipv4)
            #expect(bench.events[lookup] == ["ipv4: 192.0.2.1 (cache, stale)", "ended"])
        }
        #expect(bench.asked.count == 2)
        bench.answer("db.example.org", .a)
        let fresh = bench.lookUp("db.example.org", families: .ipv4)
        #expect(bench.events[fresh] == ["ipv4: 192.0.2.1 (cache)", "ended"])
    }

    @Test func `records of other types are looked up and kept as well`() {
        var bench = StubBench()
        func ask() -> StubResolver.Lookup {
            bench.perform { resolver, now, actions in
                resolver.lookUpRecords(
                    QueryBench.name("example.org"),
                    .mx,
                    for: QueryBench.fairnessKey,
                    at: now,
                    &actions
                )
            }
        }
        let first = ask()
        bench.answer("example.org", .mx) { message in
            let data = MXRecord(preference: 1, exchange: QueryBench.name("mail.example.org"))
            message.answers = [Record(name: message.questions[0].name, timeToLive: 60, data: data)]
        }
        let second = ask()
        #expect(bench.asked == ["example.org mx"])
        #expect(bench.events[first]?.count == 1)
        #expect(bench.events[second] == bench.events[first])
        #expect(bench.cached(at: .zero).map { "\($0.name) \($0.type)" } == ["example.org MX"])
        #expect(bench.cached(at: .seconds(70)).map(\.timeToLive) == [.seconds(-10)])
        bench.resolver.cache.withLock { $0.remove(QueryBench.name("EXAMPLE.org")) }
        #expect(bench.cached(at: .zero) == [])
    }
}
