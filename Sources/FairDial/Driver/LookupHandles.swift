// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NameResolution

/// The handles of a dial's lookups in flight, by id. Nearly every dial has one, which needs no table.
@available(FairDial 0.1, *)
struct LookupHandles {
    private var first: (any LookupHandle)?
    private var further: [LookupID: any LookupHandle] = [:]

    subscript(id: LookupID) -> (any LookupHandle)? {
        get { id == .first ? first : further[id] }
        set {
            if id == .first { first = newValue } else { further[id] = newValue }
        }
    }

    /// The DNS servers that have been asked for any of them and have not answered yet.
    var silentServers: [Endpoint] {
        var servers = first?.silentServers ?? []
        for lookup in further.values { servers += lookup.silentServers }
        return Array(Set(servers)).sorted()
    }

    /// Has every lookup read what has come.
    ///
    /// - Returns: those that will say when they have, in the order of their ids.
    func catchUp(late: Duration) -> [LookupID] {
        var reading: [LookupID] = []
        if let first, first.catchUp(late: late) { reading.append(.first) }
        for (id, lookup) in further.sorted(by: { $0.key.number < $1.key.number }) where lookup.catchUp(late: late) {
            reading.append(id)
        }
        return reading
    }
}
