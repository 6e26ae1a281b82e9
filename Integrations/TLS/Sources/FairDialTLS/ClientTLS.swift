// SPDX-License-Identifier: Apache-2.0

import FairDial
import GetAddrInfo
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
public import NIOSSL

/// How connections are made safe: what is trusted, whose name the certificate must have, what is offered by ALPN.
///
/// Make one and keep it: the authorities are read here, and not by each dial. TLS is 1.2 or newer (RFC 9325 §3.1.1).
///
/// ```swift
/// let tls = try ClientTLS()
/// let connection = try await Dialer.shared.connectTLS(to: "www.example.org", port: 443, using: tls)
/// ```
public struct ClientTLS: Sendable {
    /// Whose name the certificate must have.
    public enum ServerName: Hashable, Sendable {
        /// The one that the caller has asked for: the host as it was dialed, the name given with endpoints; of a
        /// service its domain, for a forger of an SRV answer must not choose the name as well (RFC 6125 §6.2.1).
        /// A service binding changes nothing (RFC 9460 §9). Where there is none, or it is an address, the certificate
        /// must be for the address that was connected to.
        case asked
        /// The name of the SRV target that won; else as `asked`. For callers who have checked that the target belongs
        /// to the service's domain, as MongoDB's drivers do, or whose DNS is protected.
        case srvTarget
        /// This name, whatever was dialed. An address is no name: the dial fails, unless it is the one that was
        /// connected to.
        case named(String)
    }

    /// Whose name the certificate must have. Default the one that was asked for.
    public var serverName: ServerName

    private let contexts: Contexts

    /// - Parameters:
    ///   - configuration: what is trusted, the client's own certificate, ALPN; the system's authorities and full
    ///     verification by default. A least version below 1.2 counts as 1.2.
    ///   - serverName: whose name the certificate must have.
    /// - Throws: NIOSSL's error for a configuration that makes no sense, a file that is not there.
    public init(
        _ configuration: TLSConfiguration = .makeClientConfiguration(),
        serverName: ServerName = .asked
    ) throws {
        self.serverName = serverName
        contexts = try Contexts(configuration)
    }

    /// Whose name the certificate's own names are compared with, beside the TLS library, which also takes one that is
    /// for the address; `nil` where the address is what was asked for, or the caller verifies no names.
    func verifiedName(for winner: DialWinner?, of target: Target) -> String? {
        contexts.verifiesNames ? name(for: winner, of: target) : nil
    }

    /// The handler for a connection to the one who has won.
    func handler(for winner: DialWinner?, of target: Target) throws -> NIOSSLClientHandler {
        let context = try contexts.context(offering: winner?.binding?.protocols ?? [])
        if case .named(let name) = serverName, name.isEmpty || Self.isNumeric(name), !Self.isAddress(name, of: winner) {
            throw UnverifiableName(name: name)
        }
        if contexts.verifiesNames, case .local? = winner?.destination, self.name(for: winner, of: target) == nil {
            throw UnverifiableName(name: nil)
        }
        return try NIOSSLClientHandler(context: context, serverHostname: name(for: winner, of: target))
    }

    /// Whether it is the address that was connected to.
    private static func isAddress(_ name: String, of winner: DialWinner?) -> Bool {
        guard let address = try? IPAddress(name) else { return false }
        return winner?.destination.endpoint?.address == address
    }

    /// The name that goes into SNI, and that the certificate must have; `nil` for the address itself.
    func name(for winner: DialWinner?, of target: Target) -> String? {
        let name =
            switch serverName {
            case .named(let name): (try? Target(host: name, port: 443))?.serverName ?? name
            case .asked: winner?.srvTarget == nil ? winner?.serverName : target.serverName
            case .srvTarget: winner?.serverName
            }
        guard let name, !Self.isNumeric(name) else { return nil }
        return name.hasSuffix(".") ? String(name.dropLast()) : name
    }

    /// Whether a host is an address in any form that is dialed as one: no certificate names it, and SNI has no place
    /// for it (RFC 6066 §3). The reading is the dialer's own: what it looks up as a name is verified as one.
    private static func isNumeric(_ host: String) -> Bool {
        if host.isEmpty || host == "." { return true }
        return if case .name = NumericHost(host) { false } else { true }
    }
}
