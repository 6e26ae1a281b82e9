// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NameResolution
import Testing

@testable import DNSResolution

/// No lasting conclusion from one sign, and none from half of one: what is learned of a server, what is believed, and
/// for how long.
@Suite struct `No lasting conclusion from one sign` {
    private static func question(_ name: String, _ type: RecordType = .a) -> Question {
        Question(name: QueryBench.name(name), type: type)
    }

    private static func noName(_ message: inout Message) {
        message.answers = []
        message.header.responseCode = .nameError
    }

    private static func options(_ cookie: [UInt8], owner: DomainName = .root) -> Record {
        Record(
            name: owner,
            recordClass: .init(rawValue: 1_232),
            timeToLive: 0,
            data: OPTRecord([OPTRecord.Option(code: 10, value: cookie)])
        )
    }

    private static func cookie(of message: Message) -> [UInt8]? {
        (message.additionals.first?.data as? OPTRecord)?.options.first { $0.code == 10 }?.value
    }

    @Test func `a name that takes long does not set its server aside for others`() {
        var bench = QueryBench(servers: 2)
        for type in [RecordType.a, .aaaa] { _ = bench.ask(Self.question("slow.example.org", type)) }
        bench.advance(to: .milliseconds(1_900))
        #expect(bench.sent.contains { $0.server == 1 })
        let count = bench.sent.count
        let key = bench.ask(Self.question("intranet.example.com"))
        #expect(bench.sent[count].server == 0)
        bench.answer(count)
        #expect(bench.end(of: key) == "192.0.2.1")
    }

    @Test func `a dead server is set aside at once by names of three parents, and of many under one`() {
        for parents in [3, 1] {
            var bench = QueryBench(servers: 2)
            for number in 0..<(parents == 1 ? 8 : 3) {
                _ = bench.ask(Self.question("n\(number).p\(number % parents).example.org"))
            }
            bench.advance(to: .milliseconds(450))
            let count = bench.sent.count
            _ = bench.ask(Self.question("other.example.com"))
            #expect(bench.sent[count].server == 1)
        }
    }

    @Test func `a dead server is set aside in ten seconds by a single name that is asked for again and again`() {
        var bench = QueryBench(servers: 2)
        while bench.now < .seconds(12) {
            let key = bench.ask()
            var looked = bench.sent.count - 1
            while bench.end(of: key) == nil, bench.now < .seconds(60) {
                while looked < bench.sent.count {
                    if bench.sent[looked].server == 1 { bench.answer(looked) }
                    looked += 1
                }
                bench.advance(to: bench.now + .milliseconds(10))
            }
        }
        let count = bench.sent.count
        _ = bench.ask()
        #expect(bench.sent[(count)...].contains { $0.server == 1 })
    }

    @Test func `two streams in a row that cannot be opened are a sign for a minute, and one is none`() {
        var bench = QueryBench()
        func refuse(_ bench: inout QueryBench, isRefused: Bool = true) -> Bool {
            _ = bench.ask()
            bench.answer(bench.sent.count - 1) { $0.header.isTruncated = true }
            let stream = bench.sent[bench.sent.count - 1]
            #expect(stream.isStream)
            bench.perform { client, now, actions in
                client.streamClosed(stream.carrier, "no", isRefused: isRefused, at: now, &actions)
            }
            defer { bench.advance(to: bench.now + .seconds(20)) }
            return bench.client.health[0].hasStreams(at: bench.now)
        }
        // One that could be opened lies between.
        let before = [refuse(&bench), refuse(&bench, isRefused: false), refuse(&bench), refuse(&bench)]
        #expect(before == [true, true, true, false])
        bench.advance(to: bench.now + .seconds(41))
        let hasStreams = bench.client.health[0].hasStreams(at: bench.now)
        let after = [hasStreams, refuse(&bench)]
        bench.advance(to: bench.now + .seconds(61))
        #expect(after + [refuse(&bench)] == [true, true, true])
    }

    @Test func `an answer over a stream says that there are streams`() {
        var bench = QueryBench()
        for _ in 0..<4 {
            _ = bench.ask()
            bench.answer(bench.sent.count - 1) { $0.header.isTruncated = true }
        }
        let streams = Set(bench.sent.filter(\.isStream).map(\.carrier))
        #expect(streams.count == 1)
        bench.perform { client, now, actions in
            for _ in 0..<2 { client.health[0].refusedStream(at: now) }
        }
        bench.answer(1)
        let hasStreams = bench.client.health[0].hasStreams(at: bench.now)
        #expect(hasStreams)
    }

    @Test func `streams that were opened and closed before an answer do not take all streams of a server away`() {
        var bench = QueryBench()
        for number in 0..<4 {
            _ = bench.ask(Self.question("n\(number).example.org"))
            bench.answer(bench.sent.count - 1) { $0.header.isTruncated = true }
            let stream = bench.sent[bench.sent.count - 1]
            #expect(stream.isStream)
            bench.perform { client, now, actions in
                client.streamClosed(stream.carrier, "closed by the server", at: now, &actions)
            }
            let hasStreams = bench.client.health[0].hasStreams(at: bench.now)
            #expect(hasStreams)
            bench.advance(to: bench.now + .seconds(3))
        }
    }

    @Test func `a complaint without a question does not end the try that it came to`() {
        var bench = QueryBench()
        let key = bench.ask()
        bench.answer(0) {
            $0.answers = []
            $0.questions = []
            $0.additionals = []
            $0.header.responseCode = .formatError
        }
        #expect(bench.end(of: key) == nil)
        // Forged: the server's own answer comes after it.
        bench.answer(0)
        #expect(bench.end(of: key) == "192.0.2.1")
    }

    @Test func `a complaint without a question and without the cookie is not believed`() throws {
        var bench = QueryBench()
        _ = bench.ask()
        let client = try #require(Self.cookie(of: bench.sent[0].message))
        bench.answer(0) { $0.additionals = [Self.options(client + [UInt8](repeating: 7, count: 8))] }
        let key = bench.ask()
        bench.answer(1) {
            $0.answers = []
            $0.questions = []
            $0.header.responseCode = .formatError
        }
        #expect(bench.client.mismatches.wrongCookie == 1)
        #expect(bench.end(of: key) == nil)
    }

    @Test func `cookies that are gone do not cut off a server without streams`() throws {
        var bench = QueryBench()
        _ = bench.ask()
        let client = try #require(Self.cookie(of: bench.sent[0].message))
        bench.answer(0) { $0.additionals = [Self.options(client + [UInt8](repeating: 7, count: 8))] }
        for number in 0..<5 {
            let key = bench.ask(Self.question("n\(number).example.org"))
            var looked = bench.sent.count - 1
            let start = bench.now
            while bench.end(of: key) == nil, bench.now < start + .seconds(5) {
                while looked < bench.sent.count, bench.end(of: key) == nil {
                    let sent = bench.sent[looked]
                    looked += 1
                    if sent.isStream {
                        bench.perform { client, now, actions in
                            client.streamClosed(sent.carrier, "connection refused", at: now, &actions)
                        }
                    } else {
                        // EDNS is kept, and no cookie comes.
                        bench.deliver(QueryBench.answer(sent.message), on: sent)
                    }
                }
                bench.advance(to: bench.now + .milliseconds(50))
            }
            #expect(bench.end(of: key) == "192.0.2.1")
            #expect(bench.now < start + .seconds(1))
        }
    }

    @Test func `both families of one name are one sign that a server does not keep to its cookies`() throws {
        var bench = QueryBench()
        _ = bench.ask()
        let client = try #require(Self.cookie(of: bench.sent[0].message))
        let both = client + [UInt8](repeating: 7, count: 8)
        bench.answer(0) { $0.additionals = [Self.options(both)] }
        for type in [RecordType.a, .aaaa] {
            let key = bench.ask(Self.question("db.example.org", type))
            bench.answer(bench.sent.count - 1)
            bench.answer(bench.sent.count - 1)
            #expect(bench.end(of: key) != nil)
            let again = bench.ask(Self.question("fine.example.org"))
            #expect(Self.cookie(of: bench.sent[bench.sent.count - 1].message) == client)
            bench.answer(bench.sent.count - 1) { $0.additionals = [Self.options(both)] }
            #expect(bench.end(of: again) == "192.0.2.1")
        }
    }

    @Test(arguments: [9, 12, 15, 41, 64])
    func `a cookie of a length that none has is a wrong one`(length: Int) throws {
        var bench = QueryBench()
        let key = bench.ask()
        let client = try #require(Self.cookie(of: bench.sent[0].message))
        bench.answer(0) {
            $0.additionals = [Self.options(client + [UInt8](repeating: 1, count: length - client.count))]
        }
        #expect(bench.client.mismatches.wrongCookie == 1)
        #expect(bench.end(of: key) == nil)
    }

    @Test(arguments: [true, false])
    func
        `two OPT records, or one with a name, are doubted; in the plain form, which has none, they are nobody's business`(
            isTwice: Bool
        ) throws
    {
        var bench = QueryBench { $0.usesCookies = false }
        let key = bench.ask()
        func spoil(_ message: inout Message) {
            let options = Record(name: .root, recordClass: .init(rawValue: 1_232), timeToLive: 0, data: OPTRecord())
            var other = options
            other.name = QueryBench.name("example.org")
            message.additionals = isTwice ? [options, options] : [other]
        }
        bench.answer(0, spoil)
        #expect(bench.end(of: key) == nil)
        #expect(bench.sent[1].message.additionals == [])
        bench.answer(1, spoil)
        #expect(bench.end(of: key) == "192.0.2.1")
    }

    @Test func `what is known of names under one parent is learned anew after ten minutes`() {
        var bench = QueryBench()
        func absent(_ name: String) -> Int {
            let count = bench.sent.count
            let key = bench.ask(Self.question(name))
            while bench.end(of: key) == nil { bench.answer(bench.sent.count - 1, Self.noName) }
            return bench.sent.count - count
        }
        #expect(absent("no1.example.org") == 2)
        // A plain success, then a wished one: from then on a negative is believed at once.
        for number in 0..<3 {
            _ = bench.ask(Self.question("yes\(number).example.org"))
            bench.answer(bench.sent.count - 1)
        }
        #expect(absent("no2.example.org") == 1)
        bench.advance(to: .seconds(601))
        #expect(absent("no3.example.org") == 2)
    }

    @Test
    func `a negative that the plain form is silent about is asked for elsewhere: the next server may know the name`() {
        var bench = QueryBench(servers: 2)
        let key = bench.ask()
        bench.answer(0, Self.noName)
        while bench.now < .seconds(2), !bench.sent.contains(where: { $0.server == 1 }) {
            bench.advance(to: bench.now + .milliseconds(50))
        }
        guard let next = bench.sent.firstIndex(where: { $0.server == 1 }) else {
            Issue.record("the next server was not asked: \(bench.summaries)")
            return
        }
        // As the C library asks, and it is waited for, though nothing is known of it.
        #expect(bench.sent[next].message.additionals == [])
        bench.advance(to: bench.now + .milliseconds(1_800))
        #expect(bench.end(of: key) == nil)
        bench.answer(next)
        #expect(bench.end(of: key) == "192.0.2.1")
    }

    @Test func `and over a stream`() {
        var bench = QueryBench()
        let key = bench.ask()
        bench.answer(0, Self.noName)
        while bench.now < .seconds(2), !bench.sent.contains(where: \.isStream) {
            bench.advance(to: bench.now + .milliseconds(50))
        }
        guard let stream = bench.sent.firstIndex(where: \.isStream) else {
            Issue.record("no stream was asked: \(bench.summaries)")
            return
        }
        bench.answer(stream)
        #expect(bench.end(of: key) == "192.0.2.1")
    }

    @Test func `where nobody says more it is believed in the end`() {
        var bench = QueryBench(servers: 3)
        let key = bench.ask()
        bench.answer(0, Self.noName)
        bench.advance(to: .seconds(6))
        #expect(bench.end(of: key) == "no such name")
        #expect(Set(bench.sent.map(\.server)) == [0, 1, 2])
    }
}
