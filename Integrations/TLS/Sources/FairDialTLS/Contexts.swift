// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOSSL

/// NIOSSL's contexts for one configuration: one for each list of protocols that is offered, for a context has its own.
final class Contexts: Sendable {
    /// The caller's configuration, at least TLS 1.2.
    private let configuration: TLSConfiguration
    private let standard: NIOSSLContext
    private let others = NIOLockedValueBox<[[String]: NIOSSLContext]>([:])

    /// How many lists are kept: a service binding's records choose among the caller's protocols, and these are few.
    private static let limit = 16

    init(_ configuration: TLSConfiguration) throws {
        var configuration = configuration
        if configuration.minimumTLSVersion == .tlsv1 || configuration.minimumTLSVersion == .tlsv11 {
            configuration.minimumTLSVersion = .tlsv12
        }
        self.configuration = configuration
        standard = try NIOSSLContext(configuration: configuration)
    }

    /// The context that offers what both the caller and the service's records speak; all that the caller does where
    /// there are no records, or none in common.
    ///
    /// - Parameter protocols: the winning binding's; empty where there is none.
    func context(offering protocols: [String]) throws -> NIOSSLContext {
        let own = configuration.applicationProtocols
        let offered = own.isEmpty ? protocols : own.filter(protocols.contains)
        if offered.isEmpty || offered == own { return standard }
        if let known = others.withLockedValue({ $0[offered] }) { return known }
        var narrowed = configuration
        narrowed.applicationProtocols = offered
        let made = try NIOSSLContext(configuration: narrowed)
        others.withLockedValue { others in
            if others.count < Self.limit { others[offered] = made }
        }
        return made
    }
}
