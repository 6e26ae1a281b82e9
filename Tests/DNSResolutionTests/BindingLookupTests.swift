// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NameResolution
import Testing

@testable import DNSResolution

/// HTTPS records, as a zone file has them, at the name that was asked for or another.
private func bindings(_ texts: String..., at owner: String? = nil) -> (inout Message) -> Void {
    { message in
        let owner = owner.map(QueryBench.name) ?? message.questions[0].name
        message.answers.removeAll { $0.data is ARecord }
        message.answers += texts.map { text in
            guard let record = try? SVCBRecord(presentation: text) else {
                preconditionFailure("\(text) is no record")
            }
            return Record(name: owner, timeToLive: 60, data: HTTPSRecord(record))
        }
    }
}

@Suite struct `A lookup with service bindings` {
    private static let https = BindingQuestion.https(port: 443)

    @Test func `the bindings are asked for beside both families, and told apart`() {
        var bench = StubBench()
        let lookup = bench.lookUp("web.example.org", service: Self.https)
        #expect(bench.asked == ["web.example.org a", "web.example.org aaaa", "web.example.org https"])
        bench.answer("web.example.org", .https, bindings("1 . alpn=h2", "2 far.example.org port=8443"))
        let bound = "bound at web.example.org: 1 web.example.org alpn=\"h2\", 2 far.example.org port=8443"
        #expect(bench.events[lookup] == ["started", bound])
        bench.answer("web.example.org", .a)
        bench.answer("web.example.org", .aaaa)
        #expect(
            bench.events[lookup] == ["started", bound, "ipv4: 192.0.2.1 (dns)", "ipv6: ::1 (dns)", "ended"]
        )
        #expect(bench.resolver.count == 0 && bench.resolver.queryCount == 0)
    }

    @Test func `a name that has addresses and no bindings has none, and so has one that nobody can tell of`() {
        for isFailure in [false, true] {
            var bench = StubBench()
            let lookup = bench.lookUp("web.example.org", families: .ipv4, service: Self.https)
            if isFailure {
                bench.fail("web.example.org", .https)
            } else {
                bench.deny("web.example.org", .https, exists: true)
            }
            #expect(bench.events[lookup] == ["started"])
            bench.answer("web.example.org", .a)
            #expect(
                bench.events[lookup]
                    == ["started", "ipv4: 192.0.2.1 (dns)", "bound at web.example.org: ", "ended"]
            )
        }
    }

    @Test func `a name that has bindings alone is found`() {
        var bench = StubBench()
        let lookup = bench.lookUp("web.example.org", families: .ipv4, service: Self.https)
        bench.deny("web.example.org", .a, exists: true)
        bench.answer("web.example.org", .https, bindings("1 far.example.org"))
        #expect(
            bench.events[lookup]
                == ["started", "ipv4:  (dns)", "bound at web.example.org: 1 far.example.org", "ended"]
        )
    }

    @Test func `neither addresses nor bindings is a name that is not found`() {
        var bench = StubBench()
        let lookup = bench.lookUp("web.example.org", families: .ipv4, service: Self.https)
        bench.deny("web.example.org", .https)
        bench.deny("web.example.org", .a)
        #expect(bench.events[lookup] == ["started", "ended: nameNotFound"])
    }

    @Test func `a name that does not exist has no bindings, whoever is silent about them`() {
        var bench = StubBench(search: ["one.test", "two.test"])
        let lookup = bench.lookUp("web", service: Self.https)
        bench.deny("web.one.test", .a)
        bench.deny("web.one.test", .aaaa)
        // Nothing has been said of web.one.test's bindings, and the next name is asked for.
        #expect(bench.asked.suffix(3) == ["web.two.test a", "web.two.test aaaa", "web.two.test https"])
        bench.answer("web.one.test", .https, bindings("1 late.test"))
        bench.answer("web.two.test", .a)
        bench.answer("web.two.test", .aaaa)
        bench.answer("web.two.test", .https, bindings("1 right.test"))
        #expect(bench.events[lookup]?.suffix(2) == ["bound at web.two.test: 1 right.test", "ended"])
        #expect(bench.resolver.count == 0 && bench.resolver.queryCount == 0)
    }

    @Test func `where the name exists and nobody speaks of bindings, they are waited for half a second`() {
        var bench = StubBench()
        let lookup = bench.lookUp("web.example.org", service: Self.https)
        bench.answer("web.example.org", .a)
        bench.advance(to: .milliseconds(100))
        bench.answer("web.example.org", .aaaa)
        bench.advance(to: .milliseconds(599))
        #expect(bench.events[lookup]?.count == 3)
        bench.advance(to: .milliseconds(601))
        #expect(bench.events[lookup]?.suffix(2) == ["bound at web.example.org: ", "ended"])
        #expect(bench.resolver.count == 0 && bench.resolver.queryCount == 0)

        // Silence about bindings says nothing of the server: the next query waits as long as ever.
        let empty = bench.lookUp("empty.example.org", service: Self.https)
        bench.deny("empty.example.org", .a, exists: true)
        bench.deny("empty.example.org", .aaaa, exists: true)
        bench.advance(to: .milliseconds(1_200))
        #expect(bench.events[empty] == ["started", "ended: nameNotFound"])
    }

    @Test func `another port and another scheme have names of their own`() {
        var bench = StubBench()
        _ = bench.lookUp("web.example.org", families: .ipv4, service: .https(port: 8_443))
        _ = bench.lookUp("dns.example.org", families: .ipv4, service: .scheme("dns"))
        _ = bench.lookUp("dns.example.org", families: .ipv4, service: .scheme("dns", port: 853))
        #expect(
            bench.asked.filter { !$0.hasSuffix(" a") } == [
                "_8443._https.web.example.org https", "_dns.dns.example.org svcb", "_853._dns.dns.example.org svcb",
            ]
        )
    }

    @Test func `a target that is left out is the name that the record stands at`() {
        var bench = StubBench()
        let lookup = bench.lookUp("web.example.org", families: .ipv4, service: .https(port: 8_443))
        bench.answer("_8443._https.web.example.org", .https, bindings("1 ."))
        #expect(bench.events[lookup]?.last == "bound at web.example.org: 1 _8443._https.web.example.org")
    }

    @Test func `where an alias leads to the records, its addresses are those of the name itself`() {
        var bench = StubBench()
        let lookup = bench.lookUp("web.example.org", families: .ipv4, service: Self.https)
        bench.answer("web.example.org", .https) { message in
            let alias = CNAMERecord(QueryBench.name("host.example.net"))
            message.answers = [Record(name: message.questions[0].name, timeToLive: 60, data: alias)]
            bindings("1 .", "2 host.example.net port=8443", "3 far.example.net", at: "host.example.net")(&message)
        }
        #expect(
            bench.events[lookup]?.last == "bound at web.example.org: 1 web.example.org, "
                + "2 web.example.org port=8443, 3 far.example.net"
        )
    }

    @Test func `records in AliasMode are followed, without the prefix, and what stands beside them means nothing`() {
        var bench = StubBench()
        let lookup = bench.lookUp("web.example.org", families: .ipv4, service: .https(port: 8_443))
        bench.answer("_8443._https.web.example.org", .https, bindings("1 never.example.org", "0 pool.example.net"))
        #expect(bench.asked.last == "pool.example.net https")
        bench.answer("pool.example.net", .https, bindings("1 . alpn=h2"))
        #expect(
            bench.events[lookup]?.last
                == "bound at web.example.org: 1 pool.example.net alpn=\"h2\", alias pool.example.net"
        )
    }

    @Test func `where an alias leads to no bindings, the name that it leads to is told`() {
        for fate in 0..<3 {
            var bench = StubBench()
            let lookup = bench.lookUp("web.example.org", families: .ipv4, service: Self.https)
            bench.answer("web.example.org", .https, bindings("0 pool.example.net"))
            switch fate {
            case 0: bench.deny("pool.example.net", .https)
            case 1: bench.fail("pool.example.net", .https)
            default: bench.answer("pool.example.net", .https, bindings("0 web.example.org"))
            }
            #expect(bench.events[lookup]?.last == "bound at web.example.org: alias pool.example.net")
        }
    }

    @Test func `a chain of records in AliasMode has an end, and the root is no name to go on with`() {
        var bench = StubBench()
        let lookup = bench.lookUp("n0.example.org", families: .ipv4, service: Self.https)
        var count = 0
        while bench.open.contains(where: { $0.summary == "n\(count).example.org https" }) {
            bench.answer("n\(count).example.org", .https, bindings("0 n\(count + 1).example.org"))
            count += 1
            if count > 50 { break }
        }
        #expect(count == 9)
        #expect(bench.events[lookup]?.last == "bound at n0.example.org: alias n8.example.org")

        let other = bench.lookUp("gone.example.org", families: .ipv4, service: Self.https)
        bench.answer("gone.example.org", .https, bindings("0 ."))
        bench.deny("gone.example.org", .a)
        #expect(bench.events[other] == ["started", "ended: nameNotFound"])
    }

    @Test func `the bindings belong to the name that the search list has found`() {
        var bench = StubBench(search: ["one.test", "two.test"])
        let lookup = bench.lookUp("web", families: .ipv4, service: Self.https)
        bench.deny("web.one.test", .a)
        bench.deny("web.one.test", .https)
        bench.answer("web.two.test", .https, bindings("1 . port=8443"))
        bench.answer("web.two.test", .a)
        #expect(
            bench.events[lookup] == [
                "started", "bound at web.two.test: 1 web.two.test port=8443", "ipv4: 192.0.2.1 (dns)", "ended",
            ]
        )
    }

    @Test func `what is missing beside addresses teaches nothing about the search list`() {
        var bench = StubBench(search: ["one.test"]) { $0.guardsSearch = true }
        for number in 0..<20 {
            let name = "web\(number)"
            _ = bench.lookUp(name, families: .ipv4, service: Self.https)
            bench.answer("\(name).one.test", .a)
            bench.deny("\(name).one.test", .https, exists: true)
        }
        _ = bench.lookUp("last", families: .ipv4)
        #expect(bench.asked.last == "last.one.test a")
    }

    @Test func `the cache answers all of it, bindings included, before the lookup has been asked for`() {
        var bench = StubBench()
        _ = bench.lookUp("web.example.org", families: .ipv4, service: Self.https)
        bench.answer("web.example.org", .a)
        bench.answer("web.example.org", .https, bindings("1 . alpn=h2"))
        let again = bench.lookUp("web.example.org", families: .ipv4, service: Self.https)
        #expect(
            bench.events[again] == [
                "ipv4: 192.0.2.1 (cache)", "bound at web.example.org: 1 web.example.org alpn=\"h2\"", "ended",
            ]
        )
        #expect(bench.asked.count == 2)
    }

    @Test func `a name too long for the prefix has no bindings, and is looked up all the same`() {
        var bench = StubBench()
        let long = Array(repeating: String(repeating: "a", count: 49), count: 5).joined(separator: ".")
        let lookup = bench.lookUp(long, families: .ipv4, service: .https(port: 8_443))
        #expect(bench.asked == ["\(long) a"])
        bench.answer(long, .a)
        #expect(bench.events[lookup] == ["started", "ipv4: 192.0.2.1 (dns)", "bound at \(long): ", "ended"])
    }

    @Test func `where one question waits for the other, the bindings are the last`() {
        var bench = StubBench { $0.asksOneByOne = true }
        let lookup = bench.lookUp("web.example.org", service: Self.https)
        bench.answer("web.example.org", .a)
        bench.answer("web.example.org", .aaaa)
        bench.answer("web.example.org", .https, bindings("0 pool.example.net"))
        bench.deny("pool.example.net", .https)
        #expect(
            bench.asked == [
                "web.example.org a", "web.example.org aaaa", "web.example.org https", "pool.example.net https",
            ]
        )
        #expect(bench.events[lookup]?.suffix(2) == ["bound at web.example.org: alias pool.example.net", "ended"])
    }

    @Test func `what one answer ends is closed after it was opened, whatever the same answer opens`() {
        var bench = StubBench()
        func deny(_ message: inout Message) {
            message.answers = []
            message.header.responseCode = .nameError
        }
        let first = bench.lookUp("web.example.org", families: .ipv4)
        let second = bench.lookUp("web.example.org", service: Self.https)
        while !bench.open.isEmpty { bench.answerAll(deny) }
        #expect(bench.events[first]?.last?.hasPrefix("ended") == true)
        #expect(bench.events[second]?.last?.hasPrefix("ended") == true)
        #expect(bench.closedUnopened.isEmpty)
    }
}
