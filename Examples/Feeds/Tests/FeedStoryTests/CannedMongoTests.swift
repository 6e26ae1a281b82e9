// SPDX-License-Identifier: Apache-2.0

import BSON
import FairDial
import FeedStory
import NIOCore
import Testing

/// What the canned server says to bytes that are no messages: it closes, and serves the next client.
@Suite(.timeLimit(.minutes(1)))
struct CannedMongoTests {
    @Test(
        arguments: [
            // A length below the header's, one beyond the longest message, an opcode of nobody, flags of nobody.
            [0, 0, 0, 0], [255, 255, 255, 127],
            [16, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 9, 0, 0],
            [20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 221, 7, 0, 0, 4, 0, 0, 0],
            // A document that claims to be longer than the message.
            [26, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 221, 7, 0, 0, 0, 0, 0, 0, 0, 99, 0, 0, 0, 0],
        ] as [[UInt8]]
    )
    func `bytes that are no message close the connection`(_ bytes: [UInt8]) async throws {
        let mongo = try await CannedMongo.start()
        let connection = try await Dialer.shared.connect(to: "127.0.0.1", port: mongo.port)
        let channel = connection.channel
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
        // The test's time limit is what bounds it.
        try await channel.closeFuture.get()
        let store = try MongoStore(mongo.uri, dialer: .shared, recorder: PoolRecorder())
        try await store.greet()
        await store.close()
        await mongo.stop()
    }
}
