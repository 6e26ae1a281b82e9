// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// One feed's download over a connected channel: a GET, its answer, the end. Both sides of the rally use it.
enum FeedDownload {
    /// What a feed server may do wrong.
    enum Fault: Error {
        case status(Int)
        case endedEarly
    }

    /// Fetches the feed and closes the channel; on the channel's loop.
    static func fetch(from host: String, over channel: any Channel) -> EventLoopFuture<Void> {
        let done = channel.eventLoop.makePromise(of: Void.self)
        do {
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            try channel.pipeline.syncOperations.addHandler(Reader(done))
        } catch {
            done.fail(error)
            return done.futureResult
        }
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/feed", headers: ["host": host])
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        return done.futureResult.always { _ in channel.close(promise: nil) }
    }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = HTTPClientResponsePart

        private let done: EventLoopPromise<Void>
        private var status: Int?

        init(_ done: EventLoopPromise<Void>) {
            self.done = done
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): status = Int(head.status.code)
            case .body: break
            case .end:
                guard let status, status == 200 else { return done.fail(Fault.status(status ?? 0)) }
                done.succeed()
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            done.fail(error)
        }

        func channelInactive(context: ChannelHandlerContext) {
            done.fail(Fault.endedEarly)
        }
    }
}
