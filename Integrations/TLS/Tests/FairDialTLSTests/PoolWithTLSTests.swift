// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialTLS
import FairPool
import NIOCore
import NIOSSL
import Testing

/// The pool whose dials end with TLS. The article ForDriverAuthors of FairPool's documentation shows these lines.
private struct SecurePool: Sendable {
    let pool: ConnectionPool<any Channel>

    // snippet.tls
    init(at targets: [Target], dialer: Dialer = .shared, using tls: ClientTLS) {
        pool = ConnectionPool(to: targets, dialer: dialer) { target, options, loop in
            dialer.connectTLS(to: target, using: tls, options: options, on: loop) { channel in
                // Handlers, as without TLS; `options.readiness` waits for an answer through it.
                channel.eventLoop.makeSucceededFuture(channel)
            }
        }
    }
    // snippet.end
}

@Suite(.timeLimit(.minutes(2))) struct `A pool with TLS` {
    private static let dialer: Dialer = {
        var configuration = DialerConfiguration()
        for name in [TLSServer.name, "other.test"] { configuration.overrides[name] = [.v4(.loopback)] }
        return Dialer(configuration)
    }()

    private static func pool(to host: String, _ server: TLSServer) throws -> ConnectionPool<any Channel> {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates([try Identity.good.get().certificate])
        let tls = try ClientTLS(configuration)
        return SecurePool(at: [try Target(host: host, port: server.port)], dialer: dialer, using: tls).pool
    }

    @Test func `lends a connection when its handshake is done, and again without another`() async throws {
        let server = try await TLSServer.start(.honest(Identity.good))
        let pool = try Self.pool(to: TLSServer.name, server)
        for _ in 0..<2 {
            let version = try await pool.withConnection { connection in
                #expect(connection.id == 1)
                #expect(connection.report.handshake != nil)
                return try await connection.channel.nioSSL_tlsVersion().get()
            }
            #expect(version == .tlsv12 || version == .tlsv13)
        }
        await pool.close()
        try await server.stop()
    }

    @Test func `tells its caller what is wrong with a certificate, in words`() async throws {
        let server = try await TLSServer.start(.honest(Identity.good))
        let pool = try Self.pool(to: "other.test", server)
        let error = await #expect(throws: PoolError.self) { try await pool.withConnection { _ in } }
        #expect(error?.code == .dialFailed)
        #expect(error?.dialError?.code == .handshakeFailed)
        #expect(error?.dialError?.isRetryable == false)
        #expect(error?.dialError?.message.contains("other.test") == true, "\(String(describing: error))")
        await pool.close()
        try await server.stop()
    }
}
