// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import FairDial
import FairDialTestKit
import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import IPAddresses
import NIOConcurrencyHelpers
import Testing

@testable import FairDialGRPC

/// What channels leave behind that are shut down at a bad time, counted in a process of its own: nothing.
@Suite(.timeLimit(.minutes(3))) struct `Shut down, nothing is left behind of` {
    private struct Counts {
        let descriptors: Int
        let threads: Int
        /// KiB in memory.
        let memory: Int

        static func now() throws -> Counts {
            let files = FileManager.default
            let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
            return Counts(
                descriptors: try files.contentsOfDirectory(atPath: "/proc/self/fd").count,
                threads: try files.contentsOfDirectory(atPath: "/proc/self/task").count,
                memory: (pages.count > 1 ? Int(pages[1]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE))) / 1_024
            )
        }

        /// Ends the process where there is more than before: the status says of what.
        func require(_ before: Counts) {
            // Fewer, where something of the first round was on its way out still when they were counted.
            if descriptors > before.descriptors { exit(11) }
            // Swift's own workers come and go.
            if threads > before.threads + 2 { exit(12) }
            if memory > before.memory + 16_384 { exit(13) }
        }
    }

    /// Waits, half a minute at most: a resolver keeps a port that it asks from for ten seconds.
    private static func until(_ condition: () throws -> Bool) async throws {
        for _ in 0..<30_000 {
            if try condition() { return }
            try await Task.sleep(for: .milliseconds(1))
        }
        exit(10)
    }

    /// As many channels as names, each shut down while its lookup hangs: the first, or the one after an answer.
    private static func round(
        _ hosts: [String],
        _ names: Names,
        _ server: EchoServer,
        isAnsweredOnce: Bool
    ) async throws {
        let dialer = try names.dialer()
        for host in hosts {
            let record = Record(name: try DomainName(host), timeToLive: 1, data: ARecord(.loopback))
            names[host] = isAnsweredOnce ? .init(.records([record])) : .init(.silence)
        }
        var clients: [(stop: () -> Void, run: Task<Void, any Error>)] = []
        for host in hosts {
            let transport = try FairChannel(
                target: .dns(host: host, port: server.port),
                transportSecurity: .plaintext,
                dialer: dialer
            )
            let client = GRPCClient(transport: transport)
            clients.append(({ client.beginGracefulShutdown() }, Task { try await client.runConnections() }))
            if isAnsweredOnce { try await expectEcho(from: client) }
            names[host] = .init(.silence)
        }
        // Asked for once, or once again.
        let least = isAnsweredOnce ? 2 : 1
        try await until { hosts.allSatisfy { names.server.count(of: $0, .ipv4) >= least } }
        for client in clients { client.stop() }
        for client in clients { try await client.run.value }
    }

    /// As many transports, each shut down while its dial hangs, and a call waits for it.
    private static func dial(_ times: Int, to silent: SilentPort) async throws {
        let dialing = NIOLockedValueBox(0)
        var options = DialOptions()
        options.onStart = { dialing.withLockedValue { $0 += 1 } }
        // However slow the machine, no dial ends by itself.
        options.timeouts.connect = .seconds(600)
        let target = try Target(host: "127.0.0.1", port: silent.number)
        let transports = (0..<times).map { _ in FairTransport(to: target, options: options) }
        let runs = transports.map { transport in Task { try await transport.connect() } }
        let calls = transports.map { transport in
            Task { try await transport.withStream(descriptor: EchoServer.method, options: .defaults) { _, _ in } }
        }
        try await until { dialing.withLockedValue { $0 } == times }
        for (number, transport) in transports.enumerated() {
            if number % 2 == 0 { transport.beginGracefulShutdown() } else { runs[number].cancel() }
        }
        for run in runs { _ = await run.result }
        for call in calls { if case .success = await call.result { exit(14) } }
    }

    @Test func `two hundred transports that dial`() async {
        await #expect(processExitsWith: .success) {
            guard let silent = SilentPort() else { exit(15) }
            try await Self.dial(50, to: silent)
            try await Task.sleep(for: .milliseconds(1))
            let before = try Counts.now()
            for _ in 0..<4 { try await Self.dial(50, to: silent) }
            try await Self.until { try Counts.now().descriptors <= before.descriptors }
            try Counts.now().require(before)
            exit(0)
        }
    }

    private static func run(isAnsweredOnce: Bool, times: Int) async throws -> Never {
        let (names, server) = (try await Names.start(), try await EchoServer.start())
        func hosts(_ word: String, _ count: Int) -> [String] { (0..<count).map { "\(word)\($0).test" } }
        try await round(hosts("first", times), names, server, isAnsweredOnce: isAnsweredOnce)
        // The servers' ends of connections are closed a little later.
        try await Task.sleep(for: .milliseconds(200))
        let before = try Counts.now()
        try await round(hosts("second", times), names, server, isAnsweredOnce: isAnsweredOnce)
        try await until { try Counts.now().descriptors <= before.descriptors }
        try Counts.now().require(before)
        exit(0)
    }

    @Test func `fifty channels that look their names up`() async {
        await #expect(processExitsWith: .success) { try await Self.run(isAnsweredOnce: false, times: 50) }
    }

    @Test func `twenty channels that look their names up again`() async {
        await #expect(processExitsWith: .success) { try await Self.run(isAnsweredOnce: true, times: 20) }
    }
}
