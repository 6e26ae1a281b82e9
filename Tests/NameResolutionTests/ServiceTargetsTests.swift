// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import FairDialTestKit
import NameResolution
import Testing

/// RFC 2782, "Usage rules".
@Suite struct `The targets of a service` {
    private func record(_ priority: UInt16, _ weight: UInt16, _ target: String) throws -> SRVRecord {
        SRVRecord(priority: priority, weight: weight, port: 1, target: try DomainName(target))
    }

    @Test func `the lowest priority comes first, whatever the weights`() throws {
        var generator = SeededGenerator(seed: 1)
        let records = [try record(20, 60_000, "c"), try record(10, 0, "a"), try record(15, 1, "b")]
        for _ in 0..<100 {
            let ordered = SRVTargets.ordered(records, using: &generator)
            #expect(ordered.map { "\($0.target)" } == ["a", "b", "c"])
        }
    }

    @Test func `among those of one priority each comes first as often as its weight says`() throws {
        var generator = SeededGenerator(seed: 2)
        let records = [try record(1, 60, "a"), try record(1, 30, "b"), try record(1, 10, "c"), try record(1, 0, "d")]
        var firsts: [String: Int] = [:]
        for _ in 0..<20_000 {
            let ordered = SRVTargets.ordered(records, using: &generator)
            #expect(Set(ordered.map { "\($0.target)" }).count == 4)
            firsts["\(ordered[0].target)", default: 0] += 1
        }
        // One draw of 101 falls on what has no weight; six standard deviations for the others.
        #expect(abs((firsts["a"] ?? 0) - 11_881) < 420)
        #expect(abs((firsts["b"] ?? 0) - 5_941) < 390)
        #expect(abs((firsts["c"] ?? 0) - 1_980) < 260)
        #expect((1...400).contains(firsts["d"] ?? 0))
    }

    @Test func `those without weights share alike, and a lone root is no service`() throws {
        var generator = SeededGenerator(seed: 3)
        let equal = [try record(1, 0, "a"), try record(1, 0, "b")]
        let firsts = (0..<1_000).count { _ in "\(SRVTargets.ordered(equal, using: &generator)[0].target)" == "a" }
        #expect((400...600).contains(firsts))
        #expect(SRVTargets.ordered([try record(0, 0, ".")], using: &generator) == [])
    }
}
