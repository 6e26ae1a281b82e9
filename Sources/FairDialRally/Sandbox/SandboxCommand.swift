// SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import Dispatch
import FairDialConsole
import FairDialTestKit
import Foundation

/// `fairdial sandbox`: runs a command where names are slow, to measure or to test anything under load.
package struct SandboxCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Run a command in a network of its own, with slow names and a server to dial.",
        discussion: """
            Names under slow.test are answered after --delay, names under fast.test at once, and names under
            dropped.test at once for IPv4 and never for IPv6. All are 127.0.0.1. {PORT} in the command's arguments
            becomes the port of a server that accepts connections on 127.0.0.1 and ::1.
            """,
        shouldDisplay: false
    )

    @Option(
        help: ArgumentHelp("How long names under slow.test take. (default: 1)", valueName: "seconds"),
        transform: Seconds.init(reading:)
    )
    var delay: Seconds?

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
    var command: [String]

    package init() {}

    package func run() async throws {
        guard SandboxEntrance.isInside else {
            throw ValidationError("no sandbox here: it needs user, mount and network namespaces")
        }
        var words = command
        if words.first == "--" { words.removeFirst() }
        guard let program = words.first else { throw ValidationError("the command is missing") }
        let names = SlowNames(delay: delay?.duration ?? .seconds(1))
        let nameServer = try await DNSServer.start(port: 53) { names.respond(to: $0) }
        let database = try await DatabaseStandIn.start()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            [program] + words.dropFirst().map { $0.replacingOccurrences(of: "{PORT}", with: "\(database.port)") }
        process.environment = ProcessInfo.processInfo.environment.merging(SandboxEntrance.passForChildren) { $1 }
        try process.runWithoutMask()
        let signals = Self.passSignals(to: process.processIdentifier)
        process.waitUntilExit()
        for signal in signals { signal.cancel() }
        let queries = nameServer.queriesByName
        StandardStreams.complain(
            "fairdial sandbox: \(nameServer.queryCount) queries for \(queries.count) names, "
                + "\(queries.values.max() ?? 0) at most for one"
        )
        await database.stop()
        await nameServer.stop()
        // As a shell says it.
        let status = process.terminationStatus + (process.terminationReason == .uncaughtSignal ? 128 : 0)
        guard status == 0 else { throw ExitCode(status) }
    }

    /// Passes on what would end this process, because Foundation gives the command a process group of its own. Only
    /// once it runs: it would inherit that the signals are ignored here.
    private static func passSignals(to command: pid_t) -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { _ = kill(-command, number) }
            source.resume()
            return source
        }
    }
}
