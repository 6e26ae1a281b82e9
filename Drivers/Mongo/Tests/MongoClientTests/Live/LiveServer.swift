// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOPosix

/// A `secantusdb` (from PyPI) of a suite's own, in a folder of its own, on a port that the kernel chose.
///
/// One process per suite: it is no mongod, and does not like to live long.
final class LiveServer: Sendable {
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    let port: Int
    private let process: Process
    private let folder: URL

    var address: String { "127.0.0.1:\(port)" }

    private init(port: Int, process: Process, folder: URL) {
        self.port = port
        self.process = process
        self.folder = folder
    }

    private static let program = "secantusd-py"

    /// Starts one, and returns when it accepts connections.
    ///
    /// - Parameter arguments: besides host, port, folder and test commands.
    static func start(_ arguments: [String] = [], in folder: URL? = nil) async throws -> LiveServer {
        guard let path = path() else {
            throw Missing(description: "\(program) is not in PATH: pip install secantusdb")
        }
        let folder =
            folder ?? FileManager.default.temporaryDirectory.appendingPathComponent("mongo-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var last: any Error = Missing(description: "\(program) did not start")
        // Between the port's choice and its use somebody else may take it.
        for _ in 0..<5 {
            let port = try await freePort()
            let process = Process()
            process.executableURL = path
            process.currentDirectoryURL = folder
            process.arguments =
                [
                    "--host", "127.0.0.1", "--port", "\(port)", "--storage-path", folder.path, "--log-level", "ERROR",
                    "--enable-test-commands",
                ] + arguments
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            let server = LiveServer(port: port, process: process, folder: folder)
            do {
                try await server.waitUntilItListens()
                return server
            } catch {
                last = error
                process.terminate()
                process.waitUntilExit()
            }
        }
        throw last
    }

    /// Ends it, and leaves nothing behind.
    func stop(keepingFolder: Bool = false) {
        // It takes ten seconds to end by itself; only one whose folder goes on needs that.
        if keepingFolder {
            process.terminate()
            let end = Date().addingTimeInterval(20)
            while process.isRunning, Date() < end { usleep(10_000) }
        }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        if !keepingFolder { try? FileManager.default.removeItem(at: folder) }
    }

    private func waitUntilItListens() async throws {
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end, process.isRunning {
            if let channel = try? await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: port).get()
            {
                try await channel.close()
                // Who took the port before may listen there as well, and may be about to end.
                if isOurs() { return }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Missing(description: "\(Self.program) did not listen on port \(port)")
    }

    /// Whether it is the process itself that listens at the port.
    private func isOurs() -> Bool {
        let listening = "0A"
        let lines = (try? String(contentsOfFile: "/proc/net/tcp", encoding: .utf8))?.split(separator: "\n") ?? []
        let sockets = lines.map { $0.split(separator: " ") }.filter { fields in
            fields.count > 9 && fields[3] == listening
                && fields[1].split(separator: ":").last.flatMap { Int($0, radix: 16) } == port
        }
        let names = Set(sockets.map { "socket:[\($0[9])]" })
        let folder = "/proc/\(process.processIdentifier)/fd"
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).contains { descriptor in
            let name = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(descriptor)")
            return name.map(names.contains) ?? false
        }
    }

    private static func path() -> URL? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return folders.map { URL(fileURLWithPath: "\($0)/\(program)") }.first {
            FileManager.default.isExecutableFile(atPath: $0.path)
        }
    }

    private static func freePort() async throws -> Int {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port ?? 0
        try await channel.close()
        return port
    }
}
