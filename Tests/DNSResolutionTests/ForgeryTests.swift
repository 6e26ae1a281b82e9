// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import FairDialTestKit
import IPAddresses
import NameResolution
import Testing

@testable import DNSResolution

/// RFC 5452 §9: what an answer must have before it is believed.
@Suite struct `What is not believed` {
    private static let evil = ARecord(IPv4Address(bits: 0x0666_0666))

    /// Whether the query is still open for a good answer after this one, which ends it.
    private func expectIgnored(
        _ count: KeyPath<MismatchCounts, Int>,
        _ change: (inout Message) -> Void,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var bench = QueryBench()
        let key = bench.ask()
        bench.answer(0) { message in
            message.answers = message.answers.map { Record(name: $0.name, timeToLive: 60, data: Self.evil) }
            change(&message)
        }
        #expect(bench.end(of: key) == nil, sourceLocation: sourceLocation)
        #expect(bench.client.mismatches[keyPath: count] == 1, sourceLocation: sourceLocation)
        #expect(bench.client.mismatches.total == 1, sourceLocation: sourceLocation)
        bench.answer(0)
        #expect(bench.end(of: key) == "192.0.2.1", sourceLocation: sourceLocation)
    }

    @Test func `another identifier`() { expectIgnored(\.unknownIdentifier) { $0.header.identifier ^= 1 } }

    @Test func `a query`() { expectIgnored(\.noResponse) { $0.header.isResponse = false } }

    @Test func `another operation`() { expectIgnored(\.noResponse) { $0.header.operation = 4 } }

    @Test func `another name`() {
        expectIgnored(\.wrongQuestion) { $0.questions[0].name = QueryBench.name("evil.example.org") }
    }

    @Test func `another type`() { expectIgnored(\.wrongQuestion) { $0.questions[0].type = .aaaa } }

    @Test func `another class`() { expectIgnored(\.wrongQuestion) { $0.questions[0].recordClass = .chaos } }

    @Test func `no question`() { expectIgnored(\.wrongQuestion) { $0.questions = [] } }

    @Test func `two questions`() {
        expectIgnored(\.wrongQuestion) { $0.questions += [Question(name: .root, type: .a)] }
    }

    @Test func `the name in another case`() {
        expectIgnored(\.wrongCase) { message in
            message.questions[0].name = QueryBench.name("\(message.questions[0].name)".swapped)
        }
    }

    @Test func `bytes that are no message`() {
        for bytes in [[], [1], [UInt8](repeating: 0xFF, count: 11)] as [[UInt8]] {
            var bench = QueryBench()
            let key = bench.ask()
            bench.deliver(bytes, on: bench.sent[0])
            #expect(bench.client.mismatches.unreadable == 1)
            bench.answer(0)
            #expect(bench.end(of: key) == "192.0.2.1")
        }
    }

    @Test func `the identifier of another port`() {
        var bench = QueryBench()
        let first = bench.ask()
        let second = bench.ask()
        #expect(bench.sent[0].carrier != bench.sent[1].carrier)
        let answer = QueryBench.answer(bench.sent[0].message)
        bench.deliver(answer, on: bench.sent[1])
        #expect(bench.end(of: first) == nil)
        #expect(bench.end(of: second) == nil)
        #expect(bench.client.mismatches.unknownIdentifier == 1)
    }

    @Test func `an answer that cannot be read moves on to the next try, and a good one still counts`() throws {
        var bench = QueryBench { $0.attempts = 1 }
        let key = bench.ask()
        var bytes = try QueryBench.answer(bench.sent[0].message).bytes()
        // The answer's name points to itself.
        let name = bytes.count - 16
        bytes[name] = 0xC0
        bytes[name + 1] = UInt8(name)
        bench.deliver(bytes, on: bench.sent[0])
        #expect(bench.end(of: key) == nil)
        bench.answer(0)
        #expect(bench.end(of: key) == "192.0.2.1")
        let second = bench.ask()
        let number = bench.sent.count - 1
        for number in number...number + 1 {
            var cut = try QueryBench.answer(bench.sent[number].message).bytes()
            cut.removeLast(3)
            bench.deliver(cut, on: bench.sent[number])
        }
        bench.advance(to: bench.now + .seconds(6))
        #expect(bench.end(of: second)?.contains("its answer cannot be read: the message ends at byte") == true)
    }

    @Test func `aliases that go round in a circle are a failure that names the server`() {
        var bench = QueryBench { $0.attempts = 1 }
        let key = bench.ask()
        for number in 0...1 {
            bench.answer(number) { message in
                let (a, b) = (message.questions[0].name, QueryBench.name("b.example.org"))
                message.answers = [
                    Record(name: a, timeToLive: 1, data: CNAMERecord(b)),
                    Record(name: b, timeToLive: 1, data: CNAMERecord(a)),
                ]
            }
        }
        bench.advance(to: .seconds(6))
        #expect(
            bench.end(of: key)?
                .hasPrefix("failed: 10.0.0.1: its aliases have no end; 10.0.0.1: its aliases have no end") == true
        )
    }

    @Test func `a hundred aliases in one answer are followed, in whatever order they stand`() {
        var bench = QueryBench()
        let key = bench.ask()
        bench.answer(0) { message in
            let names = [message.questions[0].name] + (1...100).map { QueryBench.name("chain\($0).example.org") }
            message.answers = zip(names, names.dropFirst()).reversed().map {
                Record(name: $0, timeToLive: 9, data: CNAMERecord($1))
            }
            message.answers.append(
                Record(name: names[100], timeToLive: 60, data: ARecord(IPv4Address(bits: 0x7F00_0001)))
            )
        }
        #expect(bench.end(of: key) == "127.0.0.1")
        guard case .answered(let answer)? = bench.outcomes[key] else { return }
        #expect(answer.timeToLive == 9)
        #expect(answer.canonicalName == QueryBench.name("chain100.example.org"))
    }

    @Test func `addresses of somebody else in the answer are left alone`() {
        var bench = QueryBench()
        let key = bench.ask()
        bench.answer(0) { message in
            message.answers.insert(Record(name: QueryBench.name("evil.org"), timeToLive: 9, data: Self.evil), at: 0)
        }
        #expect(bench.end(of: key) == "192.0.2.1")
    }
}

extension String {
    fileprivate var swapped: String {
        var isFirst = true
        return String(
            map { letter in
                guard isFirst, letter.isLetter else { return letter }
                isFirst = false
                return Character(letter.isUppercase ? letter.lowercased() : letter.uppercased())
            }
        )
    }
}
