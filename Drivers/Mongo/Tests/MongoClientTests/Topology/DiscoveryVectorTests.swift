// SPDX-License-Identifier: Apache-2.0

import BSON
import ConnectionStrings
import Testing

@testable import MongoClient

/// The files of "Server Discovery and Monitoring" about replica sets, single servers, shards, errors.
@Suite struct `Server discovery, by the specification's files` {
    private static let paths = ["rs", "single", "sharded", "errors"].flatMap {
        VectorFiles.paths(in: "server-discovery-and-monitoring/\($0)")
    }

    @Test func `the files are there`() {
        #expect(Self.paths.count > 150)
    }

    @Test(arguments: paths) func `each phase ends as the file says`(_ path: String) throws {
        let file = try VectorFiles.document(path)
        let string = try ConnectionString(file["uri"]?.string ?? "")
        var machine = TopologyMachine(
            seeds: string.hosts.map(ServerAddress.init),
            setName: string.options.replicaSet,
            direct: string.options.directConnection ?? false,
            loadBalanced: string.options.loadBalanced ?? false
        )
        for phase in (file["phases"]?.array ?? []).compactMap(\.document) {
            for pair in (phase["responses"]?.array ?? []).compactMap(\.array) {
                let address = try #require(pair[checked: 0]?.string.flatMap(ServerAddress.init(parsing:)))
                let hello = pair[checked: 1]?.document ?? [:]
                let description =
                    hello.isEmpty
                    ? ServerDescription(address, fault: "the network") : ServerDescription(address, hello: hello)
                // As `Deployment` does, whether the hello says that it is refused or there is none.
                _ = machine.heard(description)
            }
            for error in (phase["applicationErrors"]?.array ?? []).compactMap(\.document) { fail(error, &machine) }
            if let outcome = phase["outcome"]?.document { try check(outcome, machine) }
        }
    }

    private func fail(_ error: BSONDocument, _ machine: inout TopologyMachine) {
        guard let address = error["address"]?.string.flatMap(ServerAddress.init(parsing:)) else { return }
        let generation = error["generation"]?.integer ?? machine.generations[address, default: 0]
        let wasGreeted = error["when"]?.string == "afterHandshakeCompletes"
        let failure: ServerFailure? =
            switch error["type"]?.string {
            case "network": .network(isTimeout: false, words: "the network")
            case "timeout": .network(isTimeout: true, words: "no answer in time")
            default: ServerFailure(reply: error["response"]?.document ?? [:])
            }
        guard let failure else { return }
        _ = machine.failed(failure, at: address, generation: generation, wasGreeted: wasGreeted)
    }

    private func check(_ outcome: BSONDocument, _ machine: TopologyMachine) throws {
        if let kind = outcome["topologyType"]?.string { #expect(machine.kind.rawValue == kind) }
        #expect(machine.setName == outcome["setName"]?.string)
        if let compatible = outcome["compatible"]?.bool { #expect((machine.incompatibility == nil) == compatible) }
        if let minutes = outcome["logicalSessionTimeoutMinutes"] { #expect(machine.sessionMinutes == minutes.integer) }
        if let version = outcome["maxSetVersion"] { #expect(machine.maximumSetVersion == version.integer) }
        if let election = outcome["maxElectionId"] { #expect(machine.maximumElectionID == election.objectID) }
        guard let servers = outcome["servers"]?.document else { return }
        #expect(Set(machine.servers.keys.map(\.description)) == Set(servers.keys))
        for (name, value) in servers {
            let wanted = value.document ?? [:]
            let known = try #require(ServerAddress(parsing: name).flatMap { machine.servers[$0] })
            // A client that takes a possible primary for one that is not known may do so.
            let kind = wanted["type"]?.string == "PossiblePrimary" ? "Unknown" : wanted["type"]?.string
            #expect(known.kind.rawValue == kind)
            #expect(known.setName == wanted["setName"]?.string)
            if let version = wanted["setVersion"] { #expect(known.setVersion == version.integer) }
            if let election = wanted["electionId"] { #expect(known.electionID == election.objectID) }
            if let version = wanted["topologyVersion"] {
                #expect(known.topologyVersion == TopologyVersion(version.document))
            }
            if let generation = wanted["pool"]?.document?["generation"]?.integer {
                #expect(machine.generations[known.address, default: 0] == generation)
            }
        }
    }
}
