// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestHelpers

/// Runs the built `fairdial`, as a user would.
struct Tool {
    /// What a run left.
    struct Run {
        let status: Int32
        let output: String
        let complaints: String

        /// The output's lines, each read as a JSON object.
        var objects: [[String: Any]] {
            get throws {
                try output.split(separator: "\n").map { line in
                    let value = try JSONSerialization.jsonObject(with: Data(line.utf8))
                    guard let object = value as? [String: Any] else { throw CocoaError(.propertyListReadCorrupt) }
                    return object
                }
            }
        }

        /// The one object that was printed.
        var object: [String: Any] {
            get throws {
                let objects = try objects
                guard objects.count == 1 else { throw CocoaError(.propertyListReadCorrupt) }
                return objects[0]
            }
        }
    }

    /// The executable lies beside the tests.
    static let path: String = {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let folders =
            [tests.deletingLastPathComponent()]
            + CommandLine.arguments.map {
                URL(fileURLWithPath: $0).deletingLastPathComponent()
            }
        let candidates = folders.map { $0.appendingPathComponent("fairdial").path }
        return candidates.first(where: FileManager.default.isExecutableFile(atPath:)) ?? "fairdial"
    }()

    /// Runs it to its end.
    static func run(_ arguments: String..., input: Data = Data(), environment: [String: String] = [:]) throws -> Run {
        try run(path, arguments, input: input, environment: environment)
    }

    /// Runs any program to its end.
    static func run(
        _ program: String,
        _ arguments: [String],
        input: Data = Data(),
        environment: [String: String] = [:]
    ) throws -> Run {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (given, output, complaints) = (Pipe(), Pipe(), Pipe())
        process.standardInput = given
        process.standardOutput = output
        process.standardError = complaints
        try process.run()
        Deadline.end(process.processIdentifier) { process.isRunning }
        let writer = Thread {
            // A program that does not read its input is not our concern.
            try? given.fileHandleForWriting.write(contentsOf: input)
            try? given.fileHandleForWriting.close()
        }
        writer.start()
        var complained = Data()
        let isRead = DispatchSemaphore(value: 0)
        let reader = Reader(complaints.fileHandleForReading)
        reader.start { isRead.signal() }
        let said = output.fileHandleForReading.readDataToEndOfFile()
        isRead.wait()
        complained = reader.data
        process.waitUntilExit()
        return Run(
            status: process.terminationStatus,
            output: String(decoding: said, as: UTF8.self),
            complaints: String(decoding: complained, as: UTF8.self)
        )
    }

    /// Reads one stream to its end beside another.
    private final class Reader: @unchecked Sendable {
        private let handle: FileHandle
        private(set) var data = Data()

        init(_ handle: FileHandle) {
            self.handle = handle
        }

        func start(_ done: @escaping @Sendable () -> Void) {
            Thread.detachNewThread {
                self.data = self.handle.readDataToEndOfFile()
                done()
            }
        }
    }
}
