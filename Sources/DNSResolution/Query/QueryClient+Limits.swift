// SPDX-License-Identifier: Apache-2.0

import NameResolution

@available(FairDial 0.1, *)
extension QueryClient {
    /// The query is given up at a moment, if it would last longer; silence until then counts as silence.
    mutating func limit(_ key: Key, to end: Duration) {
        guard let query = queries[key.slab], end < query.ends else { return }
        query.ends = end
        setAlarm(key.slab, at: end)
    }

    /// One more lookup waits for a query's answer, until its own deadline.
    ///
    /// - Parameter fairnessKey: on whose behalf; `nil` for the same as before. While the query waits itself, it does so
    ///   in that key's queue too (rule 3).
    /// - Returns: until when those had to wait who waited before; `nil` where the query is over.
    mutating func share(_ key: Key, for fairnessKey: FairnessKey?, until end: Duration) -> Duration? {
        guard let query = queries[key.slab] else { return nil }
        let endBefore = query.ends
        query.isDispensable = false
        if query.ends < end {
            query.ends = end
            setAlarm(key.slab, at: end, isFar: true)
        }
        if let fairnessKey, query.rounds == 0, waiting.count < configuration.waitingLimit {
            waiting.append(key.slab, for: fairnessKey)
        }
        return endBefore
    }

    /// Why the tries of a query have failed.
    func failures(of key: Key) -> [QueryFailure] { queries[key.slab]?.failures ?? [] }
}
