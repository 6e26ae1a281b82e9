// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

/// A server on loopback that speaks TLS as `db.fair.test`, or does not as it should.
final class TLSServer: Sendable {
    /// What becomes of those who connect.
    enum Behaviour: Sendable {
        /// Speaks TLS, and says nothing over it.
        case honest
        /// Speaks TLS, and greets as soon as it may.
        case greeting
        /// Speaks in the clear.
        case plaintext
        /// Says nothing at all.
        case mute
        /// Resets the connection.
        case resetting
    }

    static let name = "db.fair.test"
    static let greeting = "welcome\n"

    /// A certificate for `name`, and its key; made once, by openssl.
    private static let identity = Result { try Identity() }

    private let channel: any Channel

    private init(channel: any Channel) {
        self.channel = channel
    }

    /// Whether there is an openssl to make certificates with.
    static let isToBeHad = ["/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin"].contains {
        FileManager.default.isExecutableFile(atPath: "\($0)/openssl")
    }

    var port: Int { channel.localAddress?.port ?? 0 }

    static func start(_ behaviour: Behaviour) async throws -> TLSServer {
        let identity = try identity.get()
        let configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(identity.certificate)],
            privateKey: .privateKey(identity.key)
        )
        let context = try NIOSSLContext(configuration: configuration)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1_024)
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture {
                    let pipeline = child.pipeline.syncOperations
                    switch behaviour {
                    case .honest: try pipeline.addHandler(NIOSSLServerHandler(context: context))
                    case .greeting:
                        try pipeline.addHandler(NIOSSLServerHandler(context: context))
                        try pipeline.addHandler(Greeter())
                    case .plaintext: try pipeline.addHandler(Greeter())
                    case .mute: break
                    case .resetting: try pipeline.addHandler(Resetter())
                    }
                    try pipeline.addHandler(Closer())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return TLSServer(channel: channel)
    }

    /// What a client does TLS with.
    ///
    /// - Parameter isTrusting: whether it trusts the signer of the server's certificate.
    static func clientContext(isTrusting: Bool = true) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if isTrusting { configuration.trustRoots = .certificates([try identity.get().certificate]) }
        return try NIOSSLContext(configuration: configuration)
    }

    func stop() async throws {
        try await channel.close()
    }

    private struct Identity: Sendable {
        let certificate: NIOSSLCertificate
        let key: NIOSSLPrivateKey

        init() throws {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fairdial-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let certificate = folder.appendingPathComponent("certificate.pem").path
            let key = folder.appendingPathComponent("key.pem").path
            let openssl = Process()
            openssl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            openssl.arguments = [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                "2",
                "-subj", "/CN=\(TLSServer.name)", "-addext", "subjectAltName=DNS:\(TLSServer.name)", "-keyout", key,
                "-out",
                certificate,
            ]
            openssl.standardError = FileHandle.nullDevice
            try openssl.run()
            openssl.waitUntilExit()
            guard let made = try NIOSSLCertificate.fromPEMFile(certificate).first else { throw POSIXError(.ENOENT) }
            self.certificate = made
            self.key = try NIOSSLPrivateKey(file: key, format: .pem)
        }
    }

    private final class Greeter: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        func channelActive(context: ChannelHandlerContext) {
            context.fireChannelActive()
            let greeting = context.channel.allocator.buffer(string: TLSServer.greeting)
            context.writeAndFlush(wrapOutboundOut(greeting), promise: nil)
        }
    }

    private final class Resetter: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func channelActive(context: ChannelHandlerContext) {
            let reset = linger(l_onoff: 1, l_linger: 0)
            let socket = context.channel as? any SocketOptionProvider
            let channel = context.channel
            socket?.setSoLinger(reset).whenComplete { _ in channel.close(promise: nil) }
        }
    }

    private final class Closer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
