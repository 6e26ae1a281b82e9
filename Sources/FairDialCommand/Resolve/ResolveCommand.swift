// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import DNSResolution
import FairDial
import FairDialConsole
import Foundation
import GetAddrInfo
import IPAddresses
import NameResolution

/// `fairdial resolve`: what `getaddrinfo` would answer, who answered, and how long it took.
struct ResolveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve",
        abstract: "What getaddrinfo would answer, who answered, how long it took.",
        discussion: """
            With --batch, one question a line is read from standard input, and one answer a line is written, in order:
              {"host":"::1","service":"80","family":0,"socktype":1,"protocol":0,"flags":0}
            Each is answered exactly as getaddrinfo does, which takes a port over 65535 modulo 65536.

            Exit status: 0 resolved, 1 it failed, 2 the command line was wrong.

            On SIGUSR1 it prints every lookup in flight on standard error, as connect does; not with --batch.
            """
    )

    @OptionGroup var common: CommonOptions

    /// Accepted, so that connect's command line need not be changed: nothing is dialed.
    @OptionGroup(visibility: .hidden) var race: RaceOptions

    @Flag(help: "Read questions as JSON from standard input, one a line; answer each with one line.")
    var batch = false

    @Flag(help: "With --batch: look nothing up, and answer \"needs-lookup\" where the host is not numeric.")
    var numericOnly = false

    @Flag(help: "Show every packet and decision on the way to the answer, on standard error; means --resolver dns.")
    var trace = false

    @Option(
        help: ArgumentHelp(
            "Look up records of this type, such as SRV, MX or TYPE65400, instead of addresses; means --resolver dns.",
            valueName: "type"
        ),
        transform: RecordKind.init(reading:)
    )
    var type: RecordKind?

    @Flag(help: "Say on standard error who answers for this host, and why.")
    var explain = false

    @Argument(help: "A name or an address.")
    var host: String?

    @Argument(help: "A port within 0 … 65535, or a service's name such as https.")
    var service: String?

    mutating func validate() throws {
        if batch, host != nil {
            throw ValidationError("--batch reads its questions from standard input: leave HOST out")
        }
        if !batch, host == nil { throw ValidationError("HOST is missing: give a name, an address, or --batch") }
        if let service, ServicePort.isNumberWithoutPort(service) {
            throw ValidationError("port \(service) is not within 0 … 65535")
        }
        let own = [("--type", type != nil), ("--explain", explain), ("--trace", trace)].filter(\.1).map(\.0)
        if batch, let ignored = (own + common.ignoredByBatch + race.given).first {
            throw ValidationError(
                "\(ignored) cannot be used with --batch, which asks getaddrinfo exactly what each line says"
            )
        }
        if common.resolver == .system, let option = own.first(where: { $0 != "--explain" }) {
            throw ValidationError("\(option) requires --resolver dns")
        }
        if type != nil, let ignored = (common.ignoredByRecords + race.given).first {
            throw ValidationError("\(ignored) cannot be used with --type: records are asked for in DNS, and not dialed")
        }
        if common.hasPolicy, type != nil {
            throw ValidationError("--type cannot be used with --public-only, --deny or --allow: records are not dialed")
        }
        if type != nil, service != nil { throw ValidationError("--type looks up records: leave SERVICE out") }
        if numericOnly, !batch { throw ValidationError("--numeric-only requires --batch") }
    }

    func run() async throws {
        if batch {
            guard BatchResolution(numericOnly: numericOnly).run() else { throw ExitCode(1) }
            return
        }
        guard let host else { return }
        if explain {
            StandardStreams.complain(explanation(of: host).sentence)
            for fault in faults { StandardStreams.complain("\(host): \(fault)") }
        }
        // For records always our own DNS resolver.
        let dialer = common.dialer(over: type == nil ? dns : dns ?? DNSResolver(common.dnsConfiguration()))
        let dump = LookupDump(of: dialer)
        defer { dump.end() }
        if let type {
            try await RecordLookup(host: host, type: type.type, resolver: dialer.configuration.resolver)
                .run(json: common.json, within: common.recordTimeout)
            return
        }
        let report = await report(on: host, from: dialer)
        if trace, let source = report.report.source, [.numeric, .hosts, .override].contains(source) {
            StandardStreams.complain("\(host): no packet was sent: answered by \(source.rawValue)")
        }
        if common.json {
            StandardStreams.say(JSONLine.object(report.json).rendered)
        } else {
            for line in report.lines { StandardStreams.say(line) }
        }
        if report.error != nil { throw ExitCode(1) }
    }

    private func explanation(of host: String) -> Explanation {
        Explanation(
            host: host,
            families: common.dialOptions(label: "resolve").families,
            overridden: Set(common.override.map { LookupQuestion(name: $0.host).key }),
            chosen: common.wantsDNS || trace || type != nil ? .dns : common.resolver,
            isForRecords: type != nil
        )
    }

    /// Files that exist and are not read, or not followed in everything that they say.
    private var faults: [String] {
        LocalNames.system.unreadFiles
            + (common.wantsDNS ? DNSResolver(common.dnsConfiguration()).unsupported.map { "resolv.conf: \($0)" } : [])
    }

    /// Our own DNS resolver when it has packets to show; `nil` when the other options decide.
    private var dns: DNSResolver? {
        guard trace else { return nil }
        var configuration = common.dnsConfiguration()
        configuration.trace = { StandardStreams.complain("\($0)") }
        return DNSResolver(configuration)
    }

    private func report(on host: String, from dialer: Dialer) async -> ResolveReport {
        var report = ResolveReport(host: host, service: service)
        do throws(DialError) {
            // The lookup is the same for every port, so it is asked with any, and the port put in afterwards.
            let answer = try await dialer.resolve(host, port: 1, options: common.dialOptions(label: "resolve"))
            report.report = answer.report
            report.incomplete = answer.incomplete
            switch ServicePort.read(service) {
            case .success(let port):
                report.endpoints = answer.endpoints.map { Endpoint(address: $0.address, port: port) }
            case .failure(let error):
                report.error = (DialError.Code.invalidTarget.rawValue, "service \"\(service ?? "")\": \(error)")
            }
        } catch {
            report.report = error.report
            report.error = (error.code.rawValue, error.message)
        }
        return report
    }
}
