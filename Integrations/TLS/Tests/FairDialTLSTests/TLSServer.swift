// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

/// A server on loopback that speaks TLS as `db.fair.test`, or does not as it should.
final class TLSServer: Sendable {
    /// What becomes of those who connect.
    enum Behaviour: Sendable {
        /// Speaks TLS with this identity.
        case honest(Result<Identity, any Error>)
        /// Speaks this version alone, takes those alone whose certificate is this one, and says hello to them.
        case mutual(Result<Identity, any Error>, TLSVersion)
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
    private let accepted: NIOLockedValueBox<Int>
    /// The connections that have not closed yet.
    private let open: NIOLockedValueBox<[ObjectIdentifier: EventLoopFuture<Void>]>

    /// How many have connected.
    var acceptedCount: Int { accepted.withLockedValue { $0 } }

    private init(
        _ channel: any Channel,
        _ accepted: NIOLockedValueBox<Int>,
        _ open: NIOLockedValueBox<[ObjectIdentifier: EventLoopFuture<Void>]>
    ) {
        self.channel = channel
        self.accepted = accepted
        self.open = open
        port = channel.localAddress?.port ?? 0
    }

    static func start(_ behaviour: Behaviour, protocols: [String] = []) async throws -> TLSServer {
        let context = try context(behaviour, protocols)
        let open = NIOLockedValueBox<[ObjectIdentifier: EventLoopFuture<Void>]>([:])
        let accepted = NIOLockedValueBox(0)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1_024)
            .childChannelInitializer { child in
                accepted.withLockedValue { $0 += 1 }
                open.withLockedValue { $0[ObjectIdentifier(child)] = child.closeFuture }
                child.closeFuture.whenComplete { _ in
                    open.withLockedValue { $0[ObjectIdentifier(child)] = nil }
                }
                return child.eventLoop.makeCompletedFuture {
                    let pipeline = child.pipeline.syncOperations
                    switch behaviour {
                    case .honest, .outdated, .mutual:
                        if let context { try pipeline.addHandler(NIOSSLServerHandler(context: context)) }
                        if case .mutual = behaviour { try pipeline.addHandler(Host()) }
                    case .plaintext: try pipeline.addHandler(Greeter())
                    case .mute: break
                    case .closing: try pipeline.addHandler(Leaver())
                    }
                    try pipeline.addHandler(Closer())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return TLSServer(channel, accepted, open)
    }

    private static func context(_ behaviour: Behaviour, _ protocols: [String]) throws -> NIOSSLContext? {
        let identity: Identity
        switch behaviour {
        case .honest(let given): identity = try given.get()
        case .outdated, .mutual: identity = try Identity.good.get()
        case .plaintext, .mute, .closing: return nil
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(identity.certificate)],
            privateKey: .privateKey(identity.key)
        )
        configuration.applicationProtocols = protocols
        if case .outdated = behaviour { configuration.maximumTLSVersion = .tlsv11 }
        if case .mutual(let client, let version) = behaviour {
            configuration.minimumTLSVersion = version
            configuration.maximumTLSVersion = version
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .certificates([try client.get().certificate])
        }
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

    /// Says hello once a client has been taken.
    private final class Host: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            context.fireUserInboundEventTriggered(event)
            guard case .handshakeCompleted? = event as? TLSUserEvent else { return }
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "hello")), promise: nil)
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
