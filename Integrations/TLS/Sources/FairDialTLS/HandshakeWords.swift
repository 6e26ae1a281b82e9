// SPDX-License-Identifier: Apache-2.0

import DNSOverTLS
import NIOCore
import NIOSSL

/// What a failed handshake means for the person who has to do something about it.
enum HandshakeWords {
    /// What BoringSSL says of a certificate of which anything at all is wrong.
    private static let unverified = "CERTIFICATE_VERIFY_FAILED"

    /// BoringSSL's reasons, NIOSSL's cases and TLS's alerts (RFC 8446 §6.2), as they stand in an error's description,
    /// and what to say. The first that is found counts.
    private static let known: [(sign: String, words: String)] = [
        ("FAILEDTOVALIDATEHOSTNAME", "the certificate is for another name than %"),
        (
            unverified,
            "the certificate is not for %, or cannot be traced to an authority that this machine knows, or another "
                + "one on the way there has expired"
        ),
        ("NOCERTIFICATETOVALIDATE", "the server has shown no certificate"),
        ("UNABLETOVALIDATECERTIFICATE", "the certificate could not be verified"),
        ("CERTIFICATE_EXPIRED", "the server says that our certificate has expired"),
        ("CERTIFICATE_REVOKED", "the server says that our certificate has been revoked"),
        ("UNKNOWN_CA", "the server does not know the authority of our certificate"),
        ("CERTIFICATE_REQUIRED", "the server wants a client's certificate, and was given none"),
        ("BAD_CERTIFICATE", "the server rejects our certificate"),
        ("CERTIFICATE_UNKNOWN", "the server rejects our certificate"),
        ("UNSUPPORTED_CERTIFICATE", "the server rejects our certificate"),
        ("WRONG_VERSION_NUMBER", "the server does not speak TLS at this port: its answer is in the clear"),
        ("HTTP_REQUEST", "the server does not speak TLS at this port: its answer is in the clear"),
        ("UNSUPPORTED_PROTOCOL", "the server speaks no TLS as new as 1.2"),
        ("PROTOCOL_VERSION", "the server speaks no TLS as new as 1.2"),
        ("NO_APPLICATION_PROTOCOL", "the server speaks none of the protocols that were offered (ALPN)"),
        ("UNRECOGNIZED_NAME", "the server does not serve %"),
        ("ACCESS_DENIED", "the server denies access to our certificate"),
        (
            "HANDSHAKE_FAILURE",
            "the server ends the handshake: it has no kind of encryption in common with this client, or wants "
                + "a client's certificate"
        ),
        ("SERVERHOSTNAMEIMPOSSIBLETOMATCH", "no certificate can be for %, for it is no host's name"),
        ("INVALIDSNIHOSTNAME", "% cannot be a server's name"),
        ("CANNOTUSEIPADDRESSINSNI", "% cannot be a server's name: it is an address"),
    ]

    /// Whether an error ends a handshake; one of a handler of the caller's, in front of TLS, may be harmless.
    static func isOfHandshake(_ error: any Error) -> Bool {
        error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError || error is NIOTLSUnwrappingError
            || error is ServerNameHandler.WrongName || error is UnverifiableName || error is IOError
    }

    /// Whether an error behind the handshake is the peer's refusal by TLS. How a connection ends is not: what the peer
    /// has said before, in words of its own protocol, the caller knows better.
    static func isRefusal(_ error: any Error) -> Bool {
        if case .sslError? = error as? BoringSSLError { true } else { false }
    }

    /// - Parameters:
    ///   - name: whose certificate it should have been; `nil` for the address itself.
    ///   - dates: of the certificate that was shown, if there was one.
    ///   - now: the machine's clock, in seconds since 1970.
    /// - Returns: `nil` for what is no matter of TLS.
    static func words(for error: any Error, name: String?, _ dates: CertificateDates?, at now: Int) -> String? {
        // An error of the caller's own handlers may say anything.
        switch error {
        case is ServerNameHandler.WrongName: return "the certificate is for another name than \(name ?? "")"
        case let error as UnverifiableName: return error.description
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError, is NIOTLSUnwrappingError: break
        default: return nil
        }
        let text = "\(error)".uppercased()
        guard let found = known.first(where: { text.contains($0.sign) }) else { return nil }
        if found.sign == unverified, let fault = dates?.fault(at: now) { return fault }
        return found.words.split(separator: "%", omittingEmptySubsequences: false)
            .joined(separator: name ?? "the address that was dialed")
    }
}
