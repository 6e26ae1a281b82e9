// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import FairDialTestKit
import IPAddresses
import Testing

@testable import NameResolution

/// Lists whose length others decide, a hundred thousand entries each, on a stack of 64 KB.
@Suite(.timeLimit(.minutes(15))) struct `A list of a hundred thousand is read` {
    private static let count = 100_000

    private static func text(_ line: (Int) -> String) -> [UInt8] {
        (0..<count).flatMap { Array(line($0).utf8) }
    }

    @Test func `addresses of one name`() async {
        let bytes = Self.text { "10.\($0 >> 16).\($0 >> 8 & 255).\($0 & 255) db\n" }
        let found = await SmallStack.run {
            let file = HostsFile(bytes)
            return (file.addresses(of: "db", families: .both), file.addresses(of: "db", families: .both, atMost: 512))
        }
        #expect(found?.0?.count == Self.count)
        #expect(found?.0?.last == .v4(IPv4Address(bits: 0x0A00_0000 + UInt32(Self.count - 1))))
        // No work for an event loop.
        #expect(found?.1 == nil)
    }

    @Test func `names of one line, of which each is the one that is asked for`() async {
        let bytes = Array("10.0.0.1".utf8) + Self.text { _ in " db" }
        let found = await SmallStack.run { HostsFile(bytes).addresses(of: "db", families: .both) }
        #expect(found == .some([.v4(IPv4Address(bits: 0x0A00_0001))]))
    }

    @Test func `domains to search`() async throws {
        let bytes = Array("search".utf8) + Self.text { " d\($0).example" }
        let found = await SmallStack.run {
            ResolverFile(bytes).search
        }
        #expect(found?.count == Self.count)
        #expect(found?.last == "d99999.example")
    }

    @Test func `lines that name no server`() async {
        let bytes = Self.text { "nameserver no\($0)\n" }
        let found = await SmallStack.run { ResolverFile(bytes) }
        #expect(found?.servers == ResolverFile.standard.servers)
        #expect(found?.unsupported.first == "the server \"no0\" is not an address")
        #expect(found.map { $0.unsupported.count <= 16 } == true)
    }

    @Test func `services of nsswitch.conf, and ports`() async {
        let bytes = Array("hosts: ".utf8) + Self.text { "s\($0) " }
        let found = await SmallStack.run { NameServiceSwitch(bytes).unread }
        #expect(found == "a line names more than 4096 services")
    }

    @Test func `targets of a service, of which the best few are wanted`() async throws {
        let name = try DomainName("t.test")
        let records = (0..<Self.count).map {
            SRVRecord(priority: UInt16($0 & 1), weight: 1, port: UInt16($0 & 0xFFFF), target: name)
        }
        let found = await SmallStack.run {
            var generator = SeededGenerator(seed: 1)
            return SRVTargets.ordered(records, atMost: 64, using: &generator)
        }
        #expect(found?.count == 64)
        #expect(found?.allSatisfy { $0.priority == 0 } == true)
    }
}
