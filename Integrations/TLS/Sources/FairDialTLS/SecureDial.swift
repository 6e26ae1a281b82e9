// SPDX-License-Identifier: Apache-2.0

import DNSOverTLS
import FairDial
import FoundationEssentials
import NIOConcurrencyHelpers
import NIOCore
import NIOSSL

/// What one dial needs beside its options to end with TLS.
final class SecureDial: Sendable {
    private let target: Target
    private let tls: ClientTLS
    private let winner = NIOLockedValueBox<DialWinner?>(nil)
    /// Of the certificate that the server has shown, once the handshake has failed.
    private let dates = NIOLockedValueBox<CertificateDates?>(nil)
    private let given: DialOptions
    private let handshake = HandshakeWatch()

    init(to target: Target, _ tls: ClientTLS, _ options: DialOptions) {
        self.target = target
        self.tls = tls
        given = options
    }

    /// The caller's options, with the handshake to wait for, unless the caller waits for something else behind it.
    var options: DialOptions {
        var options = given
        switch given.readiness {
        case nil: options.readiness = .tlsHandshake
        case .when(let ready)?:
            options.readiness = .when { [handshake] channel in
                let either = handshake.watched(until: ready(channel), of: channel)
                // From then on an error is the caller's own.
                either.assumeIsolated().whenSuccess {
                    let pipeline = channel.pipeline.syncOperations
                    guard let context = try? pipeline.context(handlerType: CertificateWitness.self) else { return }
                    pipeline.removeHandler(context: context, promise: nil)
                }
                return either
            }
        default: break
        }
        let tellCaller = given.onWinner
        options.onWinner = { [winner] known in
            winner.withLockedValue { $0 = known }
            tellCaller?(known)
        }
        return options
    }

    /// Whether the dial is over later than the handshake.
    private var waitsForMore: Bool {
        if case .when? = given.readiness { true } else { false }
    }

    /// TLS first, then the caller's handlers behind it.
    func initialize<Output: Sendable>(
        _ channel: any Channel,
        _ initializer: (any Channel) throws -> EventLoopFuture<Output>
    ) throws -> EventLoopFuture<Output> {
        let handler = try tls.handler(for: winner.withLockedValue { $0 }, of: target)
        let witness = CertificateWitness(handler, stays: waitsForMore) { [dates, handshake] shown, error, isDone in
            if !isDone { dates.withLockedValue { $0 = shown } }
            let ends = isDone ? HandshakeWords.isRefusal(error) : HandshakeWords.isOfHandshake(error)
            if ends { handshake.failed(error) }
        }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(handler)
        if let name = tls.verifiedName(for: winner.withLockedValue({ $0 }), of: target) {
            try pipeline.addHandler(ServerNameHandler(name))
        }
        try pipeline.addHandler(witness)
        return try initializer(channel)
    }

    /// The same error, with what is wrong in words that a person can act on.
    func explained(_ error: DialError) -> DialError {
        guard error.code == .handshakeFailed || error.code == .initializerFailed, let cause = error.channelError else {
            return error
        }
        let name = tls.name(for: winner.withLockedValue { $0 }, of: target)
        let dates = dates.withLockedValue { $0 }
        let now = Int(Date().timeIntervalSince1970)
        guard let words = HandshakeWords.words(for: cause, name: name, dates, at: now) else { return error }
        return DialError(
            error.code,
            Self.message(words, for: cause, in: error),
            target: error.target,
            report: error.report,
            untried: error.untried,
            resolutionError: error.resolutionError,
            // The TLS library's own error for it is the one that users match on.
            channelError: cause is ServerNameHandler.WrongName ? NIOSSLExtraError.failedToValidateHostname : cause
        )
    }

    /// The words, and behind them what was said of each address.
    private static func message(_ words: String, for cause: any Error, in error: DialError) -> String {
        // An error of our own has said all that the words say: its sentence would be the same again.
        guard cause is ServerNameHandler.WrongName || cause is UnverifiableName else {
            return "\(words) (\(error.message))"
        }
        let addresses = error.report.attempts.map { attempt in
            "\(attempt.destination) \(attempt.reason ?? attempt.outcome?.rawValue ?? "in flight")"
        }
        return addresses.isEmpty ? words : "\(words): \(addresses.joined(separator: ", "))"
    }
}
