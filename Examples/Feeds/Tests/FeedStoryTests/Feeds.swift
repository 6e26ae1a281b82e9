// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Runs the built `feeds`.
enum Feeds {
    struct Run {
        let status: Int32
        let output: String
        let complaints: String
    }

    /// No run of the tests takes so long on the slowest machine.
    private static let seconds = 120

    /// It lies beside the tests.
    private static let path: String = {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let files = [tests] + CommandLine.arguments.map { URL(fileURLWithPath: $0) }
        let candidates = files.map { $0.deletingLastPathComponent().appendingPathComponent("feeds").path }
        return candidates.first(where: FileManager.default.isExecutableFile(atPath:)) ?? "feeds"
    }()

    static func run(_ arguments: String...) throws -> Run { try run(arguments) }

    static func run(_ arguments: [String]) throws -> Run {
        // Two streams into files: neither can fill up while the other one is read.
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("feeds-run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = ["output", "complaints"].map { folder.appendingPathComponent($0) }
        for file in files { try Data().write(to: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        try process.run()
        let id = process.processIdentifier
        let deadline = DispatchWorkItem { kill(id, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(seconds), execute: deadline)
        process.waitUntilExit()
        deadline.cancel()
        return Run(
            status: process.terminationStatus,
            output: try String(contentsOf: files[0], encoding: .utf8),
            complaints: try String(contentsOf: files[1], encoding: .utf8)
        )
    }
}
