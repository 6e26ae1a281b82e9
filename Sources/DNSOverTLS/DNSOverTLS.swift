// SPDX-License-Identifier: Apache-2.0

package import DNSResolution
import IPAddresses
import NIOCore
public import NIOSSL

/// DNS over TLS (RFC 7858): queries go out over verified TLS alone, at port 853, and never in the clear.
///
/// The certificate must be for the server's name where one is given, even where it is for the address too (RFC 8310
/// §8.1); where there is none, for the very address that was connected to. TLS is 1.2 or newer (RFC 9325 §3.1.1).
///
/// A module of its own, so that a program builds a TLS library only when it wants one.
///
/// ```swift
/// var configuration = DNSResolverConfiguration()
/// configuration.servers = [NameServer(try Endpoint("9.9.9.9:853"), tlsName: "dns.quad9.net")]
/// configuration.use(try DNSOverTLS())
/// ```
@available(FairDial 0.1, *)
public struct DNSOverTLS: Sendable {
    /// How streams are opened.
    package let transport: any StreamTransport

    /// - Parameter configuration: what is trusted, and more; the system's authorities and full verification by default.
    ///   A minimum below TLS 1.2 counts as 1.2.
    /// - Throws: NIOSSL's error for a configuration that makes no sense; `OutdatedTLS` where it allows nothing newer
    ///   than 1.1.
    public init(_ configuration: TLSConfiguration = .makeClientConfiguration()) throws {
        let context = try NIOSSLContext(configuration: Self.upToDate(configuration))
        let isVerified = configuration.certificateVerification == .fullVerification
        transport = ChannelTransport(
            isPrivate: true,
            prepare: { channel, server in
                let handler = try NIOSSLClientHandler(context: context, serverHostname: server.tlsName)
                try channel.pipeline.syncOperations.addHandler(handler)
                // NIOSSL accepts a certificate that is for the address, even when it is asked for another name.
                guard isVerified, let name = server.tlsName else { return }
                try channel.pipeline.syncOperations.addHandler(ServerNameHandler(name))
            },
            describe: Self.reason
        )
    }

    /// The configuration without the versions that must not be used any more (RFC 8996, RFC 9325 §3.1.1).
    private static func upToDate(_ configuration: TLSConfiguration) throws(OutdatedTLS) -> TLSConfiguration {
        var configuration = configuration
        switch configuration.maximumTLSVersion {
        case .tlsv1?, .tlsv11?: throw OutdatedTLS()
        case .tlsv12?, .tlsv13?, nil: break
        }
        switch configuration.minimumTLSVersion {
        case .tlsv1, .tlsv11: configuration.minimumTLSVersion = .tlsv12
        case .tlsv12, .tlsv13: break
        }
        return configuration
    }

    /// What went wrong, without NIOSSL's own type names.
    private static func reason(_ error: any Error) -> String {
        let text = "\(error)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("unableToValidateCertificate") {
            return "TLS: the server's certificate cannot be verified, or is for another name"
        }
        return error is NIOSSLError || error is BoringSSLError ? "TLS: the handshake failed" : "TLS: \(text.printable)"
    }

    /// - Parameter authorities: a PEM file of the authorities to trust; `nil` for the system's.
    /// - Throws: NIOSSL's error for a file that cannot be read.
    public init(authorities: String?) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let authorities {
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authorities))
        }
        try self.init(configuration)
    }
}
