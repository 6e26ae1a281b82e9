// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import NIOSSL

/// A web server on loopback that answers every request with nothing.
final class Answerer: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// - Parameter identity: with one it speaks TLS, and HTTP/2 where the client does.
    static func listen(_ identity: Identity?) async throws -> any Channel {
        let context = try identity.map { try NIOSSLContext(configuration: $0.shown) }
        return try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1_024)
            .childChannelInitializer { child in
                do {
                    guard let context else {
                        try child.pipeline.syncOperations.configureHTTPServerPipeline()
                        try child.pipeline.syncOperations.addHandler(Answerer())
                        return child.eventLoop.makeSucceededVoidFuture()
                    }
                    try child.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                } catch {
                    return child.eventLoop.makeFailedFuture(error)
                }
                return child.configureCommonHTTPServerPipeline { stream in
                    stream.eventLoop.makeCompletedFuture {
                        try stream.pipeline.syncOperations.addHandler(Answerer())
                    }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-length": "0"])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Clients of names that came too late hang up in the middle.
        context.close(promise: nil)
    }
}
