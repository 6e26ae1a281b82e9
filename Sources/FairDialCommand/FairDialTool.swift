// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The command `fairdial`: its subcommands parse, call the library, and print.
@main
struct FairDialTool: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fairdial",
        abstract: "Connect to a host and a port, fairly, and see where the time went.",
        discussion: """
            Exit status: 0 connected or resolved, 1 it failed, 2 the command line was wrong.
            """,
        subcommands: [
            ConnectCommand.self, ResolveCommand.self, ExplainCommand.self, RallyCommand.self, SimulateCommand.self,
            SandboxCommand.self,
        ]
    )

    static func main() async {
        // First of all: namespaces can only be left by a process that has one thread.
        let arguments = Array(CommandLine.arguments.dropFirst())
        SandboxEntrance.enterIfWanted(arguments)
        if let number = arguments.first(where: isNegativeNumber) {
            // The parser takes it for an option, and then misses the port.
            StandardStreams.complain("Error: \(number) is no option, and no port: a port is 1 … 65535")
            exit(withError: ExitCode(2))
        }
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            leave(with: error)
        }
    }

    private static func isNegativeNumber(_ argument: String) -> Bool {
        argument.hasPrefix("-") && Double(argument) != nil && argument != "-4" && argument != "-6"
    }

    /// The parser says 64 for a wrong command line (`sysexits`); our contract says 2.
    private static func leave(with error: any Error) -> Never {
        guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
        StandardStreams.complain(fullMessage(for: error))
        exit(withError: ExitCode(2))
    }
}
