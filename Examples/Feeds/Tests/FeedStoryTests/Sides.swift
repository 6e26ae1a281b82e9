// SPDX-License-Identifier: Apache-2.0

import FeedStory

/// The clients of the tests.
enum Sides {
    static func fairStore(_ servers: EmbeddedServers, _ recorder: PoolRecorder) throws -> MongoStore {
        try MongoStore(servers.mongo.uri, dialer: servers.dialer, recorder: recorder)
    }
}
