// SPDX-License-Identifier: Apache-2.0

package import DNSResolution
import NIOCore
public import NIOSSL

/// DNS over TLS (RFC 7858): queries go out over verified TLS alone, at port 853, and never in the clear.
///
/// The certificate must be for the server's name, or for the very address that was connected to; where there is no name, for the
/// address.
///
/// A module of its own, so that nobody builds a TLS library who does not want one.
///
/// ```swift
/// var configuration = DNSResolverConfiguration()
/// configuration.servers = [NameServer(try Endpoint("9.9.9.9:853"), tlsName: "dns.quad9.net")]
/// configuration.use(try DNSOverTLS())
/// ```
public struct DNSOverTLS: Sendable {
    /// How streams are opened.
    package let transport: any StreamTransport

    /// - Parameter configuration: what is trusted, and more; the system's authorities and full verification by default.
    /// - Throws: NIOSSL's error for a configuration that makes no sense.
    public init(_ configuration: TLSConfiguration = .makeClientConfiguration()) throws {
        let context = try NIOSSLContext(configuration: configuration)
        transport = ChannelTransport(
            isPrivate: true,
            prepare: { channel, server in
                // Without a name the certificate must be for the address (RFC 8310 §8.1).
                let handler = try NIOSSLClientHandler(context: context, serverHostname: server.tlsName)
                try channel.pipeline.syncOperations.addHandler(handler)
            },
            describe: Self.reason
        )
    }

    /// What went wrong, without the library's own innards.
    private static func reason(_ error: any Error) -> String {
        let text = "\(error)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("unableToValidateCertificate") {
            return "TLS: the certificate is not to be trusted, or for somebody else"
        }
        return error is NIOSSLError || error is BoringSSLError ? "TLS: the handshake failed" : "TLS: \(text)"
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
