// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NameResolution
import Testing

@testable import DNSResolution

/// Rule 3 below the text of names: one query for each name on the wire and each type.
@Suite struct `Lookups share queries` {
    @Test func `two families and one family of one name share the query for that`() {
        var bench = StubBench()
        let both = bench.lookUp("db.example.org")
        let one = bench.lookUp("db.example.org", families: .ipv4)
        let other = bench.lookUp("db.example.org", families: .ipv6)
        #expect(bench.asked == ["db.example.org a", "db.example.org aaaa"])
        bench.answer("db.example.org", .a)
        bench.answer("db.example.org", .aaaa)
        #expect(bench.events[both] == ["started", "ipv4: 192.0.2.1 (dns)", "ipv6: ::1 (dns)", "ended"])
        #expect(bench.events[one] == ["started", "ipv4: 192.0.2.1 (shared)", "ended"])
        #expect(bench.events[other] == ["started", "ipv6: ::1 (shared)", "ended"])
        #expect(bench.resolver.queryCount == 0 && bench.resolver.count == 0)
    }

    @Test func `256 spellings of one name are two queries`() {
        var bench = StubBench()
        let letters = Array("database".utf8)
        let lookups = (0..<256).map { spelling in
            var text = ""
            for (place, letter) in letters.enumerated() {
                text +=
                    spelling >> place & 1 == 1
                    ? "\\\(String(1_000 + Int(letter)).dropFirst())" : String(UnicodeScalar(letter))
            }
            return bench.lookUp(text + ".example.org")
        }
        let others = ["DataBase.Example.ORG", "database.example.org."].map { bench.lookUp($0) }
        #expect(bench.asked == ["database.example.org a", "database.example.org aaaa"])
        bench.answer("database.example.org", .a)
        bench.answer("database.example.org", .aaaa)
        #expect((lookups + others).allSatisfy { bench.events[$0]?.last == "ended" })
        #expect((lookups + others).allSatisfy { bench.events[$0]?.count == 4 })
    }

    @Test func `bindings of two ports share the addresses`() {
        var bench = StubBench()
        _ = bench.lookUp("db.example.org", service: .https(port: 443))
        _ = bench.lookUp("db.example.org", service: .https(port: 8_443))
        #expect(bench.asked.filter { $0.hasSuffix(" a") || $0.hasSuffix(" aaaa") }.count == 2)
        #expect(bench.asked.count == 4)
    }

    @Test func `records and addresses share as well`() {
        var bench = StubBench()
        _ = bench.lookUp("db.example.org", families: .ipv4)
        let records = bench.perform { resolver, now, actions in
            resolver.lookUpRecords(
                QueryBench.name("DB.example.org"),
                .a,
                for: QueryBench.fairnessKey,
                at: now,
                &actions
            )
        }
        #expect(bench.asked == ["db.example.org a"])
        bench.answer("db.example.org", .a)
        #expect(bench.events[records]?.count == 1)
    }

    @Test(arguments: [0, 1])
    func `whoever leaves takes nothing away from the others, and the last one the query`(first: Int) {
        var bench = StubBench()
        let lookups = (0..<3).map { _ in bench.lookUp("db.example.org", families: .ipv4) }
        func cancel(_ lookup: StubResolver.Lookup) {
            _ = bench.perform { resolver, now, actions in resolver.cancel(lookup, at: now, &actions) }
        }
        cancel(lookups[first])
        #expect(bench.resolver.queryCount == 1)
        // Who comes now still finds it.
        let late = bench.lookUp("db.example.org", families: .ipv4)
        #expect(bench.asked.count == 1)
        cancel(lookups[1 - first])
        bench.answer("db.example.org", .a)
        #expect(bench.events[lookups[2]]?.last == "ended" && bench.events[late]?.last == "ended")
        #expect(bench.events[lookups[0]] == ["started"])

        let again = (0..<3).map { _ in bench.lookUp("other.example.org", families: .ipv4) }
        for lookup in again { cancel(lookup) }
        #expect(bench.resolver.queryCount == 0)
    }

    @Test(arguments: [true, false])
    func `each is given up at its own time`(isShortFirst: Bool) {
        var bench = StubBench(search: ["corp.test"]) {
            $0.lookupTimeout = .seconds(30)
        }
        var names = ["db.example.org", "db.example.org."]
        if !isShortFirst { names.reverse() }
        let lookups = names.map { bench.lookUp($0, families: .ipv4) }
        let (short, long) = isShortFirst ? (lookups[0], lookups[1]) : (lookups[1], lookups[0])
        #expect(bench.asked == ["db.example.org a"])
        bench.advance(to: .milliseconds(4_900))
        #expect(!bench.asked.contains("db.example.org.corp.test a"))
        bench.advance(to: .milliseconds(5_100))
        // The next name of the list has its turn; the other lookup waits on.
        #expect(bench.asked.contains("db.example.org.corp.test a"))
        #expect(bench.events[long] == ["started"])
        bench.advance(to: .seconds(8))
        bench.answer("db.example.org", .a)
        #expect(bench.events[long]?.last == "ended")
        bench.answer("db.example.org.corp.test", .a)
        #expect(bench.events[short]?.last == "ended")
        #expect(bench.resolver.queryCount == 0)
    }

    @Test func `the first is given up when its own time is over, though the query goes on for one that came later`() {
        var bench = StubBench { $0.lookupTimeout = .seconds(2) }
        let first = bench.lookUp("db.example.org", families: .ipv4)
        bench.advance(to: .milliseconds(900))
        let second = bench.lookUp("db.example.org", families: .ipv4)
        bench.advance(to: .milliseconds(2_100))
        #expect(bench.events[first]?.last?.hasPrefix("ended: temporaryFailure") == true)
        #expect(bench.events[second]?.last == "started")
        bench.answer("db.example.org", .a)
        #expect(bench.events[second]?.last == "ended")
    }

    @Test func `what can be done without is waited for by whoever cannot`() {
        var bench = StubBench { $0.lookupTimeout = .seconds(30) }
        let both = bench.lookUp("db.example.org")
        let one = bench.lookUp("db.example.org", families: .ipv4)
        // No such name, says the server in one family: the other is waited for two seconds, by those who asked for
        // both.
        bench.deny("db.example.org", .aaaa)
        bench.advance(to: .milliseconds(2_500))
        #expect(bench.events[both]?.last == "ended: nameNotFound")
        #expect(bench.events[one] == ["started"])
        bench.answer("db.example.org", .a)
        #expect(bench.events[one]?.last == "ended")
    }

    @Test func `a query that has taken half of its time already is not waited for`() {
        var bench = StubBench { $0.lookupTimeout = .seconds(20) }
        _ = bench.lookUp("db.example.org", families: .ipv4)
        bench.advance(to: .milliseconds(9_900))
        let count = bench.resolver.queryCount
        _ = bench.lookUp("db.example.org", families: .ipv4)
        #expect(bench.resolver.queryCount == count)
        bench.advance(to: .milliseconds(10_100))
        _ = bench.lookUp("db.example.org", families: .ipv4)
        #expect(bench.resolver.queryCount == count + 1)
    }

    @Test func `whoever follows is led on by an alias as well`() {
        var bench = StubBench()
        let lookups = (0..<3).map { _ in bench.lookUp("a.example.org", families: .ipv4) }
        bench.answer("a.example.org", .a) { message in
            let target = QueryBench.name("c.example.org")
            message.answers = [Record(name: message.questions[0].name, timeToLive: 60, data: CNAMERecord(target))]
        }
        bench.answer("c.example.org", .a)
        #expect(bench.asked == ["a.example.org a", "c.example.org a"])
        #expect(lookups.allSatisfy { bench.events[$0]?.last == "ended" })
        #expect(bench.resolver.count == 0)
    }

    @Test func `aliases that lead to one name share its query`() {
        var bench = StubBench()
        let lookups = ["a.example.org", "b.example.org"].map { bench.lookUp($0, families: .ipv4) }
        for name in ["a.example.org", "b.example.org"] {
            bench.answer(name, .a) { message in
                let target = QueryBench.name("c.example.org")
                message.answers = [Record(name: message.questions[0].name, timeToLive: 60, data: CNAMERecord(target))]
            }
        }
        #expect(bench.asked.filter { $0 == "c.example.org a" }.count == 1)
        bench.answer("c.example.org", .a)
        #expect(lookups.allSatisfy { bench.events[$0]?.last == "ended" })
    }

    @Test func `a query that waits in line does so for each of its fairness keys, and begins once`() {
        var bench = QueryBench {
            $0.inFlightLimit = 1
        }
        let first = bench.ask()
        let waits = bench.ask(for: FairnessKey(label: "a"))
        bench.perform { client, _, _ in client.share(waits, for: FairnessKey(label: "b"), until: .seconds(60)) }
        bench.answer(0)
        #expect(bench.end(of: first) == "192.0.2.1")
        #expect(bench.begun.filter { $0 == waits }.count == 1)
        bench.answer(1)
        #expect(bench.end(of: waits) == "192.0.2.1")
        let next = bench.ask()
        bench.answer(bench.sent.count - 1)
        #expect(bench.end(of: next) == "192.0.2.1")
        #expect(bench.begun.filter { $0 == waits }.count == 1)
    }
}
