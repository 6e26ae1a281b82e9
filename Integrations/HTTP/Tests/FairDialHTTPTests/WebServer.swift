// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import NIOSSL

/// A web server on loopback that answers every request with what it was asked in: `HTTP/1.1` or `HTTP/2.0`.
final class WebServer: Sendable {
    static let name = "web.fair.test"

    let port: Int
    private let channel: any Channel
    private let connections: NIOLockedValueBox<Int>

    private init(_ channel: any Channel, _ connections: NIOLockedValueBox<Int>) {
        self.channel = channel
        self.connections = connections
        port = channel.localAddress?.port ?? 0
    }

    /// How many have connected.
    var connectionCount: Int { connections.withLockedValue { $0 } }

    /// - Parameter identity: with one it speaks TLS, and HTTP/2 where the client does.
    static func start(_ identity: Identity? = nil) async throws -> WebServer {
        let connections = NIOLockedValueBox(0)
        var context: NIOSSLContext?
        if let identity {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: [.certificate(identity.certificate)],
                privateKey: .privateKey(identity.key)
            )
            configuration.applicationProtocols = NIOHTTP2SupportedALPNProtocols
            context = try NIOSSLContext(configuration: configuration)
        }
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1_024)
            .childChannelInitializer { [context] child in
                connections.withLockedValue { $0 += 1 }
                do {
                    guard let context else {
                        try child.pipeline.syncOperations.configureHTTPServerPipeline()
                        try child.pipeline.syncOperations.addHandler(Answerer("HTTP/1.1"))
                        return child.eventLoop.makeSucceededVoidFuture()
                    }
                    try child.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                } catch {
                    return child.eventLoop.makeFailedFuture(error)
                }
                return child.configureCommonHTTPServerPipeline { stream in
                    stream.eventLoop.makeCompletedFuture {
                        // A stream's parent is a connection; a connection's is the listening socket.
                        let isStream = stream.parent?.parent != nil
                        let version = isStream ? "HTTP/2.0" : "HTTP/1.1"
                        try stream.pipeline.syncOperations.addHandler(Answerer(version))
                    }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return WebServer(channel, connections)
    }

    func stop() async throws {
        try await channel.close()
    }

    private final class Answerer: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let version: String

        init(_ version: String) {
            self.version = version
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .end = unwrapInboundIn(data) else { return }
            let fields: HTTPHeaders = ["content-length": "\(version.utf8.count)"]
            let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: fields)
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: version)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
