// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import NameResolution
import Testing

@testable import DNSResolution

/// RFC 7766, RFC 6891, RFC 7873: what a server asks for, and streams.
@Suite struct `Streams, options and cookies` {
    private static func cut(_ message: inout Message) {
        message.header.isTruncated = true
        message.answers = []
    }

    @Test
    func `an answer that was cut short is asked for again over a stream, which serves all and is closed when idle`() {
        var bench = QueryBench()
        let first = bench.ask()
        bench.answer(0, Self.cut)
        let second = bench.ask()
        bench.answer(2, Self.cut)
        #expect(bench.summaries == ["0 datagram 0", "0 stream 0", "0 datagram 0", "0 stream 0"])
        #expect(bench.sent[1].carrier == bench.sent[3].carrier)
        // Answers come in whatever order.
        bench.answer(3)
        bench.answer(1)
        #expect(bench.end(of: first) == "192.0.2.1")
        #expect(bench.end(of: second) == "192.0.2.1")
        bench.advance(to: .milliseconds(4_999))
        #expect(bench.closed == [])
        bench.advance(to: .seconds(5))
        #expect(bench.closed == [bench.sent[1].carrier])
    }

    @Test func `what a stream leaves unanswered when it is closed is asked again over another one`() {
        var bench = QueryBench { $0.usesStreamsOnly = true }
        let first = bench.ask()
        let second = bench.ask()
        bench.answer(0)
        #expect(bench.end(of: first) == "192.0.2.1")
        let stream = bench.sent[0].carrier
        bench.perform { client, now, actions in client.streamClosed(stream, "closed by the server", at: now, &actions) }
        #expect(bench.sent.count == 3)
        #expect(bench.sent[2].carrier != stream)
        bench.answer(2)
        #expect(bench.end(of: second) == "192.0.2.1")
    }

    @Test func `what has waited on a slow stream goes out over others, all at once, when the first answer comes alone`()
    {
        var bench = QueryBench { $0.usesStreamsOnly = true }
        let keys = (0..<6).map { bench.ask(Question(name: QueryBench.name("host\($0).example.org"), type: .a)) }
        #expect(Set(bench.sent.map(\.carrier)).count == 1)
        bench.advance(to: .milliseconds(500))
        bench.answer(0)
        #expect(bench.end(of: keys[0]) == "192.0.2.1")
        // Answers that the server sends together come together.
        #expect(bench.sent.count == 6)
        bench.advance(to: .milliseconds(560))
        #expect(Set(bench.sent.dropFirst(6).map(\.carrier)).count >= 4)
    }

    /// Six names on one stream, the first of which is answered late and alone: the other five go out over more.
    private static func relieved() -> (bench: QueryBench, keys: [QueryClient.Key]) {
        var bench = QueryBench { $0.usesStreamsOnly = true }
        let keys = (0..<6).map { bench.ask(Question(name: QueryBench.name("host\($0).example.org"), type: .a)) }
        bench.advance(to: .milliseconds(500))
        bench.answer(0)
        bench.advance(to: .milliseconds(560))
        return (bench, keys)
    }

    @Test func `a server that leaves further connections waiting is heard on the slow one`() {
        var (bench, keys) = Self.relieved()
        for index in 1..<6 { bench.answer(index) }
        #expect(keys.allSatisfy { bench.end(of: $0) == "192.0.2.1" })
        #expect(bench.client.count == 0)
    }

    @Test func `what went out over a second stream is not asked a third time when the first one ends`() {
        var (bench, keys) = Self.relieved()
        let sent = bench.sent.count
        #expect(sent == 11)
        let slow = bench.sent[0].carrier
        bench.perform { client, now, actions in client.streamClosed(slow, "closed by the server", at: now, &actions) }
        #expect(bench.sent.count == sent)
        for index in 6..<sent { bench.answer(index) }
        #expect(keys.allSatisfy { bench.end(of: $0) == "192.0.2.1" })
        #expect(bench.client.count == 0)
    }

    @Test func `what went out over a second stream is not asked a third time while both are silent`() {
        var (bench, _) = Self.relieved()
        let sent = bench.sent.count
        bench.advance(to: .milliseconds(3_000))
        #expect(bench.sent.count == sent)
    }

    @Test func `a stream that has answered nothing yet, or has one query left, is given no other beside it`() {
        var silent = QueryBench { $0.usesStreamsOnly = true }
        for number in 0..<6 { _ = silent.ask(Question(name: QueryBench.name("host\(number).example.org"), type: .a)) }
        silent.advance(to: .milliseconds(3_000))
        #expect(silent.sent.count == 6)
        var bench = QueryBench { $0.usesStreamsOnly = true }
        _ = bench.ask(Question(name: QueryBench.name("host0.example.org"), type: .a))
        _ = bench.ask(Question(name: QueryBench.name("host1.example.org"), type: .a))
        bench.advance(to: .milliseconds(100))
        bench.answer(0)
        bench.advance(to: .milliseconds(3_000))
        #expect(bench.sent.count == 2)
        #expect(bench.opened.count == 1)
    }

    @Test func `what waits where as many streams are open as may goes out over the one with the least to answer`() {
        var bench = QueryBench { $0.usesStreamsOnly = true }
        let keys = (0..<14).map { bench.ask(Question(name: QueryBench.name("host\($0).example.org"), type: .a)) }
        #expect(Set(bench.sent.map(\.carrier)).count == 1)
        bench.advance(to: .milliseconds(500))
        bench.answer(0)
        bench.advance(to: .milliseconds(560))
        let again = bench.sent.dropFirst(keys.count)
        #expect(again.count == keys.count - 1)
        #expect(bench.opened.count <= StreamGate.limit)
        #expect(!again.contains { $0.carrier == bench.sent[0].carrier })
        // No stream has many more of them than another.
        let loads = Dictionary(grouping: again, by: \.carrier).values.map(\.count)
        #expect(loads.max() ?? 0 <= (loads.min() ?? 0) + 1, "\(loads)")
    }

    @Test func `a stream that cannot be opened is a no, and the next server's turn`() {
        var bench = QueryBench(servers: 2) { $0.usesStreamsOnly = true }
        let key = bench.ask()
        for _ in 0..<4 {
            let stream = bench.sent[bench.sent.count - 1].carrier
            bench.perform { client, now, actions in client.streamClosed(stream, "connection refused", at: now, &actions)
            }
        }
        #expect(bench.sent.map(\.server) == [0, 1, 0, 1])
        bench.advance(to: .seconds(2))
        #expect(bench.end(of: key)?.contains("10.0.0.2 over a stream: connection refused") == true)
    }

    @Test func `a stream over which nothing comes for as long as resolv.conf's timeout is given up`() {
        var bench = QueryBench { $0.usesStreamsOnly = true }
        let key = bench.ask()
        bench.advance(to: .milliseconds(4_999))
        #expect(bench.closed == [])
        bench.advance(to: .milliseconds(6_100))
        #expect(bench.closed == [bench.sent[0].carrier])
        #expect(bench.sent.count == 2)
        #expect(bench.sent[1].carrier != bench.sent[0].carrier)
        bench.answer(1)
        #expect(bench.end(of: key) == "192.0.2.1")
    }

    @Test func `over a stream TC means nothing, as for the C library`() {
        var bench = QueryBench()
        let key = bench.ask()
        bench.answer(0, Self.cut)
        #expect(bench.sent[1].isStream)
        bench.answer(1) { $0.header.isTruncated = true }
        #expect(bench.end(of: key) == "192.0.2.1")
        let other = bench.ask(Question(name: QueryBench.name("none.example.org"), type: .a))
        bench.answer(2, Self.cut)
        bench.answer(3, Self.cut)
        #expect(bench.end(of: other) == "no data")
    }

    @Test
    func `where no stream can be had, an answer without the right cookie is followed by the plain form in 400 ms`() {
        var bench = QueryBench()
        let key = bench.ask()
        bench.advance(to: .milliseconds(5))
        bench.answer(0) {
            $0.additionals = [
                Record(name: .root, timeToLive: 0, data: OPTRecord([OPTRecord.Option(code: 10, value: [])]))
            ]
        }
        #expect(bench.sent[1].isStream)
        bench.advance(to: .milliseconds(399))
        #expect(bench.sent.count == 2)
        bench.advance(to: .milliseconds(400))
        #expect(bench.sent.count == 3 && !bench.sent[2].isStream && bench.sent[2].message.additionals.isEmpty)
        bench.answer(2)
        #expect(bench.end(of: key) == "192.0.2.1")
    }

    @Test(arguments: [ResponseCode.formatError, .notImplemented])
    func `a server that does not know EDNS is asked without at once, and nothing lasting follows from one such answer`(
        code: ResponseCode
    ) {
        var bench = QueryBench()
        let key = bench.ask()
        #expect(bench.sent[0].message.additionals.count == 1)
        bench.answer(0) {
            $0.header.responseCode = code
            $0.answers = []
            $0.questions = []
        }
        #expect(bench.sent[1].message.additionals == [])
        #expect(bench.sent[1].carrier != bench.sent[0].carrier)
        bench.answer(1)
        #expect(bench.end(of: key) == "192.0.2.1")
        let count = bench.sent.count
        _ = bench.ask()
        #expect(bench.sent[count].message.additionals.count == 1)
    }

    private static func cookie(of message: Message) -> [UInt8]? {
        (message.additionals.first?.data as? OPTRecord)?.options.first { $0.code == 10 }?.value
    }

    private static func options(_ cookie: [UInt8], code: UInt32 = 0) -> Record {
        let option = OPTRecord.Option(code: 10, value: cookie)
        return Record(
            name: .root,
            recordClass: .init(rawValue: 1232),
            timeToLive: code << 24,
            data: OPTRecord([option])
        )
    }

    @Test func `a server's cookie is shown to it from then on, and what comes without it is not believed`() throws {
        var bench = QueryBench()
        let server: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
        let first = bench.ask()
        let client = try #require(Self.cookie(of: bench.sent[0].message))
        #expect(client.count == 8)
        bench.answer(0) { $0.additionals = [Self.options(client + server)] }
        #expect(bench.end(of: first) == "192.0.2.1")
        let second = bench.ask()
        #expect(Self.cookie(of: bench.sent[1].message) == client + server)
        // Forged, by a forger that has guessed the rest; a stream settles it.
        bench.answer(1)
        #expect(bench.end(of: second) == nil)
        #expect(bench.client.mismatches.wrongCookie == 1)
        #expect(bench.sent[2].isStream)
        bench.answer(1) { $0.additionals = [Self.options(client + server)] }
        #expect(bench.end(of: second) == "192.0.2.1")
        let third = bench.ask()
        let forged = bench.sent.count - 1
        bench.answer(forged) { $0.additionals = [Self.options([9] + client.dropFirst() + server)] }
        #expect(bench.end(of: third) == nil)
        #expect(bench.client.mismatches.wrongCookie == 2)
    }

    @Test func `a server that has given up cookies is believed again once a stream has shown it`() throws {
        var bench = QueryBench()
        _ = bench.ask()
        let client = try #require(Self.cookie(of: bench.sent[0].message))
        bench.answer(0) { $0.additionals = [Self.options(client + [UInt8](repeating: 7, count: 8))] }
        let second = bench.ask()
        bench.answer(1)
        bench.answer(2)
        #expect(bench.end(of: second) == "192.0.2.1")
        let third = bench.ask()
        bench.answer(bench.sent.count - 1)
        #expect(bench.end(of: third) == "192.0.2.1")
    }

    @Test func `BADCOOKIE is answered with the server's cookie, and the second time without any`() throws {
        var bench = QueryBench()
        let key = bench.ask()
        let client = try #require(Self.cookie(of: bench.sent[0].message))
        let server = [UInt8](repeating: 7, count: 16)
        func refuse(_ message: inout Message) {
            message.header.responseCode = ResponseCode(rawValue: 7)
            message.answers = []
            message.additionals = [Self.options(client + server, code: 1)]
        }
        bench.answer(0, refuse)
        #expect(Self.cookie(of: bench.sent[1].message) == client + server)
        bench.answer(1, refuse)
        #expect(bench.sent[2].message.additionals == [] && !bench.sent[2].isStream)
        bench.answer(2)
        #expect(bench.end(of: key) == "192.0.2.1")
    }

    @Test func `servers of which some give cookies and others none: after two names none are shown for ten minutes`()
        throws
    {
        var bench = QueryBench()
        let client = try #require(
            Self.cookie(
                of: {
                    _ = bench.ask(); return bench.sent[0].message
                }()
            )
        )
        let server: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
        for round in 1...2 {
            bench.answer(bench.sent.count - 1) { $0.additionals = [Self.options(client + server)] }
            let key = bench.ask(Question(name: QueryBench.name("n\(round).example.org"), type: .a))
            // The other one: a datagram without, then what the stream says counts.
            bench.answer(bench.sent.count - 1)
            #expect(bench.end(of: key) == nil)
            #expect(bench.sent.last?.isStream == true)
            bench.answer(bench.sent.count - 1)
            #expect(bench.end(of: key) == "192.0.2.1")
            _ = bench.ask()
            let shown = Self.cookie(of: bench.sent[bench.sent.count - 1].message)
            #expect(shown == (round == 1 ? client : nil))
        }
        bench.answer(bench.sent.count - 1)
        bench.advance(to: .seconds(601))
        _ = bench.ask()
        #expect(Self.cookie(of: bench.sent[bench.sent.count - 1].message) == client)
    }

    @Test func `the word that an answer has been verified is asked for where it is trusted`() {
        var bench = QueryBench { $0.wantsAuthenticData = true }
        let key = bench.ask()
        #expect(bench.sent[0].message.header.isAuthenticData)
        bench.answer(0) { $0.header.isAuthenticData = true }
        guard case .answered(let answer)? = bench.outcomes[key] else {
            Issue.record("no answer")
            return
        }
        #expect(answer.isAuthentic)
        var plain = QueryBench()
        _ = plain.ask()
        #expect(!plain.sent[0].message.header.isAuthenticData)
    }
}
