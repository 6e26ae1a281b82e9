// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestHelpers

/// The built commands, which lie beside the tests that are running.
enum Tool {
    /// What a run of it left.
    struct Outcome {
        var status: Int32
        var output: String
        var errors: String

        /// The output's objects, one a line.
        func objects<Object: Decodable>(of type: Object.Type) throws -> [Object] {
            try output.split(separator: "\n").map { try JSONDecoder().decode(type, from: Data($0.utf8)) }
        }
    }

    /// Whether this machine lets us have namespaces of our own.
    static let hasSandbox: Bool = {
        let process = Process()
        process.executableURL = executable("fairdial")
        process.arguments = ["sandbox", "--", "true"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    static func executable(_ name: String) -> URL {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        return tests.deletingLastPathComponent().appendingPathComponent(name)
    }

    /// Runs it to its end. What it prints goes through files, which never fill up.
    static func run(_ arguments: [String], of name: String = "fairdial") async throws -> Outcome {
        try await run(executable(name), arguments)
    }

    /// Runs any program to its end.
    static func run(_ program: URL, _ arguments: [String]) async throws -> Outcome {
        let folder = try TemporaryFolder()
        let output = URL(fileURLWithPath: try folder.makeFile("output"))
        let errors = URL(fileURLWithPath: try folder.makeFile("errors"))
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        let status = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
            Deadline.end(process.processIdentifier) { process.isRunning }
        }
        return Outcome(
            status: status,
            output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8)
        )
    }
}
