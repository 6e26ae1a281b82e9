// SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import Foundation

/// The command `feeds`.
package struct FeedsTool: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "feeds",
        abstract: "Fetch all feeds at once, and store every link in MongoDB.",
        discussion: """
            The script that a connect timeout once ended: 500 feeds whose names are slow to look up, and a database on \
            the same machine. `feeds --embedded 500` brings all of that along.

              feeds FILE --mongo URI        your feeds, into your database
              feeds --embedded 500          feeds with slow names, and a database, of its own
              feeds --embedded 500 --foul   the same as stock SwiftNIO does it

            `feeds help fetch` lists the options.

            Exit status: 0 every feed was read and every link stored, 1 something failed, 2 the command line was wrong \
            or what it names cannot be used.
            """,
        subcommands: [StoryCommand.self, ServeCommand.self],
        defaultSubcommand: StoryCommand.self
    )

    package init() {}

    /// What must be done while the process has one thread.
    package static func prepare() {
        let refusal = wantsSandbox(arguments) ? Sandbox.enter() : nil
        if let refusal { Streams.complain("feeds: no network of its own (\(refusal)): slow names go another way") }
        // A reader that has left shows in a failed write.
        signal(SIGPIPE, SIG_IGN)
        Streams.raiseDescriptorLimit()
    }

    private static var arguments: [String] { Array(CommandLine.arguments.dropFirst()) }

    /// From the command line to the exit status.
    package static func launch() async -> Never {
        do {
            var command = try parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            Foundation.exit(0)
        } catch let error as UnusableError {
            Streams.complain("Error: \(error)")
            Foundation.exit(2)
        } catch {
            let code = exitCode(for: error)
            if code == .success { exit(withError: error) }
            let message = fullMessage(for: error)
            if !message.isEmpty { Streams.complain(message) }
            // The parser says 64 for a wrong command line.
            Foundation.exit(code == .validationFailure ? 2 : code.rawValue)
        }
    }

    /// Whether the names have to be the system's own. With a database outside, the process must stay outside, too.
    private static func wantsSandbox(_ arguments: [String]) -> Bool {
        func has(_ option: String) -> Bool { arguments.contains { $0 == option || $0.hasPrefix("\(option)=") } }
        if has("--help") || has("-h") || has("--mongo") || has("--no-sandbox") { return false }
        return arguments.first == "serve" ? arguments.contains("--") : has("--embedded")
    }
}

/// What the command line names cannot be used: a file, a port, a database's address.
struct UnusableError: Error, CustomStringConvertible {
    let description: String
}
