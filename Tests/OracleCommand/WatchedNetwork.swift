// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import GetAddrInfo
import NameResolution

/// A network that changes while its interfaces are known.
enum WatchedNetwork {
    /// Ends with an error unless a change makes the table unknown at once, and known again as it is then.
    static func check() throws {
        let tables = LocalTables()
        tables.refresh()
        try expect(tables.facts.interfaces()?.hasIPv4 == false, "no address but the loopback's is known at first")
        for (command, hasIPv4) in [
            ("ip address add 192.0.2.1/24 dev lo", true), ("ip address del 192.0.2.1/24 dev lo", false),
        ] {
            try Network.run(command)
            // The kernel has told of the change before the command has ended.
            try expect(tables.facts.interfaces() == nil, "after a change the table is not known: \(command)")
            let table = try wait { tables.facts.interfaces() }
            try expect(table.hasIPv4 == hasIPv4, "the new table is the new network: \(command)")
        }
        try Network.run("ip link add odd0 type veth peer name odd1")
        try expect(tables.facts.interfaces() == nil, "after a new interface the table is not known")
        try expect(try wait { tables.facts.interfaces() }.index(of: "odd0".utf8) != nil, "the new interface is known")
        print("every change was known of at once")
    }

    private static func wait<Value>(for value: () -> Value?) throws -> Value {
        let limit = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < limit {
            if let value = value() { return value }
            sched_yield()
        }
        throw ValidationError("waited for ten seconds")
    }

    private static func expect(_ isSo: Bool, _ what: String) throws {
        guard isSo else { throw ValidationError("not so: \(what)") }
    }
}
