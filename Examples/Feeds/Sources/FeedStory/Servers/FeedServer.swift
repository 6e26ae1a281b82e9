// SPDX-License-Identifier: Apache-2.0

package import NIOCore
import NIOHTTP1
import NIOPosix

/// Every embedded feed, at one address: the `Host` header says which one is wanted.
package struct FeedServer: Sendable {
    package let port: Int
    private let channel: any Channel

    package static func start(on group: any EventLoopGroup) async throws -> FeedServer {
        let channel = try await ServerBootstrap(group: group)
            // All of them come within a few milliseconds.
            .serverChannelOption(.backlog, value: 4_096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Responder())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return FeedServer(port: channel.localAddress?.port ?? 0, channel: channel)
    }

    package func stop() async {
        // One that is closed already is as closed as it can be.
        try? await channel.close()
    }

    /// `/feed` is the feed, `/moved/N` redirects to `/moved/N-1` and at last to the feed; nothing else is there.
    private final class Responder: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private var head: HTTPRequestHead?

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): self.head = head
            case .body: break
            case .end:
                guard let head else { return }
                self.head = nil
                answer(head, context: context)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        private func answer(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
            let host = head.headers.first(name: "host") ?? ""
            // feed-12.slow.test:8080
            let digits = host.split(separator: ".").first?.split(separator: "-").last ?? ""
            let words = head.uri.split(separator: "/")
            var headers = HTTPHeaders()
            var body = ""
            var status = HTTPResponseStatus.notFound
            if words == ["feed"] {
                status = .ok
                headers.add(name: "content-type", value: "application/xml")
                body = FeedText.feed(Int(digits) ?? 0)
            } else if words.count == 2, words[0] == "moved", let count = Int(words[1]), count > 0 {
                status = .movedPermanently
                headers.add(name: "location", value: count == 1 ? "/feed" : "/moved/\(count - 1)")
            }
            headers.add(name: "content-length", value: "\(body.utf8.count)")
            let part = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
            context.write(wrapOutboundOut(.head(part)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
            let sent = context.writeAndFlush(wrapOutboundOut(.end(nil)))
            // Some clients read until the server closes.
            if !head.isKeepAlive {
                let channel = context.channel
                sent.whenComplete { _ in channel.close(promise: nil) }
            }
        }
    }
}
