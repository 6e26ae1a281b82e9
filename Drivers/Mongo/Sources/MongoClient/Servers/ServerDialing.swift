// SPDX-License-Identifier: Apache-2.0

import BSON
import FairDial
import FairDialTLS
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Makes connections of one client: TCP or a Unix socket, TLS where it is wanted, and the greeting, all within
/// `connectTimeoutMS` since the first attempt. A lookup before it does not count.
struct ServerDialing: Sendable {
    let dialer: Dialer
    let tls: ClientTLS?
    /// `nil` for no limit.
    let connectTimeout: Duration?
    let settings: GreetingSettings
    let keys = SCRAMKeyCache()
    /// What an error tells of dials, where its caller has waited for one in vain.
    let underWay = DialsUnderWay()

    /// What one dial's closures share.
    private final class Parts: Sendable {
        let started = NIOLockedValueBox<NIODeadline?>(nil)
        let connection = NIOLockedValueBox<MongoConnection?>(nil)
        /// Ends a connection whose TLS takes too long; the greeting has a deadline of its own.
        let timer = NIOLockedValueBox<Scheduled<Void>?>(nil)

        func deadline(_ limit: Duration?) -> NIODeadline? {
            limit.map { (started.withLockedValue { $0 } ?? .now()) + TimeAmount($0) }
        }
    }

    /// - Parameters:
    ///   - options: the pool's own, or none.
    ///   - authenticates: no for a monitor's connection.
    ///   - generation: the server's, by which is known later which connections were made before a fault.
    func connect(
        to address: ServerAddress,
        at target: Target,
        options: DialOptions,
        on loop: any EventLoop,
        authenticates: Bool,
        generation: Int
    ) -> EventLoopFuture<Connection<MongoConnection>> {
        let parts = Parts()
        var options = options
        let limit = connectTimeout ?? .seconds(1_000_000_000)
        options.timeouts.connect = limit
        options.timeouts.handshake = limit
        let tellCaller = options.onStart
        options.onStart = {
            parts.started.withLockedValue { $0 = $0 ?? .now() }
            tellCaller?()
        }
        let number = underWay.begin(to: address, isOfMonitor: !authenticates, &options)
        options.readiness = .when { channel in
            guard let connection = parts.connection.withLockedValue({ $0 }) else {
                return channel.eventLoop.makeFailedFuture(WireError(.closed, "the connection is gone"))
            }
            parts.timer.withLockedValue { $0 }?.cancel()
            return greet(connection, address, authenticates: authenticates, until: parts.deadline(connectTimeout))
        }
        let initializer: @Sendable (any Channel) throws -> EventLoopFuture<MongoConnection> = { channel in
            let handler = CommandHandler()
            try channel.pipeline.syncOperations.addHandler(handler)
            let connection = MongoConnection(channel, handler, to: address, generation: generation)
            parts.connection.withLockedValue { $0 = connection }
            if let deadline = parts.deadline(connectTimeout) {
                // The dialer's own clock of the handshake begins with the connection; this one began before it.
                let timer = channel.eventLoop.scheduleTask(deadline: deadline) {
                    channel.pipeline.fireErrorCaught(WireError(.timedOut, "connectTimeoutMS ran out in the handshake"))
                    channel.close(promise: nil)
                }
                parts.timer.withLockedValue { $0 = timer }
                channel.closeFuture.whenComplete { _ in timer.cancel() }
            }
            return channel.eventLoop.makeSucceededFuture(connection)
        }
        let dialed =
            if let tls {
                dialer.connectTLS(to: target, using: tls, options: options, on: loop, initializer: initializer)
            } else {
                dialer.connect(to: target, options: options, on: loop, initializer: initializer)
            }
        dialed.whenComplete { [underWay] _ in underWay.ended(number) }
        return dialed
    }

    /// Carries out what a `Greeting` wants.
    private func greet(
        _ connection: MongoConnection,
        _ address: ServerAddress,
        authenticates: Bool,
        until deadline: NIODeadline?
    ) -> EventLoopFuture<Void> {
        let greeting = Greeting(settings, authenticates: authenticates, nonce: Self.nonce())
        let talk = GreetingTalk(greeting, connection, address, settings, keys, until: deadline)
        return talk.start()
    }

    /// 32 letters and digits at random.
    private static func nonce() -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        var random = SystemRandomNumberGenerator()
        return String((0..<32).map { _ in letters.randomElement(using: &random) ?? "a" })
    }
}
