// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import DNSResolution
import FairDialTestKit
import IPAddresses
import NIOConcurrencyHelpers
import NameResolution
import Testing

/// Names that DNS does not have: no server is told of them.
@Suite struct `Names that are not in DNS` {
    private static let names = ["secret.onion", "SECRET.Onion.", "onion", "db.invalid", "invalid."]
    /// Other spellings of such names, as a host may be written.
    private static let spellings = ["secret.\u{FF4F}nion", "secret\u{3002}onion", "secret.\\onion", "secret.oni\\111n"]

    @Test(arguments: names)
    func `are not asked for, neither their addresses nor their records`(name: String) async throws {
        let server = try await DNSServer.start { _ in .init(.addresses([.v4(.loopback)])) }
        let resolver = DNSResolver(ports: [server.port])
        let error = try #require(await resolver.outcome(of: name).error)
        #expect(error.kind == .nameNotFound)
        #expect(error.message.contains("(RFC "))
        let domain = try DomainName(name)
        await #expect(throws: error) { try await resolver.records(of: domain, .a) }
        let told = NIOLockedValueBox<[RecordEvent]>([])
        let question = Question(name: domain, type: .a)
        let handle = resolver.lookUpRecords(question, for: FairnessKey(label: "test")) { event in
            told.withLockedValue { $0.append(event) }
        }
        #expect(told.withLockedValue { $0.count } == 1)
        guard case .ended(.failure(error))? = told.withLockedValue({ $0.first }) else {
            Issue.record("\(told.withLockedValue { $0 })")
            return
        }
        #expect(handle.cancel())
        #expect(server.queryCount == 0)
        await server.stop()
    }

    @Test(arguments: spellings)
    func `are not asked for in any spelling`(name: String) async throws {
        let server = try await DNSServer.start { _ in .init(.addresses([.v4(.loopback)])) }
        let error = try #require(await DNSResolver(ports: [server.port]).outcome(of: name).error)
        #expect(error.message.contains("(RFC "))
        #expect(server.queryCount == 0)
        await server.stop()
    }

    @Test(arguments: ["onion.test", "notonion", "an.invalid.test"])
    func `are those in the two domains alone`(name: String) async throws {
        let server = try await DNSServer.start { _ in .init(.addresses([.v4(.loopback)])) }
        let outcome = await DNSResolver(ports: [server.port]).outcome(of: name, families: .ipv4)
        #expect(outcome.sorted == ["127.0.0.1"])
        await server.stop()
    }
}
