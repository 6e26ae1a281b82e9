// SPDX-License-Identifier: Apache-2.0

import NameResolution

/// What is kept of a lookup while it is in flight.
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
}
