// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOSSL

/// NIOSSL's contexts for one configuration: one for each list of protocols that is offered, for a context has its own.
final class Contexts: Sendable {
    /// The caller's configuration, at least TLS 1.2.
    private let configuration: TLSConfiguration
    private let standard: NIOSSLContext
    private let others = NIOLockedValueBox<[[String]: NIOSSLContext]>([:])

    /// Whether a certificate must be for the name that was asked for.
    var verifiesNames: Bool { configuration.certificateVerification == .fullVerification }

    /// How many lists are kept. A context costs milliseconds and a copy of its authorities; the author of a service's
    /// records must not make every dial pay for one.
    private static let limit = 16
    /// Of one record; there are not that many protocols.
    private static let protocolLimit = 8

    init(_ configuration: TLSConfiguration) throws {
        var configuration = configuration
        if configuration.minimumTLSVersion == .tlsv1 || configuration.minimumTLSVersion == .tlsv11 {
            configuration.minimumTLSVersion = .tlsv12
        }
        self.configuration = configuration
        standard = try NIOSSLContext(configuration: configuration)
    }

    /// The context that offers what both the caller and the service's records speak; all that the caller does where
    /// there are no records, or none in common. A caller who offers nothing offers what the records say, in the order
    /// of their names: the order is no wish of the caller's.
    ///
    /// - Parameter protocols: the winning binding's; empty where there is none.
    func context(offering protocols: [String]) throws -> NIOSSLContext {
        let own = configuration.applicationProtocols
        let offered =
            own.isEmpty
            ? Set(protocols.filter(Self.isIdentifier).prefix(Self.protocolLimit)).sorted()
            : own.filter(protocols.contains)
        if offered.isEmpty || offered == own { return standard }
        let (known, isFull) = others.withLockedValue { ($0[offered], $0.count >= Self.limit) }
        if let known { return known }
        if isFull { return standard }
        var narrowed = configuration
        narrowed.applicationProtocols = offered
        let made = try NIOSSLContext(configuration: narrowed)
        others.withLockedValue { others in
            if others.count < Self.limit { others[offered] = made }
        }
        return made
    }

    /// Whether NIOSSL can offer it: 1 to 255 bytes, which it takes to be ASCII. A record may say anything.
    private static func isIdentifier(_ name: String) -> Bool {
        (1...255).contains(name.utf8.count) && name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
