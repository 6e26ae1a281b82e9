// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOSSL

/// A certificate and its key, made by openssl, signed by itself.
struct Identity: Sendable {
    let certificate: NIOSSLCertificate
    let key: NIOSSLPrivateKey

    /// For the server's own name and for 127.0.0.1.
    static let good = Result { try Identity("DNS:\(TLSServer.name),IP:127.0.0.1") }
    /// For another name.
    static let other = Result { try Identity("DNS:other.test") }
    /// For the address that the server has, and for no name.
    static let address = Result { try Identity("IP:127.0.0.1") }
    /// A client's.
    static let client = Result { try Identity("DNS:client.test") }
    /// For the server's own name, until yesterday.
    static let expired = Result { try Identity("DNS:\(TLSServer.name)", days: -1) }

    init(_ names: String, days: Int = 2) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fairdial-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
        try Data("subjectAltName=\(names)".utf8).write(to: folder.appendingPathComponent("names"))
        try Self.openssl([
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(TLSServer.name)",
            "-keyout", path("key"), "-out", path("request"),
        ])
        try Self.openssl([
            "x509", "-req", "-in", path("request"), "-signkey", path("key"), "-days", "\(days)", "-extfile",
            path("names"), "-out", path("certificate"),
        ])
        guard let made = try NIOSSLCertificate.fromPEMFile(path("certificate")).first else {
            throw POSIXError(.ENOENT)
        }
        certificate = made
        key = try NIOSSLPrivateKey(file: path("key"), format: .pem)
    }

    private static func openssl(_ arguments: [String]) throws {
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        openssl.arguments = ["openssl"] + arguments
        openssl.standardError = FileHandle.nullDevice
        openssl.standardOutput = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        if openssl.terminationStatus != 0 { throw POSIXError(.EINVAL) }
    }
}
