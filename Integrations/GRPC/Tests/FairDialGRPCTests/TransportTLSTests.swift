// SPDX-License-Identifier: Apache-2.0

import FairDial
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import IPAddresses
import NIOCore
import NIOSSL
import Testing

@testable import FairDialGRPC

/// TLS by `prepare`: the handler comes before gRPC's own in the pipeline of each connection that is dialed.
@Suite(.timeLimit(.minutes(15))) struct `A transport with TLS` {
    private static let otherName = "other.test"

    private static let dialer: Dialer = {
        var configuration = DialerConfiguration()
        for name in [Identity.name, otherName] { configuration.overrides[name] = [.v4(.loopback)] }
        return Dialer(configuration)
    }()

    private static func server() async throws -> EchoServer {
        let identity = try Identity.good.get()
        return try await EchoServer.start(
            security: .tls(
                certificateChain: [.bytes(identity.certificate, format: .pem)],
                privateKey: .bytes(identity.key, format: .pem)
            )
        )
    }

    private static func transport(to host: String, _ server: EchoServer) throws -> FairTransport {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Identity.good.get().certificate))
        configuration.applicationProtocols = ["h2"]
        let context = try NIOSSLContext(configuration: configuration)
        return FairTransport(to: try Target(host: host, port: server.port), dialer: dialer) { channel in
            let handler = try NIOSSLClientHandler(context: context, serverHostname: host)
            try channel.pipeline.syncOperations.addHandler(handler)
        }
    }

    @Test func `calls the server whose certificate has the target's name`() async throws {
        let server = try await Self.server()
        let transport = try Self.transport(to: Identity.name, server)
        try await withGRPCClient(transport: transport) { client in
            for _ in 0..<10 { try await expectEcho(from: client) }
            #expect(server.connectionCount == 1)
        }
        #expect(transport.lastError == nil)
        #expect(await Patience.untilTrue { server.connectionCount == 0 })
        await server.stop()
    }

    @Test func `refuses a certificate for another name, says so, and leaves nothing open`() async throws {
        let server = try await Self.server()
        let transport = try Self.transport(to: Self.otherName, server)
        try await withGRPCClient(transport: transport) { client in
            let error = await #expect(throws: RPCError.self) { try await EchoServer.name(from: client) }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("\(Self.otherName):\(server.port)") == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("handshake") == true, "\(error?.message ?? "")")
            let dialError = error?.cause as? DialError
            #expect(dialError?.code == .handshakeFailed)
            #expect(dialError?.channelError as? NIOSSLExtraError == .failedToValidateHostname)
            #expect(dialError?.report.attempts.map(\.outcome) == [.connected])
        }
        #expect(transport.lastError?.code == .handshakeFailed)
        #expect(server.callCount == 0)
        #expect(await Patience.untilTrue { server.connectionCount == 0 })
        await server.stop()
    }

    @Test func `refuses a server that speaks in the clear`() async throws {
        let server = try await EchoServer.start()
        let transport = try Self.transport(to: Identity.name, server)
        try await withGRPCClient(transport: transport) { client in
            let error = await #expect(throws: RPCError.self) { try await EchoServer.name(from: client) }
            #expect((error?.cause as? DialError)?.code == .handshakeFailed)
        }
        #expect(server.callCount == 0)
        #expect(await Patience.untilTrue { server.connectionCount == 0 })
        await server.stop()
    }
}
