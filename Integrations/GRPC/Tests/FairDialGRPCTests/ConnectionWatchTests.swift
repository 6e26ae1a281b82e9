// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing

@testable import FairDialGRPC

@Suite struct `What watches a connection` {
    @Test func `and cannot join it says so to those who wait for it`() async throws {
        let channel = NIOAsyncTestingChannel()
        let outcome = NIOLockedValueBox<Result<Void, any Error>?>(nil)
        try await channel.testingEventLoop.executeInContext {
            let watch = ConnectionWatch(on: channel.eventLoop) {}
            watch.ready.whenComplete { result in outcome.withLockedValue { $0 = result } }
            // There is no HTTP/2 in its pipeline.
            #expect(throws: ChannelPipelineError.notFound) { try watch.join(channel) }
        }
        #expect(throws: ChannelPipelineError.notFound) { try outcome.withLockedValue { try $0?.get() } }
        _ = try await channel.finish(acceptAlreadyClosed: true)
    }
}
