// SPDX-License-Identifier: Apache-2.0

import NIOHTTP2
import NIOSSL

/// A certificate and its key, from two files in PEM.
struct Identity: Sendable {
    struct Missing: Error {}

    private let certificate: NIOSSLCertificate
    private let key: NIOSSLPrivateKey

    init(certificate: String, key: String) throws {
        guard let first = try NIOSSLCertificate.fromPEMFile(certificate).first else { throw Missing() }
        self.certificate = first
        self.key = try NIOSSLPrivateKey(file: key, format: .pem)
    }

    /// For a client that trusts it and nobody else.
    var trusted: TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates([certificate])
        return configuration
    }

    /// For a server that shows it, and speaks HTTP/2 with those who can.
    var shown: TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(certificate)],
            privateKey: .privateKey(key)
        )
        configuration.applicationProtocols = NIOHTTP2SupportedALPNProtocols
        return configuration
    }
}
