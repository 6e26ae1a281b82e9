// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FairDialConsole
import FairDialRally
import IPAddresses

/// The command `fairdial`: its subcommands parse, call the library, and print.
@main
struct FairDialTool: AsyncParsableCommand {
    /// The version that `--version` prints.
    static let version = "0.1.0-dev"

    static let configuration = CommandConfiguration(
        commandName: "fairdial",
        abstract: "Connect to a host and a port, fairly, and see where the time went.",
        discussion: """
            Exit status: 0 connected or resolved, 1 it failed, 2 the command line was wrong.
            """,
        version: version,
        subcommands: [
            ConnectCommand.self, ResolveCommand.self, ExplainCommand.self, RallyCommand.self, SimulateCommand.self,
            SandboxCommand.self,
        ]
    )

    static func main() async {
        // Before anything is opened: a socket must not become standard output.
        StandardStreams.openClosed()
        guard let arguments = CommandLineArguments.afterName else {
            // Help, which is what no arguments mean, would end with status 0, which means connected.
            StandardStreams.complain("fairdial: cannot read the command line: there is no /proc")
            exit(withError: ExitCode(2))
        }
        // First of all that needs arguments: namespaces can only be left by a process that has one thread.
        SandboxEntrance.enterIfWanted(arguments)
        if arguments.count > mostArguments {
            StandardStreams.complain("Error: \(arguments.count) arguments are too many: give \(mostArguments) at most")
            exit(withError: ExitCode(2))
        }
        if let unknown = UnknownCommand(in: arguments, among: configuration.subcommands) {
            StandardStreams.complain(unknown.complaint)
            exit(withError: ExitCode(2))
        }
        // Behind "--" there are no options, and each argument is judged by what it is for.
        if let number = arguments.prefix(while: { $0 != "--" }).first(where: isNegativeNumber) {
            // The parser takes it for an option, and then misses a value.
            StandardStreams.complain(
                "Error: \(number) is neither an option nor a value: a port is 1 … 65535, a time is above 0"
            )
            exit(withError: ExitCode(2))
        }
        await run(arguments)
    }

    private static func run(_ arguments: [String]) async {
        var command: any ParsableCommand
        do {
            command = try parseAsRoot(arguments)
        } catch {
            leave(with: error)
        }
        do {
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as ValidationError {
            // The command line could be read, so how to write one is no help: the parser would show it here.
            StandardStreams.complain("Error: \(error.message)")
            exit(withError: ExitCode(2))
        } catch {
            leave(with: error)
        }
    }

    /// The parser's time grows with their number squared.
    private static let mostArguments = 2_000

    private static func isNegativeNumber(_ argument: String) -> Bool {
        argument.hasPrefix("-") && Double(argument) != nil && argument != "-4" && argument != "-6"
    }

    /// The parser says 64 for a wrong command line (`sysexits`); our contract says 2.
    private static func leave(with error: any Error) -> Never {
        let code = exitCode(for: error)
        if code == .success { exit(withError: error) }
        // The message has the words of strangers in it: arguments, and names of files.
        var message = fullMessage(for: error)
        // An argument with lines of its own would look like some of ours.
        for argument in CommandLine.arguments.dropFirst() {
            let value = argument.firstIndex(of: "=").map { argument[argument.index(after: $0)...] } ?? ""
            for word in [argument[...], value] where word.contains(where: \.isNewline) {
                message = message.replacing(word, with: word.printable)
            }
        }
        if !message.isEmpty { StandardStreams.complain(lines: message) }
        exit(withError: code == .validationFailure ? ExitCode(2) : code)
    }
}
