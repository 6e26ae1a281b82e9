// SPDX-License-Identifier: Apache-2.0

import BSON
import ConnectionStrings
package import FairDial
import MongoClient

/// The fair side's client: MongoClient, whose pool grows fairly.
package struct MongoStore: LinkStore {
    private let client: MongoClient
    private let links: MongoCollection

    /// - Parameter uri: `mongodb://…` or `mongodb+srv://…`; its options hold.
    package init(_ uri: String, dialer: Dialer, recorder: PoolRecorder) throws {
        var configuration = MongoClientConfiguration(dialer: dialer)
        configuration.poolObserver = recorder
        client = try MongoClient(ConnectionString(uri), configuration: configuration)
        links = (client.defaultDatabase ?? client.database("story")).collection("links")
    }

    /// What of the connection string is not done as it says, in words.
    package var warnings: [String] { client.warnings }

    package func greet() async throws {
        try await links.database.runCommand(["ping": 1])
    }

    package func store(_ link: FeedLink) async throws {
        try await links.insertOne(["feed": .string(link.feed), "url": .string(link.url), "title": .string(link.title)])
    }

    package func close() async {
        await client.close(within: .seconds(1))
    }
}
