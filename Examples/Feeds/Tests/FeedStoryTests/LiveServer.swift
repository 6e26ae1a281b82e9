// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOPosix

/// `secantusd-py`, on a free port of loopback, with its data in a folder that goes with it.
final class LiveServer {
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    /// It imports a good deal of Python first.
    private static let startLimit = Duration.seconds(60)

    let port: Int
    private let process = Process()
    private let folder: URL

    /// Starts it, and returns when it accepts.
    init() throws {
        port = try Self.freePort()
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("feeds-mongo-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "secantusd-py", "--host", "127.0.0.1", "--port", "\(port)", "--standalone",
            "--storage-path", folder.appendingPathComponent("data").path, "--log-level", "ERROR",
        ]
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let clock = ContinuousClock()
        let end = clock.now + Self.startLimit
        while !accepts {
            guard process.isRunning, clock.now < end else {
                stop()
                throw Missing(description: "secantusd-py does not run: pip install secantusdb")
            }
            Thread.sleep(forTimeInterval: 0.05)
        }
    }

    var uri: String { "mongodb://127.0.0.1:\(port)/?maxPoolSize=20" }

    func stop() {
        // It is ours, and it has nothing to save.
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    private var accepts: Bool {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        guard let channel = try? bootstrap.connect(host: "127.0.0.1", port: port).wait() else { return false }
        channel.close(promise: nil)
        return true
    }

    /// A port that the kernel has just given and got back: the server takes none that is 0.
    private static func freePort() throws -> Int {
        let channel = try ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).wait()
        let port = channel.localAddress?.port ?? 0
        try channel.close().wait()
        return port
    }
}
