// SPDX-License-Identifier: Apache-2.0

import NameResolution

/// Which lookups in flight have been told of, so that each is told of once.
@available(FairDial 0.1, *)
struct ToldLookups {
    private var told: Set<UInt64> = []

    /// Those that are too old and have not been told of; what is no longer in flight is forgotten.
    mutating func news(in lookups: [LookupInFlight], olderThan limit: Duration) -> [LookupInFlight] {
        let old = lookups.filter { $0.age >= limit }
        let news = old.filter { !told.contains($0.id) }
        told = Set(old.lazy.map(\.id))
        return news
    }
}
