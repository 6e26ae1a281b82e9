// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A certificate and its key, made by openssl, signed by itself; both in PEM.
struct Identity: Sendable {
    let certificate: [UInt8]
    let key: [UInt8]

    static let name = "db.fair.test"

    /// For that name.
    static let good = Result { try Identity("DNS:\(name)") }

    private init(_ names: String) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fairdial-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
        try Data("subjectAltName=\(names)".utf8).write(to: folder.appendingPathComponent("names"))
        try Self.openssl([
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(Self.name)",
            "-keyout", path("key"), "-out", path("request"),
        ])
        try Self.openssl([
            "x509", "-req", "-in", path("request"), "-signkey", path("key"), "-days", "2", "-extfile",
            path("names"), "-out", path("certificate"),
        ])
        func bytes(_ name: String) throws -> [UInt8] {
            Array(try Data(contentsOf: folder.appendingPathComponent(name)))
        }
        certificate = try bytes("certificate")
        key = try bytes("key")
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
