// SPDX-License-Identifier: Apache-2.0

import BSON
import ConnectionStrings
import FairDialTestKit
import Testing

@testable import MongoClient

/// The files of "Server Selection": which servers fit, and which of them are near enough.
@Suite struct `Server selection, by the specification's files` {
    private static let paths = VectorFiles.paths(in: "server-selection/server_selection")

    @Test func `the files are there`() {
        #expect(Self.paths.count == 88)
    }

    @Test(arguments: paths) func `the servers that fit`(_ path: String) throws {
        let file = try VectorFiles.document(path)
        let topology = file["topology_description"]?.document ?? [:]
        let kind = try #require(TopologyMachine.Kind(rawValue: topology["type"]?.string ?? ""))
        let servers = (topology["servers"]?.array ?? []).compactMap(\.document).compactMap(Self.server)
        let machine = TopologyMachine(kind, servers)
        let preference = file["read_preference"]?.document ?? [:]
        let mode = (preference["mode"]?.string ?? "Primary").lowercased()
        var rule = ReadRule(try #require(ReadPreference.allCases.first { $0.rawValue.lowercased() == mode }))
        rule.tags = (preference["tag_sets"]?.array ?? []).compactMap(\.document).map(Self.tags)
        let isWrite = file["operation"]?.string == "write"
        var selection = ServerSelection(purpose: isWrite ? .write : .read(rule), threshold: .milliseconds(15))
        let avoided = (file["deprioritized_servers"]?.array ?? []).compactMap(\.document)
        selection.avoided = Set(avoided.compactMap { $0["address"]?.string.flatMap(ServerAddress.init(parsing:)) })
        #expect(Self.names(selection.suitable(in: machine)) == Self.names(file["suitable_servers"]))
        #expect(Self.names(selection.candidates(in: machine)) == Self.names(file["in_latency_window"]))
    }

    private static let windows = VectorFiles.paths(in: "server-selection/in_window")

    @Test func `the files about the less busy of two are there`() {
        #expect(Self.windows.count == 8)
    }

    @Test(arguments: windows) func `of two servers drawn at random, the less busy one`(_ path: String) throws {
        let file = try VectorFiles.document(path)
        let topology = file["topology_description"]?.document ?? [:]
        let kind = try #require(TopologyMachine.Kind(rawValue: topology["type"]?.string ?? ""))
        let servers = (topology["servers"]?.array ?? []).compactMap(\.document).compactMap(Self.server)
        var loads: [ServerAddress: Int] = [:]
        for state in (file["mocked_topology_state"]?.array ?? []).compactMap(\.document) {
            let address = try #require(state["address"]?.string.flatMap(ServerAddress.init(parsing:)))
            loads[address] = state["operation_count"]?.integer
        }
        #expect(loads.count == servers.count)
        let selection = ServerSelection(purpose: .read(ReadRule(.nearest)), threshold: .milliseconds(15))
        let fitting = selection.candidates(in: TopologyMachine(kind, servers))
        var random = SeededGenerator(seed: 17)
        var counts: [String: Int] = [:]
        let iterations = try #require(file["iterations"]?.integer)
        for _ in 0..<iterations {
            let chosen = try #require(fitting.lessBusyOfTwo(using: &random) { loads[$0] ?? 0 })
            counts[chosen.address.description, default: 0] += 1
        }
        let outcome = file["outcome"]?.document ?? [:]
        let tolerance = try #require(outcome["tolerance"]?.double)
        let expected = try #require(outcome["expected_frequencies"]?.document)
        #expect(Set(expected.keys).isSuperset(of: counts.keys))
        for (name, value) in expected {
            let frequency = Double(counts[name, default: 0]) / Double(iterations)
            #expect(abs(frequency - (value.double ?? -1)) <= tolerance, "\(name): \(frequency)")
        }
    }

    private static func server(_ document: BSONDocument) -> ServerDescription? {
        guard let address = document["address"]?.string.flatMap(ServerAddress.init(parsing:)) else { return nil }
        var server = ServerDescription(address)
        server.kind = ServerDescription.Kind(rawValue: document["type"]?.string ?? "") ?? .unknown
        server.roundTrip = .microseconds(Int((document["avg_rtt_ms"]?.double ?? 0) * 1_000))
        server.tags = document["tags"]?.document.map(tags) ?? [:]
        return server
    }

    private static func tags(_ document: BSONDocument) -> [String: String] {
        Dictionary(document.map { ($0.key, $0.value.string ?? "") }) { first, _ in first }
    }

    private static func names(_ servers: [ServerDescription]) -> Set<String> { Set(servers.map(\.address.description)) }

    private static func names(_ value: BSONValue?) -> Set<String> {
        Set((value?.array ?? []).compactMap { $0.document?["address"]?.string })
    }
}
