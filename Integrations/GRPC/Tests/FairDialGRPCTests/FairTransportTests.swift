// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialTestKit
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import IPAddresses
import NIOConcurrencyHelpers
import Testing

@testable import FairDialGRPC

@Suite(.timeLimit(.minutes(3))) struct `A transport that dials by itself` {
    /// Calls that are tried again, soon.
    private static let retrying: ServiceConfig = {
        let policy = RetryPolicy(
            maxAttempts: 5,
            initialBackoff: .milliseconds(1),
            maxBackoff: .milliseconds(10),
            backoffMultiplier: 2,
            retryableStatusCodes: [.unavailable]
        )
        let method = MethodConfig(
            names: [.init(service: "")],
            waitForReady: true,
            executionPolicy: .retry(policy)
        )
        return ServiceConfig(methodConfig: [method])
    }()

    private static let impatient = HTTP2ClientTransport.Config.Backoff(
        initial: .milliseconds(1),
        max: .milliseconds(20),
        multiplier: 2,
        jitter: 0
    )

    @Test func `carries calls, to whatever can be dialed`() async throws {
        let server = try await EchoServer.start()
        let endpoint = Endpoint(address: .v4(.loopback), port: UInt16(server.port))
        for target in [
            try Target(host: "127.0.0.1", port: server.port), try Target(host: "localhost", port: server.port),
            try .endpoints([endpoint], name: "db.test"),
        ] {
            try await withGRPCClient(transport: FairTransport(to: target)) { client in
                for _ in 0..<10 { try await expectEcho(from: client) }
            }
        }
        await server.stop()
    }

    @Test func `loses no retried call to connections that are killed`() async throws {
        let (calls, kills) = (1_000, 50)
        let server = try await EchoServer.start()
        let transport = FairTransport(
            to: try Target(host: "127.0.0.1", port: server.port),
            serviceConfig: Self.retrying,
            backoff: Self.impatient
        )
        try await withGRPCClient(transport: transport) { client in
            try await withThrowingTaskGroup { group in
                let done = NIOLockedValueBox(0)
                // Few, for gRPC gives a call up that was hit five times in a row.
                let callers = 5
                for _ in 0..<callers {
                    group.addTask {
                        for _ in 0..<calls / callers {
                            try await expectEcho(from: client)
                            done.withLockedValue { $0 += 1 }
                        }
                    }
                }
                group.addTask {
                    for kill in 0..<kills {
                        // Each after some calls more.
                        while done.withLockedValue({ $0 }) < kill * (calls / kills) {
                            try await Task.sleep(for: .milliseconds(1))
                        }
                        server.killConnections()
                    }
                }
                try await group.waitForAll()
                #expect(done.withLockedValue { $0 } == calls)
            }
        }
        await server.stop()
    }

    @Test func `tells a call why there is no connection, and keeps the report`() async throws {
        let refusing = try #require(RefusingPort())
        let target = try Target(host: "127.0.0.1", port: refusing.number)
        let transport = FairTransport(to: target)
        try await withGRPCClient(transport: transport) { client in
            let error = await #expect(throws: RPCError.self) { try await EchoServer.name(from: client) }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("127.0.0.1:\(refusing.number) connection refused") == true)
        }
        #expect(transport.lastError?.code == .allAttemptsFailed)
        #expect(transport.lastError?.report.attempts.map(\.outcome) == [.refused])
    }

    @Test func `is shut down while its dial hangs, and its calls with it`() async throws {
        let silent = try #require(SilentPort())
        let dialing = NIOLockedValueBox(false)
        var options = DialOptions()
        options.onStart = { dialing.withLockedValue { $0 = true } }
        let transport = FairTransport(to: try Target(host: "127.0.0.1", port: silent.number), options: options)
        let run = Task { try await transport.connect() }
        let call = Task {
            try await transport.withStream(descriptor: EchoServer.method, options: .defaults) { _, _ in }
        }
        #expect(await Patience.untilTrue { dialing.withLockedValue { $0 } })
        transport.beginGracefulShutdown()
        try await run.value
        await #expect(throws: RPCError.self) { try await call.value }
        await #expect(throws: RPCError.self) {
            try await transport.withStream(descriptor: EchoServer.method, options: .defaults) { _, _ in }
        }
    }

    @Test func `ends with its task, and a waiting call with its own`() async throws {
        let silent = try #require(SilentPort())
        let dialing = NIOLockedValueBox(false)
        var options = DialOptions()
        options.onStart = { dialing.withLockedValue { $0 = true } }
        let transport = FairTransport(to: try Target(host: "127.0.0.1", port: silent.number), options: options)
        let run = Task { try await transport.connect() }
        let call = Task {
            try await transport.withStream(descriptor: EchoServer.method, options: .defaults) { _, _ in }
        }
        let other = Task {
            try await transport.withStream(descriptor: EchoServer.method, options: .defaults) { _, _ in }
        }
        // In the middle of its dial.
        #expect(await Patience.untilTrue { dialing.withLockedValue { $0 } })
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        run.cancel()
        try await run.value
        await #expect(throws: RPCError.self) { try await other.value }
    }

    @Test func `dials no host that the policy forbids`() async throws {
        let server = try await EchoServer.start()
        var configuration = DialerConfiguration()
        configuration.policy = .publicInternetOnly
        for host in ["localhost"] + ForbiddenHosts.all.map(\.host) {
            let transport = FairTransport(
                to: try Target(host: host, port: server.port),
                dialer: Dialer(configuration)
            )
            try await withGRPCClient(transport: transport) { (client) -> Void in
                await #expect(throws: RPCError.self, "\(host)") { try await EchoServer.name(from: client) }
            }
            #expect(transport.lastError?.code == .refusedByPolicy, "\(host)")
            #expect(transport.lastError?.report.attempts.allSatisfy { $0.outcome == .vetoed } == true, "\(host)")
        }
        #expect(server.callCount == 0)
        await server.stop()
    }

    @Test func `finds a method's configuration, its service's, or everybody's`() throws {
        func config(_ names: [MethodConfig.Name], _ bytes: Int) -> MethodConfig {
            MethodConfig(names: names, maxRequestMessageBytes: bytes)
        }
        let transport = FairTransport(
            to: try Target("db.test:80"),
            serviceConfig: ServiceConfig(methodConfig: [
                config([.init(service: "a.A", method: "One")], 1), config([.init(service: "a.A")], 2),
                config([.init(service: "")], 3),
            ])
        )
        for (service, method, bytes) in [("a.A", "One", 1), ("a.A", "Two", 2), ("b.B", "One", 3)] {
            let descriptor = MethodDescriptor(fullyQualifiedService: service, method: method)
            #expect(transport.config(forMethod: descriptor)?.maxRequestMessageBytes == bytes)
        }
    }
}
