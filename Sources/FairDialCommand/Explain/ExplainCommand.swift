// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FairDial
import FairDialConsole
import IPAddresses

/// `fairdial explain`: in which order a host's addresses are tried, and which rule decided.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "The order in which a host's addresses are tried, and the rule between each two (RFC 6724 §6).",
        discussion: """
            Exit status: 0 resolved, 1 it failed, 2 the command line was wrong.

            On SIGUSR1 it prints every lookup in flight on standard error, as connect does.
            """
    )

    @OptionGroup var common: CommonOptions

    /// Accepted, so that connect's command line need not be changed: nothing is dialed.
    @OptionGroup(visibility: .hidden) var race: RaceOptions

    @Argument(help: "A name or an address.")
    var host: String

    func run() async throws {
        let dialer = common.dialer()
        let dump = LookupDump(of: dialer)
        defer { dump.end() }
        do throws(DialError) {
            // Order does not depend on the port, so any will do.
            let answer = try await dialer.resolve(host, port: 1, options: common.dialOptions(label: "explain"))
            let report = OrderReport(host: host, addresses: answer.endpoints.map(\.address))
            if common.json {
                StandardStreams.say(report.json.rendered)
            } else {
                for line in report.lines { StandardStreams.say(line) }
            }
        } catch {
            if common.json {
                StandardStreams.say(OrderReport.json(of: error, host: host).rendered)
            } else {
                StandardStreams.complain("\(host)  failed  \(error.code.rawValue): \(error.message)")
            }
            throw ExitCode(1)
        }
    }
}
