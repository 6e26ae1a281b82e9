// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import FairDialTestKit
import IPAddresses
import NameResolution
import SystemSupport
import Testing

@testable import DNSResolution

@Suite struct `What the cache keeps` {
    private static let address = IPAddress.v4(.loopback)

    private func name(_ text: String) throws -> DomainName { try DomainName(text) }

    private func answer(_ seconds: UInt32?, _ addresses: [IPAddress] = [address]) -> ServerAnswer {
        ServerAnswer(content: .addresses(addresses), timeToLive: seconds, source: .cache)
    }

    @Test func `an answer is there for as long as its zone says, whatever the name's case`() throws {
        var cache = AnswerCache()
        cache.keep(answer(60), for: try name("DB.example.org"), .a, at: .seconds(100))
        #expect(cache.find(try name("db.EXAMPLE.org"), .a, at: .seconds(159))?.answer == answer(1))
        #expect(cache.find(try name("db.example.org"), .a, at: .seconds(160)) == nil)
        #expect(cache.find(try name("db.example.org"), .aaaa, at: .seconds(101)) == nil)
        #expect(cache.find(try name("b.example.org"), .a, at: .seconds(101)) == nil)
    }

    @Test func `it tells for how much longer addresses may be used, and a family without any does not count`() throws {
        var cache = AnswerCache()
        let both = (try name("db.example.org"), try name("v4.example.org"))
        cache.keep(answer(90, [try IPAddress("::1")]), for: both.0, .aaaa, at: .zero)
        cache.keep(answer(60), for: both.0, .a, at: .seconds(10))
        cache.keep(ServerAnswer(content: .noData, timeToLive: 20), for: both.1, .aaaa, at: .zero)
        cache.keep(answer(60), for: both.1, .a, at: .zero)
        // Put together at first, and handed over ready after that.
        for (time, left) in [(20, 50), (21, 49)] {
            let now = Duration.seconds(time)
            #expect(cache.addresses(of: "db.example.org", families: .both, at: now)?.timeToLive == .seconds(left))
        }
        for (time, left) in [(10, 50), (11, 49)] {
            let now = Duration.seconds(time)
            #expect(cache.addresses(of: "v4.example.org", families: .both, at: now)?.timeToLive == .seconds(left))
        }
        #expect(cache.find(both.0, .aaaa, at: .milliseconds(20_500))?.answer.timeToLive == 69)
    }

    @Test func `zero seconds are not kept, and what was there before is gone`() throws {
        var cache = AnswerCache()
        cache.keep(answer(60), for: try name("db"), .a, at: .zero)
        cache.keep(answer(0), for: try name("db"), .a, at: .seconds(1))
        #expect(cache.find(try name("db"), .a, at: .seconds(1)) == nil)
        #expect(cache.count == 0)
        #expect(cache.byteCount == 0)
    }

    @Test func `times are brought within the operator's bounds`() throws {
        var configuration = CacheConfiguration()
        configuration.lifetimes = .seconds(10) ... .seconds(100)
        var cache = AnswerCache(configuration)
        cache.keep(answer(0), for: try name("zero"), .a, at: .zero)
        cache.keep(answer(100_000), for: try name("long"), .a, at: .zero)
        #expect(cache.find(try name("zero"), .a, at: .seconds(9)) != nil)
        #expect(cache.find(try name("long"), .a, at: .seconds(99)) != nil)
        #expect(cache.find(try name("long"), .a, at: .seconds(100)) == nil)
    }

    @Test func `a no is kept by its zone's word, fifteen minutes at most, and not without it`() throws {
        var cache = AnswerCache()
        for (index, content) in [ServerAnswer.Content.noData, .nameError].enumerated() {
            cache.keep(ServerAnswer(content: content, timeToLive: 30), for: try name("a\(index)"), .a, at: .zero)
            cache.keep(ServerAnswer(content: content, timeToLive: 86_400), for: try name("b\(index)"), .a, at: .zero)
            cache.keep(ServerAnswer(content: content, timeToLive: nil), for: try name("c\(index)"), .a, at: .zero)
            #expect(cache.find(try name("a\(index)"), .a, at: .seconds(29))?.answer.content == content)
            #expect(cache.find(try name("a\(index)"), .a, at: .seconds(30)) == nil)
            #expect(cache.find(try name("b\(index)"), .a, at: .seconds(899)) != nil)
            #expect(cache.find(try name("b\(index)"), .a, at: .seconds(900)) == nil)
            #expect(cache.find(try name("c\(index)"), .a, at: .zero) == nil)
        }
    }

    @Test func `stale answers are given where they may be, marked, and one fairness key is to fetch them anew`() throws
    {
        var configuration = CacheConfiguration()
        configuration.staleness = .seconds(1_000)
        var cache = AnswerCache(configuration)
        cache.keep(answer(10), for: try name("db"), .a, at: .zero)
        let early = cache.find(try name("db"), .a, at: .seconds(10))
        let first = try #require(early)
        #expect(first.answer.isStale && first.wantsRefresh)
        let late = cache.find(try name("db"), .a, at: .seconds(11))
        let second = try #require(late)
        #expect(second.answer.isStale && !second.wantsRefresh)
        cache.refreshFailed(try name("db"), .a)
        #expect(cache.find(try name("db"), .a, at: .seconds(12))?.wantsRefresh == true)
        #expect(cache.find(try name("db"), .a, at: .seconds(1_010)) == nil)
        cache.keep(answer(10), for: try name("db"), .a, at: .seconds(1_000))
        #expect(cache.find(try name("db"), .a, at: .seconds(1_001))?.answer.isStale == false)
    }

    @Test func `busy names are fetched anew in the last tenth of their time, and others are not`() throws {
        var cache = AnswerCache()
        for text in ["busy", "quiet"] { cache.keep(answer(100), for: try name(text), .a, at: .zero) }
        for _ in 0..<3 { #expect(cache.find(try name("busy"), .a, at: .seconds(50))?.wantsRefresh == false) }
        #expect(cache.find(try name("busy"), .a, at: .seconds(89))?.wantsRefresh == false)
        #expect(cache.find(try name("busy"), .a, at: .seconds(90))?.wantsRefresh == true)
        #expect(cache.find(try name("busy"), .a, at: .seconds(91))?.wantsRefresh == false)
        #expect(cache.find(try name("quiet"), .a, at: .seconds(95))?.wantsRefresh == false)
    }

    @Test func `both families at once, as the name is written`() throws {
        var cache = AnswerCache()
        let ipv6 = IPAddress.v6(.loopback, zone: nil)
        cache.keep(answer(60), for: try name("db.example.org"), .a, at: .zero)
        #expect(cache.addresses(of: "db.example.org", families: .both, at: .zero) == nil)
        #expect(cache.addresses(of: "db.example.org.", families: .ipv4, at: .zero)?.addresses == [Self.address])
        cache.keep(answer(30, [ipv6]), for: try name("db.example.org"), .aaaa, at: .zero)
        for text in ["db.example.org", "db.example.org."] {
            for _ in 0..<2 {
                let answer = cache.addresses(of: text, families: .both, at: .seconds(26))
                let found = try #require(answer)
                #expect(found.addresses == [ipv6, Self.address])
                #expect(found.families == .both)
                #expect(found.source == .cache)
            }
        }
        #expect(cache.addresses(of: "db.example.org", families: .both, at: .seconds(30)) == nil)
        for text in [
            "", ".", "..", "db..example.org", "db.example", #"db\.example.org"#, String(repeating: "a", count: 300),
        ] {
            #expect(cache.addresses(of: text, families: .both, at: .zero) == nil)
        }
        // The first answer's place is not the second's.
        cache.keep(answer(60, []), for: try name("db.example.org"), .a, at: .zero)
        #expect(
            cache.addresses(of: "db.example.org", families: .both, at: .seconds(1))?.addresses != [ipv6, Self.address]
        )
    }

    @Test func `a label's own dot or backslash is never taken for another name's`() throws {
        var cache = AnswerCache()
        let odd = [Array("a.b".utf8), Array("org".utf8)], slash = [Array(#"a\b"#.utf8), Array("org".utf8)]
        let names = [try DomainName(labels: odd), try DomainName(labels: slash), try name("a.b.org"), .root]
        for (index, name) in names.enumerated() {
            for type in [RecordType.a, .aaaa] {
                cache.keep(answer(60, [.v4(IPv4Address(bits: UInt32(index)))]), for: name, type, at: .zero)
            }
        }
        // The first and the third have one text, and so one place: the newer one has it.
        #expect(cache.count == 3)
        #expect(cache.find(names[0], .a, at: .zero) == nil)
        for (index, name) in names.enumerated().dropFirst() {
            let found = cache.find(name, .a, at: .zero)
            #expect(found?.answer.content == .addresses([.v4(IPv4Address(bits: UInt32(index)))]))
        }
        let plain = cache.addresses(of: "a.b.org", families: .both, at: .zero)
        #expect(plain?.addresses.first == .v4(IPv4Address(bits: 2)))
        cache.keep(answer(60), for: names[0], .a, at: .zero)
        for text in ["a.b.org", #"a\.b.org"#, #"a\b.org"#, #"a\b.org"#] {
            #expect(cache.addresses(of: text, families: .ipv4, at: .zero) == nil)
        }
    }

    @Test func `a name in any case is one, whatever the bytes`() throws {
        var cache = AnswerCache()
        cache.keep(answer(60), for: try name("DB.Example.ORG"), .a, at: .zero)
        #expect(cache.find(try name("db.eXample.org"), .a, at: .zero) != nil)
        #expect(cache.addresses(of: "db.example.org", families: .ipv4, at: .zero) != nil)
        let question = LookupQuestion(name: "dB.exAMPLE.org.", families: .ipv4)
        let bench = EngineBench()
        let (engine, searching) = (bench.makeEngine(), bench.makeEngine(search: ["example.org"]))
        for (engine, host) in try [(engine, name("DB.Example.ORG")), (engine, name("db")), (searching, name("db"))] {
            engine.cache.withLock { $0.keep(answer(60), for: host, .a, at: .zero) }
        }
        #expect(engine.knownAddresses(question, at: bench.now)?.addresses == [Self.address])
        let short = LookupQuestion(name: "db", families: .ipv4)
        #expect(engine.knownAddresses(short, at: bench.now)?.addresses == [Self.address])
        #expect(searching.knownAddresses(short, at: bench.now) == nil)
        let bound = LookupQuestion(name: question.name, families: .ipv4, service: .https(port: 443))
        #expect(engine.knownAddresses(bound, at: bench.now) == nil)
    }

    @Test func `names that are busy by this way are fetched anew in time, too`() throws {
        var cache = AnswerCache()
        cache.keep(answer(100), for: try name("db"), .a, at: .zero)
        cache.keep(answer(100), for: try name("db"), .aaaa, at: .zero)
        for _ in 0..<3 { #expect(cache.addresses(of: "db", families: .both, at: .seconds(50)) != nil) }
        #expect(cache.addresses(of: "db", families: .both, at: .seconds(90)) == nil)
        #expect(cache.find(try name("db"), .a, at: .seconds(90))?.wantsRefresh == true)
        #expect(cache.find(try name("db"), .aaaa, at: .seconds(90))?.wantsRefresh == true)
        // While that is under way the old answer is good enough.
        #expect(cache.addresses(of: "db", families: .both, at: .seconds(91)) != nil)
    }

    @Test func `a family that has nothing does not hide the other, and none at all is not this way's business`() throws
    {
        var cache = AnswerCache()
        cache.keep(answer(60), for: try name("db"), .a, at: .zero)
        cache.keep(ServerAnswer(content: .noData, timeToLive: 60), for: try name("db"), .aaaa, at: .zero)
        #expect(cache.addresses(of: "db", families: .both, at: .zero)?.addresses == [Self.address])
        cache.keep(ServerAnswer(content: .noData, timeToLive: 60), for: try name("db"), .a, at: .zero)
        #expect(cache.addresses(of: "db", families: .both, at: .zero) == nil)
    }

    @Test func `the bounds hold, and names that are asked for stay`() throws {
        var configuration = CacheConfiguration()
        configuration.entryLimit = 100
        var cache = AnswerCache(configuration)
        for index in 0..<10 { cache.keep(answer(60), for: try name("wanted\(index)"), .a, at: .zero) }
        for index in 0..<10_000 {
            cache.keep(answer(60), for: try name("crowd\(index)"), .a, at: .zero)
            if index % 20 == 0 {
                for wanted in 0..<10 { #expect(cache.find(try name("wanted\(wanted)"), .a, at: .zero) != nil) }
            }
            #expect(cache.count <= 100)
        }
        #expect(cache.contents(at: .zero).count == cache.count)
        cache.removeAll()
        #expect(cache.count == 0 && cache.byteCount == 0)
    }

    @Test func `memory is bounded whatever a server answers with`() throws {
        var configuration = CacheConfiguration()
        configuration.byteLimit = 4_000_000
        var cache = AnswerCache(configuration)
        let many = answer(60, Array(repeating: Self.address, count: 3_900))
        for index in 0..<1_000 {
            cache.keep(many, for: try name("huge\(index)"), .a, at: .zero)
            #expect(cache.byteCount <= 4_000_000)
        }
        #expect(cache.count >= 1)
        cache.remove(try name("huge999"))
        #expect(cache.find(try name("huge999"), .a, at: .zero) == nil)
    }

    @Test func `a cache that keeps nothing keeps nothing`() throws {
        var cache = AnswerCache(.off)
        cache.keep(answer(60), for: try name("db"), .a, at: .zero)
        #expect(cache.count == 0)
    }

    @Test func `it agrees with a dictionary that never forgets before the time`() throws {
        var generator = SeededGenerator(seed: 9)
        var cache = AnswerCache()
        var twin: [String: (ServerAnswer, Duration)] = [:]
        for step in 0..<20_000 {
            let now = Duration.milliseconds(step * 20)
            let text = "n\(Int.random(in: 0..<300, using: &generator))"
            if Bool.random(using: &generator) {
                let seconds = UInt32.random(in: 0...20, using: &generator)
                let kept = answer(seconds, [.v4(IPv4Address(bits: UInt32(step)))])
                cache.keep(kept, for: try name(text), .a, at: now)
                twin[text] = seconds == 0 ? nil : (kept, now + .seconds(Int64(seconds)))
            } else {
                var expected = twin[text].flatMap { $0.1 > now ? $0.0 : nil }
                expected?.timeToLive = twin[text].map { UInt32(($0.1 - now).components.seconds) }
                #expect(cache.find(try name(text), .a, at: now)?.answer == expected)
            }
        }
    }
}
