// SPDX-License-Identifier: Apache-2.0

import Foundation
import IPAddresses
import NameResolution
import Testing

@Suite struct `fairdial explain` {
    private static let addresses = ["192.0.2.7", "127.0.0.1", "2001:db8::7", "::1", "127.0.0.2"]

    private func explain(_ options: String...) throws -> Tool.Run {
        let overrides = Self.addresses.flatMap { ["--override", "many.test=\($0)"] }
        return try Tool.run(Tool.path, ["explain", "many.test"] + overrides + options)
    }

    @Test func `the order is RFC 6724's, and each rule the one that decides between two neighbours`() throws {
        let run = try explain("--json")
        #expect(run.status == 0)
        let rows = try #require(try run.object["addresses"] as? [[String: Any]])
        let candidates = SourceAddresses.candidates(for: try Self.addresses.map { try IPAddress($0) })
        let order = DestinationOrder()
        let sorted = order.sorted(candidates).compactMap { address in candidates.first { $0.destination == address } }
        #expect(rows.map { $0["address"] as? String } == sorted.map { "\($0.destination)" })
        let rules = zip(sorted, sorted.dropFirst()).map { order.decide($0, $1).by.number }
        #expect(rows.map { $0["rule"] as? Int } == rules + [nil])
        #expect(rows.map { $0["from"] as? String } == sorted.map { $0.source.map { "\($0)" } })
    }

    @Test func `a person reads a line an address, and why it stands before the next`() throws {
        let run = try explain()
        let lines = run.output.split(separator: "\n").map(String.init)
        #expect(lines.filter { $0.hasPrefix("  before the next by rule ") }.count == Self.addresses.count - 1)
        #expect(lines.filter { !$0.hasPrefix(" ") }.count == Self.addresses.count)
    }

    @Test func `a host that cannot be read is status 1`() throws {
        let run = try Tool.run("explain", "[::1", "--json")
        #expect(run.status == 1)
        #expect((try run.object["error"] as? [String: Any])?["code"] as? String == "invalidTarget")
    }
}
