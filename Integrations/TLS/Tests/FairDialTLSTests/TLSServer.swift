// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

/// A server on loopback that speaks TLS as `db.fair.test`, or does not as it should.
final class TLSServer: Sendable {
    /// What becomes of those who connect.
    enum Behaviour: Sendable {
        /// Speaks TLS with this identity.
        case honest(Result<Identity, any Error>)
        /// Speaks TLS 1.1 at most.
        case outdated
        /// Speaks in the clear.
        case plaintext
        /// Says nothing at all.
        case mute
        /// Closes the connection.
        case closing
    }

    static let name = "db.fair.test"

    let port: Int
    private let channel: any Channel
    /// The connections that have not closed yet.
    private let open: NIOLockedValueBox<[ObjectIdentifier: EventLoopFuture<Void>]>

    private init(_ channel: any Channel, _ open: NIOLockedValueBox<[ObjectIdentifier: EventLoopFuture<Void>]>) {
        self.channel = channel
        self.open = open
        port = channel.localAddress?.port ?? 0
    }

    static func start(_ behaviour: Behaviour, protocols: [String] = []) async throws -> TLSServer {
        let context = try context(behaviour, protocols)
        let open = NIOLockedValueBox<[ObjectIdentifier: EventLoopFuture<Void>]>([:])
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1_024)
            .childChannelInitializer { child in
                open.withLockedValue { $0[ObjectIdentifier(child)] = child.closeFuture }
                child.closeFuture.whenComplete { _ in
                    open.withLockedValue { $0[ObjectIdentifier(child)] = nil }
                }
                return child.eventLoop.makeCompletedFuture {
                    let pipeline = child.pipeline.syncOperations
                    switch behaviour {
                    case .honest, .outdated:
                        if let context { try pipeline.addHandler(NIOSSLServerHandler(context: context)) }
                    case .plaintext: try pipeline.addHandler(Greeter())
                    case .mute: break
                    case .closing: try pipeline.addHandler(Leaver())
                    }
                    try pipeline.addHandler(Closer())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return TLSServer(channel, open)
    }

    private static func context(_ behaviour: Behaviour, _ protocols: [String]) throws -> NIOSSLContext? {
        let identity: Identity
        switch behaviour {
        case .honest(let given): identity = try given.get()
        case .outdated: identity = try Identity.good.get()
        case .plaintext, .mute, .closing: return nil
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(identity.certificate)],
            privateKey: .privateKey(identity.key)
        )
        configuration.applicationProtocols = protocols
        if case .outdated = behaviour { configuration.maximumTLSVersion = .tlsv11 }
        return try NIOSSLContext(configuration: configuration)
    }

    /// Waits until every connection has closed: the suite's time limit is the bound.
    func isLeftByAll() async {
        for closing in open.withLockedValue({ Array($0.values) }) { try? await closing.get() }
    }

    func stop() async throws {
        try await channel.close()
    }

    private final class Greeter: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        func channelActive(context: ChannelHandlerContext) {
            context.fireChannelActive()
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "220 welcome\r\n")), promise: nil)
        }
    }

    private final class Leaver: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func channelActive(context: ChannelHandlerContext) {
            context.close(promise: nil)
        }
    }

    private final class Closer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
