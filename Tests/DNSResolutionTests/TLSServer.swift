// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import Foundation
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

/// A server of DNS over TLS on loopback, with a certificate and versions of the test's choice. It has 192.0.2.1 for
/// every name, and keeps account of the bytes that came to it through TLS.
final class TLSServer: Sendable {
    /// A certificate that has signed itself, and its key; made by `openssl`.
    struct Identity: Sendable {
        let certificate: NIOSSLCertificate
        fileprivate let key: NIOSSLPrivateKey

        /// Whether there is an `openssl` to make them with.
        static let canBeMade = NameServers.program("openssl") != nil

        /// - Parameter names: as openssl has them: `DNS:dns.fair.test,IP:127.0.0.1`; empty for a certificate without a
        ///   subjectAltName.
        init(_ names: String, commonName: String = "nobody.test") throws {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fairdial-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let (certificate, key) = (folder.appendingPathComponent("it.pem"), folder.appendingPathComponent("it.key"))
            let settings = folder.appendingPathComponent("settings")
            try Data("[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nCN=\(commonName)\n".utf8).write(to: settings)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: NameServers.program("openssl") ?? "openssl")
            process.arguments =
                ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
                + ["-config", settings.path, "-out", certificate.path, "-keyout", key.path]
                + (names.isEmpty ? [] : ["-addext", "subjectAltName=\(names)"])
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            self.certificate = try NIOSSLCertificate.fromPEMFile(certificate.path)[0]
            self.key = try NIOSSLPrivateKey(file: key.path, format: .pem)
        }
    }

    private let channel: any Channel
    private let received: NIOLockedValueBox<Int>

    private init(_ channel: any Channel, _ received: NIOLockedValueBox<Int>) {
        self.channel = channel
        self.received = received
    }

    var endpoint: Endpoint { Endpoint(address: .v4(.loopback), port: UInt16(channel.localAddress?.port ?? 0)) }

    /// How many bytes have come through TLS.
    var byteCount: Int { received.withLockedValue { $0 } }

    static func start(
        as identity: Identity,
        from minimum: TLSVersion = .tlsv12,
        to maximum: TLSVersion? = nil
    ) async throws -> TLSServer {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(identity.certificate)],
            privateKey: .privateKey(identity.key)
        )
        configuration.minimumTLSVersion = minimum
        configuration.maximumTLSVersion = maximum
        let context = try NIOSSLContext(configuration: configuration)
        let received = NIOLockedValueBox(0)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture {
                    try child.pipeline.syncOperations.addHandlers([
                        NIOSSLServerHandler(context: context), Answers(received),
                    ])
                }
            }
            .bind(to: SocketAddress(ipAddress: "127.0.0.1", port: 0)).get()
        return TLSServer(channel, received)
    }

    func stop() async throws {
        try await channel.close()
    }

    private final class Answers: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let received: NIOLockedValueBox<Int>
        private var buffer = ByteBuffer()

        init(_ received: NIOLockedValueBox<Int>) {
            self.received = received
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var more = unwrapInboundIn(data)
            received.withLockedValue { $0 += more.readableBytes }
            buffer.writeBuffer(&more)
            while let bytes = buffer.readLengthPrefixedSlice(as: UInt16.self) {
                guard let query = try? Message(Array(bytes.readableBytesView)), let question = query.questions.first
                else { continue }
                var header = Header(identifier: query.header.identifier)
                header.isResponse = true
                header.wantsRecursion = true
                header.offersRecursion = true
                var answer = Message(header: header, questions: query.questions)
                if question.type == .a {
                    let record = ARecord(IPv4Address(bits: 0xC000_0201))
                    answer.answers = [Record(name: question.name, timeToLive: 60, data: record)]
                }
                guard let bytes = try? answer.bytes() else { continue }
                var reply = ByteBuffer()
                reply.writeInteger(UInt16(bytes.count))
                reply.writeBytes(bytes)
                context.writeAndFlush(wrapOutboundOut(reply), promise: nil)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            // A client that does not like the certificate is what the tests are about.
            context.close(promise: nil)
        }
    }
}
