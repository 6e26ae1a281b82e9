// SPDX-License-Identifier: Apache-2.0

/// How much a query client keeps, counted: what others could make grow.
@available(FairDial 0.1, *)
package struct QueryLoad: Hashable, Sendable {
    /// Queries in flight or waiting.
    package let queries: Int
    /// Messages that went out, of all of these.
    package let tries: Int
    /// Answers that may still come.
    package let pending: Int
    /// Streams that are open or being opened.
    package let streams: Int

    package init(queries: Int, tries: Int, pending: Int, streams: Int) {
        self.queries = queries
        self.tries = tries
        self.pending = pending
        self.streams = streams
    }
}

@available(FairDial 0.1, *)
extension QueryClient {
    /// How much is kept now. For tests: it walks all queries.
    package var load: QueryLoad {
        let tries = queries.keys.reduce(0) { $0 + (queries[$1]?.tries.count ?? 0) }
        return QueryLoad(queries: queries.count, tries: tries, pending: pending.count, streams: streams.count)
    }
}
