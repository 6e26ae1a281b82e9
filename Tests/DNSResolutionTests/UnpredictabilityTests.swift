// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import Foundation
import IPAddresses
import SystemSupport
import Testing

@testable import DNSResolution

/// What a forger who cannot see our messages must guess (RFC 5452 §7.2).
@Suite struct `What must be guessed` {
    /// The bits of a number that takes each of `count` values equally often.
    private func bits(of count: Int) -> Double { log2(Double(count)) }

    @Test func `identifiers use all of their sixteen bits, whatever the port`() {
        // Not seeded: the system's own generator, as it ships.
        var configuration = QueryConfiguration(servers: QueryBench(servers: 1).servers)
        configuration.ports.queries = 1_000_000
        configuration.ports.lifetime = .seconds(1_000_000)
        configuration.inFlightLimit = 1_000_000
        var client = QueryClient(configuration)
        var identifiers: [UInt16] = []
        for _ in 0..<20_000 {
            var actions: [QueryClient.Action] = []
            _ = client.ask(QueryBench.question, for: QueryBench.fairnessKey, at: .zero, &actions)
            for case .send(_, let bytes) in actions { identifiers.append(UInt16(bytes[0]) << 8 | UInt16(bytes[1])) }
        }
        #expect(identifiers.count == 20_000)
        for bit in 0..<16 {
            let ones = identifiers.count { $0 >> UInt16(bit) & 1 == 1 }
            // Six standard deviations.
            #expect(abs(ones - 10_000) < 6 * 71, "bit \(bit)")
        }
        // Neighbours say nothing of each other.
        let steps = Set(zip(identifiers, identifiers.dropFirst()).map { $1 &- $0 })
        #expect(steps.count > 16_000)
    }

    @Test func `letters go out in a case that is different each time, one bit each`() {
        var bench = QueryBench { $0.inFlightLimit = 1_000 }
        for _ in 0..<200 { _ = bench.ask() }
        let spellings = Set(bench.sent.map { $0.message.questions[0].name.wire })
        // db.example.org has twelve letters.
        #expect(QueryMessage.letterCount(of: QueryBench.question.name) == 12)
        #expect(spellings.count > 150)
        for place in bench.sent[0].message.questions[0].name.wire.indices {
            let bytes = Set(bench.sent.map { $0.message.questions[0].name.wire[place] })
            #expect(bytes.count <= 2)
        }
    }

    @Test func `a port serves 128 queries, or ten seconds, and a few are in use at a time`() {
        var bench = QueryBench { $0.inFlightLimit = 100_000 }
        for _ in 0..<2_000 {
            _ = bench.ask()
            bench.answer(bench.sent.count - 1)
        }
        let uses = Dictionary(bench.sent.map { ($0.carrier, 1) }, uniquingKeysWith: +)
        #expect(uses.values.allSatisfy { $0 <= 128 })
        #expect(uses.count >= 2_000 / 128)
        #expect(bench.client.portCount <= 4)
        #expect(bench.closed.count == bench.opened.count - bench.client.portCount)
        // Nothing stays open for good.
        bench.advance(to: .seconds(11))
        #expect(bench.client.portCount == 0)
        #expect(Set(bench.closed) == Set(bench.opened))
    }

    @Test func `the kernel's ports and the identifier are thirty bits at least`() throws {
        var ports: Set<UInt16> = []
        let server = NameServer(.init(address: .v4(.loopback), port: 9))
        for _ in 0..<1_000 {
            let socket = try KernelDatagrams.makeSocket(to: server)
            ports.insert(try #require(LocalPort.of(socket)))
            Descriptor.giveBack(socket)
        }
        let range = try #require(LocalPort.ephemeralRange)
        #expect(ports.allSatisfy(range.contains))
        // Of this many that are chosen at random few are chosen twice.
        #expect(ports.count > 900)
        #expect(bits(of: range.count) + 16 >= 30)
    }
}
