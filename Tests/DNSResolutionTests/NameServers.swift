// SPDX-License-Identifier: Apache-2.0

import Foundation

/// knotd, dnsdist and unbound on loopback, with zones of ours; `Tests/Network/name-servers` says what each port does.
///
/// They end with this process, however it ends: the script reads our end of a pipe.
final class NameServers: Sendable {
    /// Where what is, as the script tells it.
    struct Ports: Decodable, Sendable {
        let knotd, cookies, delayed, lossy, servfail, refused, truncating, dead, tls, unbound: Int
        let ca: String
    }

    private struct Count: Decodable {
        let knotd: Int
    }

    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Network/name-servers").path

    /// Whether the servers are installed here; the project's test command sees to it.
    static let areHere = ["knotd", "dnsdist", "unbound", "openssl", "python3"].allSatisfy { program($0) != nil }

    /// Where a program lies.
    static func program(_ name: String) -> String? {
        ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/bin", "/usr/local/sbin"].map { "\($0)/\(name)" }
            .first(where: FileManager.default.isExecutableFile(atPath:))
    }

    let ports: Ports
    private let process: Process
    private let input: Pipe
    private let output: Pipe

    /// Starts them, and waits until each has answered.
    init() throws {
        process = Process()
        input = Pipe()
        output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [Self.script]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        ports = try JSONDecoder().decode(Ports.self, from: Self.line(of: output))
    }

    /// Ends them, and waits for that.
    func end() throws {
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// How many queries knotd has had since the start, from any client.
    func count() throws -> Int {
        try JSONDecoder().decode(Count.self, from: command("count")).knotd
    }

    /// Has a server stopped or started, and waits until it has.
    @discardableResult
    func command(_ words: String) throws -> Data {
        try input.fileHandleForWriting.write(contentsOf: Data("\(words)\n".utf8))
        return try Self.line(of: output)
    }

    private static func line(of pipe: Pipe) throws -> Data {
        var line = Data()
        while let byte = try pipe.fileHandleForReading.read(upToCount: 1), !byte.isEmpty {
            if byte[byte.startIndex] == UInt8(ascii: "\n") { return line }
            line += byte
        }
        throw CocoaError(.fileReadCorruptFile)
    }
}
