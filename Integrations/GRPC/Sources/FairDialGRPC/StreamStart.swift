// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP2

/// First in a stream's pipeline: ends a call whose connection takes no new streams any more, between its opening and
/// its first frame. HTTP/2 tells the writer of that frame alone, and gRPC does not look.
final class StreamStart: ChannelOutboundHandler {
    typealias OutboundIn = HTTP2Frame.FramePayload

    private var hasBegun = false

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !hasBegun else { return context.write(data, promise: promise) }
        hasBegun = true
        let begun = promise ?? context.eventLoop.makePromise()
        begun.futureResult.assumeIsolated().whenFailure { error in
            // gRPC closes the stream by this. The rest of what it has written must not go out without its beginning.
            if error is NIOHTTP2Errors.CreatedStreamAfterGoaway { context.fireErrorCaught(error) }
        }
        context.write(data, promise: begun)
    }
}
