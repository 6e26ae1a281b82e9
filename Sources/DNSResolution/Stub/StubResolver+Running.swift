// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NameResolution

/// What is kept of a lookup while it is in flight, and the queries that it waits for.
@available(FairDial 0.1, *)
extension StubResolver {
    /// A lookup in flight; an object for the same reasons as a `Query`.
    final class Running {
        /// `nil` for one of records.
        var lookup: NameLookup?
        let fairnessKey: FairnessKey
        /// Its identifier; set from the moment that it is in flight.
        var name: Lookup?
        /// One for each type at most: both families, and service bindings.
        var queries = UpToThree<(key: QueryClient.Key, request: Slab<Request>.Key)>()
        var hasBegun = false
        /// Whether the cache has anything of the name that is being asked for.
        var isInCache = false
        var isOver = false
        /// Whether the name may mean several: what the lookup says of them is asked only then, for a look copies it.
        var hasSearchList = false
        /// Whether an answer has turned out to be one that can be done without; likewise.
        var isHurried = false

        /// Who is told.
        let receiver: Receiver

        init(for fairnessKey: FairnessKey, telling receiver: Receiver) {
            self.fairnessKey = fairnessKey
            self.receiver = receiver
        }
    }

    /// The servers that have been asked on behalf of a lookup and have not answered yet, a few of them.
    func silentServers(of lookup: Lookup) -> [Endpoint] {
        guard let running = running[lookup.slab] else { return [] }
        var servers: [Endpoint] = []
        running.queries.forEach { entry in
            for server in client.silentServers(of: requests[entry.request]?.query ?? entry.key) {
                if servers.count < 4, !servers.contains(server) { servers.append(server) }
            }
        }
        return servers
    }

    /// The queries for the same name that the same lookup has in flight.
    func siblings(of request: Request, for name: DomainName) -> (QueryClient.Key?, QueryClient.Key?) {
        var found: (QueryClient.Key?, QueryClient.Key?) = (nil, nil)
        if request.state.queries.isEmpty { return found }
        request.state.queries.forEach { query in
            guard let other = requests[query.request], (other.aliases.last ?? other.name).wire == name.wire else {
                return
            }
            if found.0 == nil { found.0 = query.key } else { found.1 = query.key }
        }
        return found
    }

    /// The query in flight for records of a type.
    func query(of state: Running, for type: RecordType) -> (key: QueryClient.Key, request: Slab<Request>.Key)? {
        state.queries.first { requests[$0.request]?.type == type }
    }
}
