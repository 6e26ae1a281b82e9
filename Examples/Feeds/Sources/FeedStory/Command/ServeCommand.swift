// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation

/// `feeds serve`: the embedded servers, for another program.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the embedded feeds and the canned MongoDB server for another program.",
        discussion: """
            With a command: it runs in a network of its own, where the feeds' names are slow for every program. Its \
            environment has FEEDS_LIST, a file with the feeds' addresses, and FEEDS_MONGO, the database's. The exit \
            status is the command's.

            Without one: prints the database's address, and serves it until the process is ended.
            """
    )

    @Option(name: .customLong("embedded"), help: ArgumentHelp("How many feeds.", valueName: "n"))
    var count = 500

    @Option(help: ArgumentHelp("How long each feed's name takes to look up. (default: 1)", valueName: "seconds"))
    var delay: Seconds?

    @Option(help: "The database's port; 0 for one that is free. (default: 0)")
    var port = 0

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments, after --.")
    var command: [String] = []

    mutating func validate() throws {
        guard (1...FeedList.mostFeeds).contains(count) else {
            throw ValidationError("--embedded must be within 1 … \(FeedList.mostFeeds)")
        }
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be within 0 … 65535") }
    }

    func run() async throws {
        var words = command
        if words.first == "--" { words.removeFirst() }
        guard let program = words.first else { return try await serveDatabase() }
        guard Sandbox.isInside else {
            throw UnusableError(description: "serve with a command needs a network namespace, which is refused here")
        }
        let servers = try await EmbeddedServers.start(delay: delay?.duration ?? .seconds(1), isSystems: true)
        let list = FileManager.default.temporaryDirectory.appendingPathComponent("feeds-\(UUID().uuidString).txt")
        defer { try? FileManager.default.removeItem(at: list) }
        let addresses = servers.addresses(count).map(\.description).joined(separator: "\n") + "\n"
        try Data(addresses.utf8).write(to: list)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + words.dropFirst()
        process.environment = ProcessInfo.processInfo.environment
            .merging(["FEEDS_LIST": list.path, "FEEDS_MONGO": servers.mongo.uri]) { $1 }
            .merging(Sandbox.environmentForChildren) { $1 }
        try process.run()
        await Task.detached { process.waitUntilExit() }.value
        let stored = servers.mongo.inserted.values.reduce(0, +)
        Streams.complain("feeds serve: \(stored) documents were stored")
        await servers.stop()
        let status = process.terminationStatus + (process.terminationReason == .uncaughtSignal ? 128 : 0)
        guard status == 0 else { throw ExitCode(status) }
    }

    private func serveDatabase() async throws {
        let mongo: CannedMongo
        do {
            mongo = try await CannedMongo.start(port: port)
        } catch {
            throw UnusableError(description: "--port \(port): \(error)")
        }
        Streams.say(mongo.uri)
        while !Task.isCancelled { try await Task.sleep(for: .seconds(3_600)) }
    }
}
