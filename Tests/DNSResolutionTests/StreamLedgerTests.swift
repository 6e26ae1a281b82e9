// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import NIOConcurrencyHelpers
import NameResolution
import Testing

@testable import DNSResolution

/// Resolvers side by side, each with a client of its own: a server sees what they do together.
@Suite struct `Streams of all resolvers to one server` {
    private static func question(_ number: Int) -> Question {
        Question(name: QueryBench.name("n\(number).example.org"), type: .a)
    }

    private static func bench(_ ledger: StreamLedger, from start: Duration = .zero) -> QueryBench {
        QueryBench(ledger: ledger, from: start) {
            $0.usesStreamsOnly = true
            $0.attempts = 100
        }
    }

    private static func end(_ stream: QueryClient.Carrier, _ bench: inout QueryBench) {
        bench.perform { client, now, actions in
            client.streamClosed(stream, "closed by the server", at: now, &actions)
        }
    }

    /// Asks for so much that ten streams are open.
    private static func fill(_ bench: inout QueryBench) {
        for number in 0..<40 { _ = bench.ask(question(number)) }
        bench.answer(0)
        end(bench.sent[0].carrier, &bench)
        #expect(bench.client.streams.count == 10)
    }

    @Test func `ten are open in all, and one more for each resolver besides, which is never without`() {
        let ledger = StreamLedger()
        var first = Self.bench(ledger)
        Self.fill(&first)
        var others = (0..<5).map { _ in Self.bench(ledger) }
        for index in others.indices {
            for number in 0..<40 { _ = others[index].ask(Self.question(number)) }
            others[index].answer(0)
            Self.end(others[index].sent[0].carrier, &others[index])
            #expect(others[index].client.streams.count == 1)
        }
    }

    @Test func `what one resolver gives back another one takes, which looks ten times a second`() {
        let ledger = StreamLedger()
        var first = Self.bench(ledger)
        Self.fill(&first)
        var second = Self.bench(ledger)
        for number in 0..<40 { _ = second.ask(Self.question(number)) }
        second.answer(0)
        Self.end(second.sent[0].carrier, &second)
        var wakes = 0
        while let wake = second.client.wakeTime, wake < .seconds(1), wakes < 100 {
            second.wake()
            wakes += 1
        }
        #expect((5...20).contains(wakes))
        #expect(second.client.streams.count == 1)
        first.perform { client, now, actions in client.giveUp(.noThread("no"), at: now, &actions) }
        second.advance(to: second.now + .milliseconds(101))
        #expect(second.client.streams.count == 10)
    }

    @Test func `those of a resolver that is gone are open no more`() {
        let ledger = StreamLedger()
        do {
            var first = Self.bench(ledger)
            Self.fill(&first)
        }
        var second = Self.bench(ledger)
        Self.fill(&second)
    }

    @Test func `one is held back by what others' streams have brought, in its own time`() {
        let ledger = StreamLedger()
        var first = Self.bench(ledger)
        first.now = .seconds(100)
        _ = first.ask()
        var ended = 0
        while ended < 12 {
            while ended < first.opened.count {
                Self.end(first.opened[ended], &first)
                ended += 1
            }
            first.advance(to: first.now + .milliseconds(100))
        }
        // The last one was opened at most 100 ms ago; the next may be a second after it.
        var second = Self.bench(ledger, from: first.now)
        let key = second.ask()
        #expect(second.opened.isEmpty)
        second.advance(to: .milliseconds(800))
        #expect(second.opened.isEmpty)
        second.advance(to: .milliseconds(1_001))
        #expect(second.opened.count == 1)
        second.answer(0)
        #expect(second.end(of: key) == "192.0.2.1")
        // An answer opens the way for all.
        Self.end(second.opened[0], &second)
        var third = Self.bench(ledger, from: first.now + second.now)
        _ = third.ask()
        #expect(third.opened.count == 1)
    }

    @Test func `another name in TLS, or none, is another server`() {
        let ledger = StreamLedger()
        let plain = QueryBench().servers[0]
        let named = NameServer(plain.endpoint, tlsName: "dns.example.org")
        let accounts =
            ledger.accounts(with: [plain, named]) + ledger.accounts(with: [plain, named], isPrivate: true)
        for account in accounts {
            for _ in 0..<10 { #expect(account.open(at: .zero) == nil) }
            #expect(account.open(at: .zero) == .ownLimit)
        }
        let again = ledger.accounts(with: [plain])[0]
        #expect(again.open(at: .zero) == nil)
        #expect(again.open(at: .zero) == .commonLimit)
    }

    @Test func `sixty-four servers are remembered, and those that have accounts count on`() {
        let ledger = StreamLedger()
        let servers = QueryBench(servers: 65).servers
        let first = ledger.accounts(with: [servers[0]])[0]
        #expect(first.open(at: .zero) == nil)
        _ = ledger.accounts(with: Array(servers[1..<64]))
        // The first is the one whose last use is longest ago, and is used now.
        let second = ledger.accounts(with: [servers[0]])[0]
        _ = ledger.accounts(with: [servers[64]])
        let third = ledger.accounts(with: [servers[0]])[0]
        for _ in 0..<9 { #expect(second.open(at: .zero) == nil) }
        #expect(third.open(at: .zero) == nil)
        #expect(third.open(at: .zero) == .commonLimit)
        // Forgotten, as 64 others have come since; what is open stays with those who opened it.
        _ = ledger.accounts(with: Array(servers[1..<65]))
        let fourth = ledger.accounts(with: [servers[0]])[0]
        for _ in 0..<2 { #expect(fourth.open(at: .zero) == nil) }
        first.ended(after: 1, at: .zero)
        #expect(third.open(at: .zero) == .commonLimit)
    }
}
