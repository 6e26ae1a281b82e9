// SPDX-License-Identifier: Apache-2.0

import FairDial
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import FairDialTLS

/// A dial that waits for something behind TLS is told of TLS's own failure.
@Suite(.timeLimit(.minutes(15))) struct `A dial that waits for more than TLS` {
    private static func trusting(_ identities: [Result<Identity, any Error>]) throws -> ClientTLS {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try identities.map { try $0.get().certificate })
        return try ClientTLS(configuration)
    }

    private static let dialer: Dialer = {
        var configuration = DialerConfiguration()
        configuration.overrides[TLSServer.name] = [.v4(.loopback)]
        return Dialer(configuration)
    }()

    @Test(arguments: ["another name", "only the address", "expired"], [false, true])
    func `is told of a wrong certificate in words, and ends at once`(way: String, closes: Bool) async throws {
        let (identity, words) =
            switch way {
            case "another name": (Identity.other, "the certificate is for another name than \(TLSServer.name)")
            case "only the address": (Identity.address, "the certificate is for another name than")
            default: (Identity.expired, "the server's certificate has expired on 20")
            }
        let server = try await TLSServer.start(.honest(identity))
        let target = try Target(host: TLSServer.name, port: server.port)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        // A driver's own greeting: it does not come, and at best the driver notices that its channel has closed.
        struct Gone: Error {}
        let greeted = loop.makePromise(of: Void.self)
        var options = DialOptions()
        options.readiness = .when { channel in
            if closes { channel.closeFuture.whenComplete { _ in greeted.fail(Gone()) } }
            return greeted.futureResult
        }
        let error = await #expect(throws: DialError.self) {
            _ = try await Self.dialer.connectTLS(
                to: target,
                using: Self.trusting([identity]),
                options: options,
                on: loop
            ) { $0.eventLoop.makeSucceededVoidFuture() }.get()
        }
        #expect(error?.code == .handshakeFailed)
        #expect(error?.isRetryable == false)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        greeted.fail(Gone())
        try await server.stop()
    }

    @Test func `is ready when what it waits for is`() async throws {
        let server = try await TLSServer.start(.honest(Identity.good))
        let target = try Target(host: TLSServer.name, port: server.port)
        var options = DialOptions()
        options.readiness = .when { $0.eventLoop.makeSucceededVoidFuture() }
        let connection = try await Self.dialer.connectTLS(
            to: target,
            using: Self.trusting([Identity.good]),
            options: options
        )
        try await connection.channel.close()
        try await server.stop()
    }
}
