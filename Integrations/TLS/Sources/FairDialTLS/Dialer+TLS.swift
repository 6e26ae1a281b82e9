// SPDX-License-Identifier: Apache-2.0

public import FairDial
import NIOConcurrencyHelpers
public import NIOCore
import NIOSSL

/// Dials that end with TLS: the channel comes when the handshake is done, which has the handshake's own clock.
extension Dialer {
    /// Dials a host and a port, and hands over the winner's channel once TLS is there.
    ///
    /// - Parameters:
    ///   - host: numeric or a name, without brackets.
    ///   - port: 1 … 65535.
    ///   - tls: what is trusted, and whose name the certificate must have.
    ///   - options: what may differ from dial to dial.
    /// - Throws: `DialError`; `handshakeFailed` says in words what is wrong with the certificate, and is not retryable
    ///   then.
    public func connectTLS(
        to host: String,
        port: Int,
        using tls: ClientTLS,
        options: DialOptions = DialOptions()
    ) async throws(DialError) -> Connection<any Channel> {
        try await connectTLS(to: Target(host: host, port: port), using: tls, options: options)
    }

    /// Dials a target, and hands over the winner's channel once TLS is there.
    ///
    /// - Throws: `DialError`; `handshakeFailed` says in words what is wrong with the certificate, and is not retryable
    ///   then.
    public func connectTLS(
        to target: Target,
        using tls: ClientTLS,
        options: DialOptions = DialOptions()
    ) async throws(DialError) -> Connection<any Channel> {
        try await connectTLS(to: target, using: tls, options: options) { $0.eventLoop.makeSucceededFuture($0) }
    }

    /// Dials a target, and hands over what the initializer makes of the winner's channel, once TLS is there.
    ///
    /// - Parameters:
    ///   - target: whatever can be dialed.
    ///   - tls: what is trusted, and whose name the certificate must have.
    ///   - options: what may differ from dial to dial.
    ///   - initializer: adds handlers behind TLS's own; runs exactly once, before anything is read.
    /// - Throws: `DialError`; `handshakeFailed` says in words what is wrong with the certificate, and is not retryable
    ///   then.
    public func connectTLS<Output: Sendable>(
        to target: Target,
        using tls: ClientTLS,
        options: DialOptions = DialOptions(),
        initializer: @escaping @Sendable (any Channel) throws -> EventLoopFuture<Output>
    ) async throws(DialError) -> Connection<Output> {
        let dial = SecureDial(to: target, tls, options)
        do throws(DialError) {
            return try await connect(to: target, options: dial.options) { try dial.initialize($0, initializer) }
        } catch {
            throw dial.explained(error)
        }
    }

    /// The same on a loop of the caller's.
    ///
    /// - Returns: what the initializer made, and where the time went; or a `DialError`.
    public func connectTLS<Output: Sendable>(
        to target: Target,
        using tls: ClientTLS,
        options: DialOptions = DialOptions(),
        on loop: any EventLoop,
        initializer: @escaping @Sendable (any Channel) throws -> EventLoopFuture<Output>
    ) -> EventLoopFuture<Connection<Output>> {
        let dial = SecureDial(to: target, tls, options)
        return connect(
            to: target,
            options: dial.options,
            on: loop,
            initializer: { try dial.initialize($0, initializer) },
            form: { $0.mapError { error in (error as? DialError).map(dial.explained) ?? error } }
        )
    }
}
