// SPDX-License-Identifier: Apache-2.0

import FairDial
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import FairDialTLS

@Suite(.timeLimit(.minutes(5))) struct `A client's certificate` {
    /// What the client shows to a server that wants its certificate.
    enum Shown: CaseIterable, Sendable {
        case known, none, unknown

        func identity() throws -> Identity? {
            switch self {
            case .known: try Identity.client.get()
            case .none: nil
            case .unknown: try Identity.other.get()
            }
        }
    }

    private static let dialer: Dialer = {
        var configuration = DialerConfiguration()
        configuration.overrides[TLSServer.name] = [.v4(.loopback)]
        return Dialer(configuration)
    }()

    private static func tls(_ shown: Shown) throws -> ClientTLS {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates([try Identity.good.get().certificate])
        if let identity = try shown.identity() {
            configuration.certificateChain = [.certificate(identity.certificate)]
            configuration.privateKey = .privateKey(identity.key)
        }
        return try ClientTLS(configuration)
    }

    /// Waits for the first bytes, or the channel's end; keeps its errors.
    private final class Guest: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let greeted: EventLoopPromise<String>
        private let errors: NIOLockedValueBox<[String]>

        init(_ greeted: EventLoopPromise<String>, _ errors: NIOLockedValueBox<[String]>) {
            self.greeted = greeted
            self.errors = errors
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            greeted.succeed(String(buffer: unwrapInboundIn(data)))
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            errors.withLockedValue { $0.append("\(error)") }
            context.fireErrorCaught(error)
        }

        func channelInactive(context: ChannelHandlerContext) {
            greeted.fail(ChannelError.eof)
            context.fireChannelInactive()
        }
    }

    private struct Dialed {
        let future: EventLoopFuture<Connection<any Channel>>
        let greeted: EventLoopPromise<String>
        let errors: NIOLockedValueBox<[String]>
    }

    /// - Parameter waits: whether the dial is over when the server has said hello, or with the handshake.
    private static func dial(_ server: TLSServer, _ shown: Shown, waits: Bool) throws -> Dialed {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let (greeted, errors) = (loop.makePromise(of: String.self), NIOLockedValueBox<[String]>([]))
        var options = DialOptions()
        if waits { options.readiness = .when { _ in greeted.futureResult.map { _ in } } }
        let target = try Target(host: TLSServer.name, port: server.port)
        let future = dialer.connectTLS(to: target, using: try tls(shown), options: options, on: loop) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Guest(greeted, errors))
                return channel
            }
        }
        return Dialed(future: future, greeted: greeted, errors: errors)
    }

    @Test(arguments: [TLSVersion.tlsv12, .tlsv13], [false, true])
    func `is shown to a server that wants it`(version: TLSVersion, waits: Bool) async throws {
        let server = try await TLSServer.start(.mutual(Identity.client, version))
        let dialed = try Self.dial(server, .known, waits: waits)
        let connection = try await dialed.future.get()
        #expect(try await connection.channel.nioSSL_tlsVersion().get() == version)
        #expect(try await dialed.greeted.futureResult.get() == "hello")
        // Nothing of the handshake's is left in the caller's way.
        await #expect(throws: ChannelPipelineError.notFound) {
            try await connection.channel.pipeline.containsHandler(type: CertificateWitness.self).get()
        }
        try await connection.channel.close()
        try await server.stop()
    }

    @Test(arguments: [TLSVersion.tlsv12, .tlsv13], [Shown.none, .unknown])
    func `that is refused is told in words to a dial that waits for more`(version: TLSVersion, shown: Shown)
        async throws
    {
        let server = try await TLSServer.start(.mutual(Identity.client, version))
        let dialed = try Self.dial(server, shown, waits: true)
        let error = await #expect(throws: DialError.self) { _ = try await dialed.future.get() }
        #expect(error?.code == .handshakeFailed)
        let words =
            switch (shown, version) {
            case (.unknown, _): "the server does not know the authority of our certificate"
            // TLS 1.2 has no word of its own for it.
            case (_, .tlsv12): "or wants a client's certificate"
            default: "the server wants a client's certificate, and was given none"
            }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(error?.isRetryable == (shown == .none && version == .tlsv12))
        await server.isLeftByAll()
        try await server.stop()
    }

    /// TLS 1.3 has the client done before its certificate is seen (RFC 8446 §4.4.2.4): this is the limit that the
    /// documentation tells of.
    @Test(arguments: [TLSVersion.tlsv12, .tlsv13], [Shown.none, .unknown])
    func `that is refused ends a dial for TLS alone with 1.2, and its channel with 1.3`(
        version: TLSVersion,
        shown: Shown
    ) async throws {
        let server = try await TLSServer.start(.mutual(Identity.client, version))
        let dialed = try Self.dial(server, shown, waits: false)
        if version == .tlsv12 {
            let error = await #expect(throws: DialError.self) { _ = try await dialed.future.get() }
            #expect(error?.code == .handshakeFailed)
        } else {
            let connection = try await dialed.future.get()
            try await connection.channel.closeFuture.get()
            let sign = shown == .none ? "CERTIFICATE_REQUIRED" : "UNKNOWN_CA"
            #expect(dialed.errors.withLockedValue { $0.contains { $0.contains(sign) } })
        }
        await #expect(throws: (any Error).self) { try await dialed.greeted.futureResult.get() }
        await server.isLeftByAll()
        try await server.stop()
    }
}
