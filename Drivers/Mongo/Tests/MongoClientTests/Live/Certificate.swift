// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A certificate of its own authority, for 127.0.0.1, made by `openssl`.
struct Certificate {
    struct Failed: Error {
        let words: String
    }

    let certificate: URL
    let key: URL

    /// The server's arguments.
    var arguments: [String] { ["--tls-cert-file", certificate.path, "--tls-key-file", key.path] }

    /// As a connection string has it.
    var escapedPath: String {
        certificate.path.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? certificate.path
    }

    /// - Parameter days: how long it is good from now on; a negative number for how long ago it ended.
    init(named name: String, in folder: URL, days: Int) throws {
        certificate = folder.appendingPathComponent("\(name).pem")
        key = folder.appendingPathComponent("\(name)-key.pem")
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "UTC")
        format.dateFormat = "yyyyMMddHHmmss'Z'"
        let last = Date().addingTimeInterval(Double(days) * 86_400)
        let first = min(Date(), last).addingTimeInterval(-10 * 86_400)
        let configuration = folder.appendingPathComponent("\(name).cnf")
        let text = """
            [ca]
            default_ca = own
            [own]
            new_certs_dir = \(folder.path)
            database = \(folder.path)/\(name)-index
            rand_serial = yes
            default_md = sha256
            policy = any
            x509_extensions = server
            [any]
            commonName = supplied
            [server]
            subjectAltName = IP:127.0.0.1
            basicConstraints = critical, CA:TRUE
            [req]
            distinguished_name = name
            prompt = no
            [name]
            CN = 127.0.0.1
            """
        try text.write(to: configuration, atomically: true, encoding: .utf8)
        try "".write(to: folder.appendingPathComponent("\(name)-index"), atomically: true, encoding: .utf8)
        let request = folder.appendingPathComponent("\(name).csr").path
        try Self.openssl([
            "req", "-new", "-newkey", "rsa:2048", "-nodes", "-config", configuration.path, "-keyout", key.path, "-out",
            request,
        ])
        try Self.openssl([
            "ca", "-batch", "-selfsign", "-config", configuration.path, "-keyfile", key.path, "-in", request, "-out",
            certificate.path, "-notext", "-startdate", format.string(from: first), "-enddate",
            format.string(from: last),
        ])
    }

    private static func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        let output = Pipe()
        process.standardError = output
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let words = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        if process.terminationStatus != 0 { throw Failed(words: String(decoding: words, as: UTF8.self)) }
    }
}
