// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FairDial
import FairDialConsole
import Foundation
import NIOCore

/// `fairdial connect`: dial, and print the report and each attempt.
struct ConnectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Dial a host; print the report and each attempt as a waterfall.",
        usage: "fairdial connect [<options>] <host> <port>",
        discussion: """
            Exit status: 0 connected, 1 it failed, 2 the command line was wrong.

            On SIGUSR1 it prints every lookup in flight on standard error: name, age, the
            servers that have been asked, and how many wait for it.
            """
    )

    @OptionGroup var common: CommonOptions

    @OptionGroup var race: RaceOptions

    @Argument(help: "A name, an IPv4 address, or an IPv6 address without brackets; a %zone may follow.")
    var host: String

    /// The parser takes it for optional, so that a host that has a port in it gets an answer of its own.
    @Argument(help: "1 … 65535.", transform: Port.init(reading:))
    var port: Port?

    @Option(
        help: ArgumentHelp(
            "Dial each name in this file, one a line, at the same port, starting 100 ms before HOST.",
            valueName: "file"
        )
    )
    var whileResolving: String?

    @Option(help: ArgumentHelp("Dial this many times.", valueName: "n"))
    var count = 1

    @Option(help: ArgumentHelp("Dial this many at once.", valueName: "n"))
    var concurrency = 1

    mutating func validate() throws {
        if port == nil {
            let cure = Target.misreading(of: host) ?? "write it behind the host, as in fairdial connect db.test 5432"
            throw ValidationError("Missing expected argument '<port>': \(cure)")
        }
        guard (1...1_000_000).contains(count) else { throw ValidationError("--count must be within 1 … 1000000") }
        guard (1...10_000).contains(concurrency) else {
            throw ValidationError("--concurrency must be within 1 … 10000")
        }
    }

    func run() async throws {
        guard let port = port?.number else { return }
        let dialer = common.dialer(race: race)
        // Before a file is read, which may take its time: the signal would end the process.
        let dump = LookupDump(of: dialer)
        defer { dump.end() }
        let names = try whileResolving.map(Self.names)
        let background = names.map { names in
            BackgroundDials(
                names: names,
                port: port,
                dialer: dialer,
                options: common.dialOptions(label: "background")
            )
        }
        async let backgroundReport = background?.run()
        if background != nil {
            // The contract's head start: every background dial is under way when HOST's begins.
            try await Task.sleep(for: .milliseconds(100))
        }
        let reports = await dials(to: port, with: dialer)
        let behind = await backgroundReport
        for (index, report) in reports.enumerated() {
            show(report, behind: index == reports.count - 1 ? behind : nil)
        }
        if reports.contains(where: { $0.error != nil }) { throw ExitCode(1) }
    }

    /// The dials' reports, in the order in which they started.
    private func dials(to port: Int, with dialer: Dialer) async -> [ConnectResult] {
        await withTaskGroup(of: (Int, ConnectResult).self) { group in
            var reports = [ConnectResult?](repeating: nil, count: count)
            for index in 0..<count {
                if index >= concurrency, let (ended, report) = await group.next() { reports[ended] = report }
                group.addTask { (index, await dial(to: port, with: dialer)) }
            }
            for await (index, report) in group { reports[index] = report }
            return reports.compactMap { $0 }
        }
    }

    private func dial(to port: Int, with dialer: Dialer) async -> ConnectResult {
        do {
            let options = common.dialOptions(label: "connect")
            let connection = try await dialer.connect(to: host, port: port, options: options)
            // The result is in; that closing fails would change nothing.
            try? await connection.output.close()
            return ConnectResult(
                host: host,
                port: port,
                destination: connection.destination,
                report: connection.report,
                error: nil
            )
        } catch {
            return ConnectResult(host: host, port: port, destination: nil, report: error.report, error: error)
        }
    }

    private func show(_ report: ConnectResult, behind: BackgroundDials.Report?) {
        guard common.json else {
            for line in Waterfall(report: report).lines() { StandardStreams.say(line) }
            if let behind { StandardStreams.say("  background: \(behind.sentence)") }
            return
        }
        let more = behind.map { [("background", $0.json)] } ?? []
        StandardStreams.say(JSONLine.object(report.json + more).rendered)
    }

    /// A file of names is read whole: three million of usual length. In bytes.
    private static let largestFile = 64 * 1024 * 1024

    private static func names(in path: String) throws -> [String] {
        let bytes: [UInt8]
        do throws(WrongValue) {
            bytes = try NamedFile(path).contents(atMost: largestFile)
        } catch {
            throw ValidationError("--while-resolving: cannot read \(path): \(error)")
        }
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
}
