// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestHelpers
import Testing

/// The pool that the page for driver authors builds, with a real Redis server.
@Suite(.serialized, .timeLimit(.minutes(2)), .enabled(if: RedisServer.isHere, "needs redis-server"))
struct `The Redis client of the page for driver authors` {
    @Test func `runs commands over 20 connections, which all come back`() async throws {
        let server = try RedisServer(password: nil)
        let run = try await Tool.run(["127.0.0.1", "\(server.port)"], of: "RedisPool")
        #expect(
            run.output == """
                text("OK")
                text("fair")
                error("ERR value is not an integer or out of range")
                500500 0

                """,
            "\(run.errors)"
        )
        #expect(run.status == 0)
        try server.stop()
    }

    @Test func `authenticates before a connection is lent, and says that the server refused`() async throws {
        let server = try RedisServer(password: "fair and square")
        let right = try await Tool.run(["127.0.0.1", "\(server.port)", "fair and square"], of: "RedisPool")
        #expect(right.output.hasPrefix("text(\"OK\")\n"), "\(right.output)\(right.errors)")
        let wrong = try await Tool.run(["127.0.0.1", "\(server.port)", "wrong"], of: "RedisPool")
        #expect(wrong.output.contains("handshakeFailed"), "\(wrong.output)")
        #expect(wrong.output.contains("WRONGPASS"), "\(wrong.output)")
        try server.stop()
    }
}

/// A Redis server of a test's own, on a free port of loopback. It keeps nothing on disk, and ends with this process,
/// however that ends: a shell reads our end of a pipe.
private final class RedisServer {
    static let isHere = ["/usr/bin", "/usr/local/bin"]
        .contains { FileManager.default.isExecutableFile(atPath: "\($0)/redis-server") }

    /// By force, for a child inherits from this process that signals are held back.
    private static let script = "redis-server \"$@\" & server=$!; read _; kill -9 $server"

    let port: Int
    private let process: Process
    private let input: Pipe

    /// Starts it, and waits until it says that it accepts connections.
    init(password: String?) throws {
        // A port may be taken between our choice and the server's: then another one is tried.
        for _ in 0..<20 {
            let port = Int.random(in: 20_000..<32_000)
            let (process, input, output) = (Process(), Pipe(), Pipe())
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", Self.script, "redis", "--port", "\(port)", "--bind", "127.0.0.1"]
            process.arguments? += ["--save", "", "--appendonly", "no", "--dir", NSTemporaryDirectory()]
            if let password { process.arguments? += ["--requirepass", password] }
            process.standardInput = input
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            try process.run()
            Deadline.end(process.processIdentifier) { process.isRunning }
            var said = ""
            while !said.contains("Ready to accept connections"), !said.contains("Failed") {
                let part = output.fileHandleForReading.availableData
                if part.isEmpty { break }
                said += String(decoding: part, as: UTF8.self)
            }
            if said.contains("Ready to accept connections") {
                (self.port, self.process, self.input) = (port, process, input)
                return
            }
            try input.fileHandleForWriting.close()
            process.waitUntilExit()
        }
        throw CocoaError(.executableLoad)
    }

    func stop() throws {
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
