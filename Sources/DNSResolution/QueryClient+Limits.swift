// SPDX-License-Identifier: Apache-2.0

extension QueryClient {
    /// The query is given up at a moment, if it would last longer; silence until then counts as silence.
    mutating func limit(_ key: Key, to end: Duration) {
        guard let query = queries[key.slab], end < query.ends else { return }
        query.ends = end
        setAlarm(key.slab, at: end)
    }
}
