// SPDX-License-Identifier: Apache-2.0

/// One side's database client, as the story needs it.
package protocol LinkStore: Sendable {
    /// The first word with the database: any connection, and an answer on it.
    func greet() async throws
    /// Stores one link, on whichever connection is free.
    func store(_ link: FeedLink) async throws
    func close() async
}
