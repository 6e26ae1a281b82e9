// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import DNSResolution
import FairDialTestKit
import IPAddresses
import NameResolution
import Testing

/// What a server, or a forger in its place, can send: each ends in an answer or a typed error that names it, in its
/// timeout.
@Suite(.timeLimit(.minutes(15))) struct `A hostile server` {
    private typealias Query = HostileDNSServer.Query
    private typealias Act = HostileDNSServer.Act

    /// A good answer to A: 192.0.2.1.
    private static func good(_ query: Query, _ change: (inout Message) -> Void = { _ in }) -> Message {
        guard let asked = query.message, let question = asked.questions.first else {
            preconditionFailure("our own query cannot be read")
        }
        var message = Message(header: asked.header, questions: asked.questions)
        message.header.isResponse = true
        message.header.offersRecursion = true
        message.answers = [Record(name: question.name, timeToLive: 60, data: ARecord(IPv4Address(bits: 0xC000_0201)))]
        change(&message)
        return message
    }

    private static func evil(_ query: Query, _ change: (inout Message) -> Void) -> Message {
        good(query) { message in
            message.answers = message.answers.map {
                Record(name: $0.name, timeToLive: 60, data: ARecord(IPv4Address(bits: 0x0666_0666)))
            }
            change(&message)
        }
    }

    /// What a lookup of A comes to, in so long.
    private func outcome(
        lookupTimeout: Duration = .seconds(5),
        mixesCase: Bool = false,
        _ behave: @escaping HostileDNSServer.Behaviour
    ) async throws -> (Outcome, MismatchCounts, port: Int) {
        let server = try await HostileDNSServer.start(behave: behave)
        let resolver = DNSResolver(ports: [server.port]) {
            $0.lookupTimeout = lookupTimeout
            $0.mixesCaseOnLoopback = mixesCase
        }
        let outcome = await resolver.outcome(of: "db.fair.test", families: .ipv4)
        await server.stop()
        return (outcome, resolver.mismatches, server.port)
    }

    /// Forged answers come first, the good one after them.
    private func expectGoodWins(
        over forged: @escaping @Sendable (HostileDNSServer.Query) -> [HostileDNSServer.Act]
    ) async throws -> MismatchCounts {
        let (outcome, mismatches, _) = try await outcome(mixesCase: true) { query in
            forged(query) + [.send(Self.good(query), over: query, after: .milliseconds(20))]
        }
        #expect(outcome.error == nil)
        #expect(outcome.sorted == ["192.0.2.1"])
        return mismatches
    }

    @Test func `wrong identifiers, a flood of them`() async throws {
        let mismatches = try await expectGoodWins { query in
            (1...200).map { number in
                .send(Self.evil(query) { $0.header.identifier &+= UInt16(number) }, over: query)
            }
        }
        #expect(mismatches.unknownIdentifier > 0)
    }

    @Test func `a wrong question`() async throws {
        let mismatches = try await expectGoodWins { query in
            [.send(Self.evil(query) { $0.questions[0].type = .aaaa }, over: query)]
        }
        // On a busy machine the query may have been repeated.
        #expect((1...2).contains(mismatches.wrongQuestion))
    }

    @Test func `a wrong source, which the kernel keeps from us`() async throws {
        let mismatches = try await expectGoodWins { query in [.sendFromElsewhere(Self.evil(query) { _ in })] }
        // On a busy machine a datagram may have been repeated, and then be answered twice.
        #expect(mismatches.total == mismatches.unknownIdentifier)
    }

    @Test func `a wrong case`() async throws {
        let mismatches = try await expectGoodWins { query in
            // Who forges does not see the plain query that follows, and must guess its identifier and port.
            if query.isStream || query.message?.additionals.isEmpty == true { return [] }
            return [
                .send(
                    Self.evil(query) { message in
                        let text = "\(message.questions[0].name)"
                        let other = text == text.lowercased() ? text.uppercased() : text.lowercased()
                        message.questions[0].name = QueryBench.name(other)
                    },
                    over: query
                )
            ]
        }
        #expect(mismatches.wrongCase == 1)
    }

    @Test func `a server that keeps no case at all is understood all the same`() async throws {
        let (outcome, _, _) = try await outcome(mixesCase: true) { query in
            let message = Self.good(query) {
                $0.questions[0].name = QueryBench.name("\($0.questions[0].name)".lowercased())
            }
            return [.send(message, over: query)]
        }
        #expect(outcome.sorted == ["192.0.2.1"])
    }

    @Test func `a compression bomb, which no good answer follows`() async throws {
        let (outcome, _, port) = try await outcome(lookupTimeout: .seconds(4)) { query in
            guard var bytes = try? Self.good(query).bytes() else { return [] }
            // Every name from here on points to the one before it, and the first one to itself.
            let name = bytes.count - 16
            bytes[name] = 0xC0
            bytes[name + 1] = UInt8(name)
            return [.send(query.isStream ? [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes : bytes)]
        }
        #expect(outcome.error?.kind == .temporaryFailure)
        #expect(
            outcome.error?.message.contains("127.0.0.1:\(port): its answer cannot be read: the compression pointer")
                == true
        )
    }

    @Test func `a circle of aliases is a temporary failure that names the server`() async throws {
        let (outcome, _, port) = try await outcome(lookupTimeout: .seconds(4)) { query in
            let message = Self.good(query) { message in
                let (a, b) = (message.questions[0].name, QueryBench.name("b.fair.test"))
                message.answers = [
                    Record(name: a, timeToLive: 1, data: CNAMERecord(b)),
                    Record(name: b, timeToLive: 1, data: CNAMERecord(a)),
                ]
            }
            return [.send(message, over: query)]
        }
        #expect(outcome.error?.kind == .temporaryFailure)
        #expect(outcome.error?.message.contains("127.0.0.1:\(port): its aliases have no end") == true)
    }

    @Test func `a hundred aliases in one answer`() async throws {
        let (outcome, _, _) = try await outcome { query in
            let message = Self.good(query) { message in
                let names = [message.questions[0].name] + (1...100).map { QueryBench.name("c\($0).test") }
                message.answers =
                    zip(names, names.dropFirst()).map { Record(name: $0, timeToLive: 9, data: CNAMERecord($1)) }
                    + [Record(name: names[100], timeToLive: 9, data: ARecord(IPv4Address(bits: 0xC000_0201)))]
            }
            return [.send(message, over: query)]
        }
        #expect(outcome.sorted == ["192.0.2.1"])
    }

    @Test func `aliases that lead from answer to answer without end`() async throws {
        let (outcome, _, _) = try await outcome { query in
            let message = Self.good(query) { message in
                let next = QueryBench.name("next\(query.number).test")
                message.answers = [Record(name: message.questions[0].name, timeToLive: 1, data: CNAMERecord(next))]
            }
            return [.send(message, over: query)]
        }
        #expect(outcome.error == ResolutionError(.temporaryFailure, "the aliases of db.fair.test have no end"))
    }

    @Test func `an answer of 64 KB`() async throws {
        let (outcome, _, _) = try await outcome { query in
            let message = Self.good(query) { message in
                guard query.isStream else {
                    message.header.isTruncated = true
                    message.answers = []
                    return
                }
                message.answers = (0..<4_080).map {
                    Record(
                        name: message.questions[0].name,
                        timeToLive: 60,
                        data: ARecord(IPv4Address(bits: 0x0A00_0000 + $0))
                    )
                }
            }
            return [.send(message, over: query)]
        }
        #expect(outcome.addresses.count == 4_080)
    }

    @Test func `an answer after the timeout, and two answers`() async throws {
        let (late, _, port) = try await outcome(lookupTimeout: .milliseconds(100)) { query in
            [.send(Self.good(query), over: query, after: .milliseconds(400))]
        }
        #expect(late.error?.message.hasPrefix("db.fair.test A: 127.0.0.1:\(port): no answer within ") == true)
        let (twice, _, _) = try await outcome { query in
            [.send(Self.good(query), over: query), .send(Self.evil(query) { _ in }, over: query)]
        }
        #expect(twice.sorted == ["192.0.2.1"])
    }

    @Test func `an answer later than the patience with its try still counts`() async throws {
        let (outcome, _, _) = try await outcome(lookupTimeout: .seconds(10)) { query in
            query.number == 0 ? [.send(Self.good(query), over: query, after: .milliseconds(2_200))] : []
        }
        #expect(outcome.sorted == ["192.0.2.1"])
    }

    @Test(arguments: [0, 1, 2, 20])
    func `a stream that ends within a message`(count: Int) async throws {
        let (outcome, _, port) = try await outcome(lookupTimeout: .seconds(10)) { query in
            guard query.isStream else {
                return [
                    .send(
                        Self.good(query) {
                            $0.header.isTruncated = true
                            $0.answers = []
                        },
                        over: query
                    )
                ]
            }
            guard let bytes = try? Self.good(query).bytes() else { return [] }
            return [.send(Array(([0, UInt8(bytes.count)] + bytes).prefix(count))), .close(after: .milliseconds(5))]
        }
        #expect(outcome.error?.kind == .temporaryFailure)
        let reason = count == 0 ? "closed by the server" : "closed within an answer"
        #expect(outcome.error?.message.contains("127.0.0.1:\(port) over a stream: \(reason)") == true, "\(outcome)")
    }

    @Test func `a stream of one byte at a time, slower than anybody waits`() async throws {
        let (outcome, _, _) = try await outcome(lookupTimeout: .seconds(4)) { query in
            guard query.isStream else {
                return [
                    .send(
                        Self.good(query) {
                            $0.header.isTruncated = true
                            $0.answers = []
                        },
                        over: query
                    )
                ]
            }
            guard let bytes = try? Self.good(query).bytes() else { return [] }
            return ([0, UInt8(bytes.count)] + bytes).enumerated().map { .send([$1], after: .seconds($0)) }
        }
        #expect(outcome.error?.kind == .temporaryFailure)
        #expect(outcome.error?.message.contains("over a stream: no answer within") == true, "\(outcome)")
    }

    @Test func `noise of every length`() async throws {
        let mismatches = try await expectGoodWins { query in
            (0..<100).map { length in .send((0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ length) }) }
        }
        #expect(mismatches.total > 50)
    }

    @Test func `memory stays bounded, whatever comes`() async throws {
        let server = try await HostileDNSServer.start { query in
            let noise = (0..<50).map { Act.send([UInt8](repeating: UInt8($0), count: 1_400)) }
            return noise + [.send(Self.good(query) { $0.answers[0].timeToLive = 86_400 }, over: query)]
        }
        let resolver = DNSResolver(ports: [server.port]) { $0.cache.entryLimit = 50 }
        for index in 0..<300 { #expect(await resolver.outcome(of: "n\(index).test", families: .ipv4).error == nil) }
        #expect(resolver.cached.count <= 50)
        #expect(resolver.inFlightCount == 0)
        await server.stop()
    }
}
