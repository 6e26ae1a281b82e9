// SPDX-License-Identifier: Apache-2.0

import BSON
import Testing

@testable import MongoClient

/// Lists of members that no honest server sends.
@Suite struct `Members that servers name` {
    private static func hello(_ address: ServerAddress, _ hosts: [String], primary: Bool = false) -> ServerDescription {
        let list = BSONValue.array(BSONArray(hosts.map(BSONValue.string)))
        let reply: BSONDocument = [
            "ok": 1.0, "setName": "rs", "secondary": .bool(!primary), "isWritablePrimary": .bool(primary),
            "hosts": list, "maxWireVersion": 21,
        ]
        return ServerDescription(address, hello: reply)
    }

    @Test func `their number is bounded, whoever names them, and a primary's own list finds room`() throws {
        let seed = ServerAddress(host: "seed")
        var machine = TopologyMachine(seeds: [seed], setName: "rs")
        for round in 0..<10 {
            let names = ["seed"] + (0..<200).map { "h\(round)-\($0)" }
            _ = machine.heard(Self.hello(seed, names))
            #expect(machine.servers.count <= 256)
        }
        let actions = machine.heard(Self.hello(seed, ["seed", "new"], primary: true))
        #expect(machine.servers.count == 2)
        #expect(actions.contains(.watch(ServerAddress(host: "new"))))
    }

    @Test func `a path of this machine is dialed for the caller alone`() throws {
        let seed = ServerAddress(host: "seed")
        var machine = TopologyMachine(seeds: [seed], setName: "rs")
        for isPrimary in [false, true] {
            let actions = machine.heard(Self.hello(seed, ["seed", "/run/db.sock", "db.sock"], primary: isPrimary))
            #expect(actions == [.readyPool(seed)])
            #expect(Set(machine.servers.keys) == [seed])
        }
    }
}
