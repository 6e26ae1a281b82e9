// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NameResolution
import Testing

@testable import DNSResolution

/// Design, rule 10: no worse than the C library. What a server does wrong with our wishes, and the plain form that
/// follows.
@Suite struct `The plain form` {
    private static func isPlain(_ sent: QueryBench.Sent) -> Bool {
        sent.message.additionals.isEmpty
            && sent.message.questions[0].name.wire == "\(sent.message.questions[0].name)".wire
    }

    private static func nothing(_ message: inout Message) {
        message.answers = []
    }

    private static func noName(_ message: inout Message) {
        message.answers = []
        message.header.responseCode = .nameError
    }

    private static func question(_ name: String, _ type: RecordType = .a) -> Question {
        Question(name: QueryBench.name(name), type: type)
    }

    @Test func `a server that drops every query with an OPT record is asked without after 400 ms`() {
        var bench = QueryBench()
        let key = bench.ask()
        bench.advance(to: .milliseconds(399))
        #expect(bench.sent.count == 1)
        bench.advance(to: .milliseconds(400))
        #expect(bench.sent.count == 2)
        #expect(Self.isPlain(bench.sent[1]))
        // From a port of its own.
        #expect(bench.sent[1].carrier != bench.sent[0].carrier)
        bench.answer(1)
        #expect(bench.end(of: key) == "192.0.2.1")
    }

    @Test func `where only the plain form has been answered so far it is asked after 100 ms, until the wished one is`()
    {
        var bench = QueryBench()
        _ = bench.ask()
        bench.advance(to: .milliseconds(400))
        bench.answer(1)
        // The copy that is to fail again goes out beside it.
        let before = bench.sent.count
        _ = bench.ask(Self.question("other.example.net"))
        bench.advance(to: .milliseconds(499))
        #expect(bench.sent.count == before + 1)
        bench.advance(to: .milliseconds(500))
        #expect(bench.sent.count == before + 2 && Self.isPlain(bench.sent[before + 1]))
        bench.answer(before)
        let after = bench.sent.count
        _ = bench.ask(Self.question("third.example.com"))
        bench.advance(to: .milliseconds(650))
        #expect(bench.sent.count == after + 1)
    }

    @Test(arguments: [
        ResponseCode.serverFailure, .refused, .nameError, .noError, .formatError, .notImplemented, .badVersion,
    ])
    func `whatever but addresses is said to the wished form, the plain one is asked at once and counts`(
        code: ResponseCode
    ) {
        var bench = QueryBench()
        let key = bench.ask()
        bench.answer(0) {
            $0.answers = []
            $0.header.responseCode = code
        }
        #expect(bench.end(of: key) == nil)
        #expect(bench.sent.count == 2 && Self.isPlain(bench.sent[1]))
        bench.answer(1)
        #expect(bench.end(of: key) == "192.0.2.1")
    }

    @Test(arguments: [ResponseCode.serverFailure, .refused, .formatError, .notImplemented])
    func `a complaint without a question is heard`(code: ResponseCode) {
        var bench = QueryBench { $0.attempts = 1 }
        let key = bench.ask()
        for number in 0...1 {
            bench.answer(number) {
                $0.answers = []
                $0.questions = []
                $0.additionals = []
                $0.header.responseCode = code
            }
        }
        #expect(bench.end(of: key) == "failed: 10.0.0.1: \(code); 10.0.0.1: \(code)")
        #expect(bench.now == .zero)
    }

    /// A record of the right type that cannot be read: three bytes are no IPv4 address.
    private static func broken(_ name: String) -> Record {
        Record(name: QueryBench.name(name), timeToLive: 60, data: UnknownRecord(type: .a, bytes: [1, 2, 3]))
    }

    private static func address(_ name: String, _ bits: UInt32) -> Record {
        Record(name: QueryBench.name(name), timeToLive: 60, data: ARecord(IPv4Address(bits: bits)))
    }

    @Test(arguments: [true, false], [true, false])
    func `a record that cannot be read brings no other name's address in`(hasGoodOne: Bool, isFirst: Bool) {
        var bench = QueryBench { $0.attempts = 1 }
        let key = bench.ask()
        let good = hasGoodOne ? [Self.address("db.example.org", 0xC000_0205)] : []
        for number in 0...1 where bench.end(of: key) == nil && number < bench.sent.count {
            bench.answer(number) {
                let stranger = Self.address("other.example.org", 0x7F09_0909)
                let broken = Self.broken("db.example.org")
                $0.answers = good + (isFirst ? [broken, stranger] : [stranger, broken])
            }
        }
        bench.advance(to: .seconds(30))
        #expect(bench.end(of: key)?.contains("127.9.9.9") == false)
        if hasGoodOne { #expect(bench.end(of: key) == "192.0.2.5") }
    }

    @Test(arguments: [true, false])
    func `a record that cannot be read behind an alias loses no other one`(isFirst: Bool) {
        var bench = QueryBench { $0.attempts = 1 }
        let key = bench.ask()
        let alias = Record(
            name: QueryBench.name("db.example.org"),
            timeToLive: 60,
            data: CNAMERecord(QueryBench.name("b.example.org"))
        )
        let good = Self.address("b.example.org", 0xC000_0205)
        let broken = Self.broken("b.example.org")
        for number in 0...1 where bench.end(of: key) == nil && number < bench.sent.count {
            bench.answer(number) { $0.answers = [alias] + (isFirst ? [broken, good] : [good, broken]) }
        }
        bench.advance(to: .seconds(30))
        #expect(bench.end(of: key) == "192.0.2.5")
    }

    @Test func `the answer appended to the query as it was is no negative`() {
        var bench = QueryBench()
        let key = bench.ask()
        let options = bench.sent[0].message.additionals
        bench.answer(0) { message in
            let address = message.answers[0]
            // ANCOUNT 1 is the query's own OPT record; the address stands behind it.
            message.answers = options
            message.additionals = [address]
        }
        #expect(bench.end(of: key) == nil)
        #expect(Self.isPlain(bench.sent[1]))
        bench.answer(1)
        #expect(bench.end(of: key) == "192.0.2.1")
    }

    @Test func `an answer that announces more than it has is no negative: plainly, then by stream, and then a failure`()
    {
        var bench = QueryBench { $0.attempts = 1 }
        let key = bench.ask()
        func elsewhere(_ message: inout Message) {
            message.answers = [Record(name: QueryBench.question.name, timeToLive: 1, data: AAAARecord(.loopback))]
        }
        bench.answer(0, elsewhere)
        bench.answer(1, elsewhere)
        #expect(bench.sent.map(\.isStream) == [false, false, true])
        bench.answer(2, elsewhere)
        bench.advance(to: .seconds(6))
        #expect(bench.end(of: key)?.contains("its answer lacks records that it announces") == true)
    }

    @Test func `a message that is cut without a word is asked for plainly, then by stream`() throws {
        var bench = QueryBench()
        let key = bench.ask()
        for number in 0...1 {
            var bytes = try QueryBench.answer(bench.sent[number].message).bytes()
            bytes.removeLast(3)
            bench.deliver(bytes, on: bench.sent[number])
        }
        #expect(bench.sent.map(\.isStream) == [false, false, true])
        bench.answer(2)
        #expect(bench.end(of: key) == "192.0.2.1")
    }

    @Test(arguments: [true, false])
    func `addresses of another class, or behind aliases without an end, are taken where nothing better comes`(
        isClass: Bool
    ) {
        var bench = QueryBench()
        let key = bench.ask()
        func odd(_ message: inout Message) {
            if isClass {
                message.answers = message.answers.map {
                    Record(name: $0.name, recordClass: .chaos, timeToLive: 60, data: $0.data)
                }
            } else {
                let name = QueryBench.question.name
                message.answers.insert(Record(name: name, timeToLive: 60, data: CNAMERecord(name)), at: 0)
            }
        }
        bench.answer(0, odd)
        #expect(Self.isPlain(bench.sent[1]))
        bench.answer(1, odd)
        #expect(bench.end(of: key) == nil && bench.sent[2].isStream)
        bench.answer(2, odd)
        #expect(bench.end(of: key) == "192.0.2.1")
    }

    @Test func `an answer that ends where the oldest limit is may lack some, with an OPT record in it or without`() {
        var bench = QueryBench()
        let key = bench.ask()
        func fill(_ message: inout Message, _ count: Int) {
            message.answers = (1...UInt32(count)).map {
                Record(
                    name: QueryBench.question.name,
                    timeToLive: 60,
                    data: ARecord(IPv4Address(bits: 0xC000_0200 + $0))
                )
            }
        }
        bench.answer(0) { message in
            fill(&message, 28)
            message.additionals = [Record(name: .root, timeToLive: 0, data: OPTRecord())]
        }
        #expect(Self.isPlain(bench.sent[1]))
        bench.answer(1) { fill(&$0, 29) }
        #expect(bench.end(of: key)?.split(separator: " ").count == 29)
    }

    @Test func `what could be read of a broken answer waits for a server that has not been asked`() throws {
        var bench = QueryBench(servers: 2)
        let key = bench.ask()
        func cut(_ message: inout Message) {
            message.header.isTruncated = true
        }
        bench.answer(0, cut)
        #expect(bench.sent[1].isStream)
        let whole = QueryBench.answer(bench.sent[1].message) { message in
            message.answers.append(
                Record(name: QueryBench.question.name, timeToLive: 60, data: ARecord(IPv4Address(bits: 0xC000_0202)))
            )
        }
        var bytes = try whole.bytes()
        bytes.removeLast(10)
        bench.deliver(bytes, on: bench.sent[1])
        #expect(bench.end(of: key) == nil)
        bench.advance(to: .milliseconds(500))
        let other = try #require(bench.sent.firstIndex { $0.server == 1 })
        bench.answer(other) { $0.answers += $0.answers }
        #expect(bench.end(of: key) == "192.0.2.1 192.0.2.1")
    }

    @Test func `0.0.0.0 is doubted once`() {
        var bench = QueryBench()
        let key = bench.ask()
        func unspecified(_ message: inout Message) {
            message.answers = [Record(name: message.questions[0].name, timeToLive: 1, data: ARecord(.unspecified))]
        }
        bench.answer(0, unspecified)
        #expect(bench.end(of: key) == nil)
        bench.answer(1, unspecified)
        #expect(bench.end(of: key) == "0.0.0.0")
    }

    @Test func `names of one label and servers on the loopback are asked for as they are written`() {
        var bench = QueryBench()
        for _ in 0..<20 { _ = bench.ask(Self.question("postgres")) }
        #expect(Set(bench.sent.map { $0.message.questions[0].name.wire }) == ["postgres".wire])
    }

    @Test func `in the plain form another spelling is the same name, as for the C library`() {
        var bench = QueryBench()
        let key = bench.ask()
        bench.answer(0) { $0.questions[0].name = QueryBench.name("DB.EXAMPLE.ORG") }
        #expect(bench.end(of: key) == nil)
        bench.answer(1) { $0.questions[0].name = QueryBench.name("DB.EXAMPLE.ORG") }
        #expect(bench.end(of: key) == "192.0.2.1")
    }

    @Test func `the C library looks at neither QR nor the operation, nor do we in the plain form`() {
        var bench = QueryBench()
        let key = bench.ask()
        func turnedOff(_ message: inout Message) {
            message.header.isResponse = false
            message.header.operation = 5
        }
        bench.answer(0, turnedOff)
        bench.advance(to: .milliseconds(400))
        bench.answer(1, turnedOff)
        #expect(bench.end(of: key) == "192.0.2.1")
    }

    @Test func `after four mismatched datagrams it goes by stream, never in a plain datagram`() {
        var bench = QueryBench()
        let key = bench.ask()
        for _ in 0..<4 {
            bench.answer(0) {
                $0.header.identifier ^= 1
                Self.noName(&$0)
            }
        }
        bench.advance(to: .milliseconds(400))
        #expect(bench.sent.map(\.isStream) == [false, false, true])
        #expect(!Self.isPlain(bench.sent[1]))
        bench.answer(2)
        #expect(bench.end(of: key) == "192.0.2.1")
    }

    @Test func `the plain form is asked once per question and server, and once more byte for byte`() {
        var bench = QueryBench { $0.lookupTimeout = .seconds(30) }
        _ = bench.ask()
        bench.advance(to: .seconds(30))
        let plain = bench.sent.filter { Self.isPlain($0) && !$0.isStream }
        #expect(plain.count == 2)
        #expect(Set(plain.map(\.carrier)).count == 1 && plain[0].message == plain[1].message)
    }

    @Test func `a stream that cannot be opened is no verdict, and a slow datagram still counts`() {
        var bench = QueryBench { $0.attempts = 1 }
        let key = bench.ask()
        bench.answer(0) { $0.header.isTruncated = true }
        let stream = bench.sent[1].carrier
        bench.perform { client, now, actions in
            client.streamClosed(stream, "connection refused", at: now, &actions)
        }
        #expect(bench.end(of: key) == nil)
        #expect(Self.isPlain(bench.sent[2]))
        bench.advance(to: .milliseconds(900))
        bench.answer(2)
        #expect(bench.end(of: key) == "192.0.2.1")
    }

    @Test func `where datagrams are turned back, a stream is tried`() {
        var bench = QueryBench { $0.attempts = 1 }
        let key = bench.ask()
        let port = bench.sent[0].carrier
        bench.perform { client, now, actions in
            client.failed(port, "connection refused", isShortage: false, at: now, &actions)
        }
        #expect(bench.summaries == ["0 datagram 0", "0 stream 0"])
        bench.answer(1)
        #expect(bench.end(of: key) == "192.0.2.1")
    }

    @Test func `a port that met silence is not chosen again`() {
        var bench = QueryBench { $0.ports.count = 1 }
        let key = bench.ask()
        bench.advance(to: .milliseconds(400))
        bench.answer(1)
        #expect(bench.end(of: key) == "192.0.2.1")
        let silent = bench.sent[0].carrier
        _ = bench.ask()
        #expect(bench.sent[bench.sent.count - 1].carrier != silent)
        #expect(bench.sent.count { $0.carrier == silent } == 1)
    }
}

/// What is believed at once, so that a good network sees no query more than before.
@Suite struct `A negative that is believed at once` {
    private static let name = "db.example.org"

    private static func noData(_ message: inout Message) { message.answers = [] }

    private func ask(_ bench: inout QueryBench, _ name: String = name) -> (QueryClient.Key, QueryClient.Key) {
        let first = bench.ask(Question(name: QueryBench.name(name), type: .a))
        let second = bench.perform { client, now, actions in
            let question = Question(name: QueryBench.name(name), type: .aaaa)
            return client.ask(question, for: QueryBench.fairnessKey, beside: (first, nil), at: now, &actions)
        }
        return (first, second)
    }

    @Test(arguments: [true, false])
    func `the other family's addresses vouch for it, whichever comes first`(isNegativeFirst: Bool) {
        var bench = QueryBench()
        let (a, aaaa) = ask(&bench)
        if isNegativeFirst {
            bench.answer(1, Self.noData)
            #expect(bench.end(of: aaaa) == nil)
            bench.answer(0)
        } else {
            bench.answer(0)
            bench.answer(1, Self.noData)
        }
        #expect(bench.end(of: a) == "192.0.2.1")
        #expect(bench.end(of: aaaa) == "no data")
        #expect(bench.sent.count == 2)
        #expect(bench.client.confirmations == 0)
    }

    @Test func `held for a family that is silent, it is asked for plainly when that one's time is over`() {
        var bench = QueryBench()
        let (_, aaaa) = ask(&bench)
        bench.answer(1, Self.noData)
        bench.advance(to: .milliseconds(250))
        let plain = bench.sent.indices.filter { $0 > 1 }
        #expect(plain.map { bench.sent[$0].message.questions[0].type } == [.a, .aaaa])
        bench.answer(3, Self.noData)
        #expect(bench.end(of: aaaa) == "no data")
    }

    @Test func `one plain answer that there is no such name settles both families, though both were asked plainly`() {
        var bench = QueryBench()
        let (a, aaaa) = ask(&bench)
        bench.advance(to: .milliseconds(500))
        #expect(bench.sent.count == 4)
        for number in 0...2 {
            bench.answer(number) {
                $0.answers = []
                $0.header.responseCode = .nameError
            }
        }
        #expect(bench.end(of: a) == "no such name" && bench.end(of: aaaa) == "no such name")
    }

    @Test func `a name that does not exist is confirmed once for both families`() {
        var bench = QueryBench()
        let (a, aaaa) = ask(&bench)
        for number in 0...2 {
            bench.answer(number) {
                $0.answers = []
                $0.header.responseCode = .nameError
            }
        }
        #expect(bench.end(of: a) == "no such name" && bench.end(of: aaaa) == "no such name")
        #expect(bench.sent.count == 3)
        #expect(bench.client.confirmations == 1)
    }

    @Test func `no data in the plain form of one family says nothing of the other`() {
        var bench = QueryBench()
        let (a, aaaa) = ask(&bench)
        bench.answer(0, Self.noData)
        bench.answer(1, Self.noData)
        #expect(bench.sent.count == 3)
        let first = bench.sent[2].message.questions[0].type
        bench.answer(2, Self.noData)
        #expect(bench.sent.count == 4)
        #expect(bench.sent[3].message.questions[0].type != first)
        bench.answer(3, Self.noData)
        #expect(bench.end(of: a) == "no data" && bench.end(of: aaaa) == "no data")
    }

    @Test func `where the plain form has confirmed one under the same parent no further one is asked for twice`() {
        var bench = QueryBench()
        for number in 0..<50 {
            let key = bench.ask(Question(name: QueryBench.name("no\(number).example.org"), type: .a))
            while bench.end(of: key) == nil {
                bench.answer(bench.sent.count - 1) {
                    $0.answers = []
                    $0.header.responseCode = .nameError
                }
            }
        }
        #expect(bench.sent.count == 51)
        #expect(bench.client.confirmations == 1)
    }

    @Test func `a server that compares byte by byte loses no name after one that really does not exist`() {
        var bench = QueryBench()
        func serve(_ name: String, exists: Bool) -> String? {
            let key = bench.ask(Question(name: QueryBench.name(name), type: .a))
            while bench.end(of: key) == nil {
                let number = bench.sent.count - 1
                let isAsWritten = bench.sent[number].message.questions[0].name.wire == name.wire
                bench.answer(number) {
                    guard !exists || !isAsWritten else { return }
                    $0.answers = []
                    $0.header.responseCode = .nameError
                }
            }
            return bench.end(of: key)
        }
        #expect(serve("missing.pod.cluster.local", exists: false) == "no such name")
        for number in 0..<20 {
            #expect(serve("database\(number).pod.cluster.local", exists: true) == "192.0.2.1")
            #expect(serve("missing\(number).pod.cluster.local", exists: false) == "no such name")
        }
    }

    @Test func `a negative that the plain form does not answer twice is taken when that one's time is over`() {
        var bench = QueryBench()
        let key = bench.ask()
        bench.answer(0, Self.noData)
        bench.advance(to: .milliseconds(500))
        // The plain form has gone out once more, byte for byte, for it may have been lost; and over a stream.
        #expect(bench.end(of: key) == nil)
        #expect(bench.sent.map(\.isStream) == [false, false, false, true])
        bench.advance(to: .milliseconds(900))
        #expect(bench.end(of: key) == "no data")
    }
}

/// What is learned of a server: of several signs, for a while, with a way back.
@Suite struct `A server that answers only the plain form` {
    /// Asks for a name of a server that drops queries with an OPT record.
    private func ask(_ bench: inout QueryBench, _ name: String, at time: Duration) -> Int {
        bench.now = time
        let before = bench.sent.count
        let key = bench.ask(Question(name: QueryBench.name(name), type: .a))
        for _ in 0..<20 where bench.end(of: key) == nil {
            if let plain = bench.sent.indices.last(where: { $0 >= before && bench.sent[$0].message.additionals.isEmpty }
            ) {
                bench.answer(plain)
            } else {
                bench.advance(to: bench.now + .milliseconds(100))
            }
        }
        #expect(bench.end(of: key) == "192.0.2.1")
        // The copy that looks whether the wished form fails again.
        bench.advance(to: bench.now + .seconds(5))
        return bench.sent.count - before
    }

    @Test func `three names under three parents that fail twice around a plain success, and for ten minutes`() {
        var bench = QueryBench()
        #expect(ask(&bench, "a.one.test", at: .zero) == 3)
        // The same parent is no further sign, and needs no copy.
        #expect(ask(&bench, "b.one.test", at: .seconds(10)) == 2)
        #expect(ask(&bench, "c.two.test", at: .seconds(20)) == 3)
        #expect(ask(&bench, "d.three.test", at: .seconds(30)) == 3)
        let learned = bench.now
        #expect(ask(&bench, "e.four.test", at: learned + .seconds(10)) == 1)
        #expect(ask(&bench, "f.four.test", at: learned + .seconds(500)) == 1)
        // The way back: the wished form is asked again.
        #expect(ask(&bench, "g.four.test", at: learned + .seconds(601)) > 1)
    }

    @Test func `one success of the wished form takes all signs back`() {
        var bench = QueryBench()
        _ = ask(&bench, "a.one.test", at: .zero)
        _ = ask(&bench, "b.two.test", at: .seconds(10))
        bench.now = .seconds(20)
        _ = bench.ask(Question(name: QueryBench.name("c.three.test"), type: .a))
        bench.answer(bench.sent.count - 1)
        _ = ask(&bench, "d.four.test", at: .seconds(30))
        #expect(ask(&bench, "e.five.test", at: .seconds(40)) == 3)
    }

    @Test func `a copy that is answered well is no sign`() {
        var bench = QueryBench()
        for number in 0..<6 {
            bench.now = .seconds(10 * number)
            let key = bench.ask(Question(name: QueryBench.name("a.p\(number).test"), type: .a))
            let first = bench.sent.count - 1
            while bench.sent.count < first + 2 { bench.advance(to: bench.now + .milliseconds(10)) }
            // The first was lost; the plain one and the copy are answered.
            bench.answer(first + 1)
            #expect(bench.end(of: key) == "192.0.2.1")
            #expect(bench.sent.count == first + 3)
            bench.answer(first + 2)
        }
        #expect(bench.sent.last?.message.additionals.count == 1)
    }
}

extension String {
    /// The name as it goes over the wire.
    fileprivate var wire: [UInt8] { QueryBench.name(self).wire }
}
