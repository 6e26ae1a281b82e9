// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import Foundation
import TestHelpers
import Testing

/// The tool says on a signal who is stuck.
@Suite struct `A signal to the tool` {
    @Test(arguments: [
        ["connect", "stuck.test", "80"], ["resolve", "stuck.test"], ["explain", "stuck.test"],
        ["resolve", "stuck.test", "--type", "SRV"],
    ])
    func `shows the lookups in flight, the server that is silent, and how many wait`(command: [String]) async throws {
        let server = try await DNSServer.start { _ in .init(.silence) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Tool.path)
        process.arguments = command + ["--server", "127.0.0.1:\(server.port)", "--lookup-timeout", "100"]
        let complaints = Pipe()
        process.standardOutput = FileHandle.nullDevice
        process.standardError = complaints
        try process.run()
        // The end of its standard error ends the reading below.
        Deadline.end(process.processIdentifier) { process.isRunning }
        // Without a suspension, which may take longer than the tool does to give up: others' tests block the threads.
        while server.queryCount == 0, process.isRunning { usleep(1_000) }
        var text = ""
        // Whom it has asked is known a moment after it has asked.
        while !text.contains("asked ") || !text.hasSuffix("\n") {
            kill(process.processIdentifier, SIGUSR1)
            let bytes = complaints.fileHandleForReading.availableData
            if bytes.isEmpty { break }
            text += String(decoding: bytes, as: UTF8.self)
        }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        await server.stop()
        let lines = text.split(separator: "\n")
        #expect(lines.first == "1 lookup in flight")
        #expect(lines.last?.hasPrefix(command.contains("SRV") ? "  stuck.test SRV  " : "  stuck.test  ") == true)
        #expect(lines.last?.hasSuffix("dns, asked 127.0.0.1:\(server.port)  1 waiting") == true)
    }

    @Test func `is no end of one that waits for its file of names`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/names"
        try #require(mkfifo(path, 0o600) == 0)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Tool.path)
        process.arguments = ["connect", "192.0.2.1", "80", "--public-only", "--while-resolving", path]
        let complaints = Pipe()
        process.standardOutput = FileHandle.nullDevice
        process.standardError = complaints
        try process.run()
        Deadline.end(process.processIdentifier) { process.isRunning }
        // Both ends of a FIFO are opened together: then the tool is about to read. Without a wait where it has ended.
        var end = open(path, O_WRONLY | O_NONBLOCK)
        while end < 0, process.isRunning {
            usleep(1_000)
            end = open(path, O_WRONLY | O_NONBLOCK)
        }
        kill(process.processIdentifier, SIGUSR1)
        var text = ""
        while !text.hasSuffix("\n") {
            let bytes = complaints.fileHandleForReading.availableData
            if bytes.isEmpty { break }
            text += String(decoding: bytes, as: UTF8.self)
        }
        #expect(text == "0 lookups in flight\n")
        // An empty file: it goes on, and ends by itself.
        close(end)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit)
        #expect(process.terminationStatus == 1)
    }
}
