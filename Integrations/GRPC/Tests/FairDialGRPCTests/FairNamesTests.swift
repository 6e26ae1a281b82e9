// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import FairDial
import FairDialTestKit
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import FairDialGRPC

@Suite(.timeLimit(.minutes(2))) struct `gRPC's names through a dialer` {
    private func transport(
        to target: ResolvableTargets.DNS,
        _ dialer: Dialer,
        spreadingWith spreads: ServiceConfig? = nil
    ) throws -> FairChannel {
        try FairChannel(target: target, transportSecurity: .plaintext, dialer: dialer, spreadingWith: spreads)
    }

    @Test func `a literal does not wait for names that hang, nor does another name`() async throws {
        let (names, server) = (try await Names.start(), try await EchoServer.start())
        names["fast.test"] = .init(.addresses([.v4(.loopback)]))
        for number in 0..<20 { names["n\(number).slow.test"] = .init(.silence) }
        let dialer = try names.dialer { $0.timeouts.lookup = .seconds(600) }
        let ended = NIOLockedValueBox(0)
        try await withThrowingTaskGroup { group in
            for number in 0..<20 {
                group.addTask {
                    defer { ended.withLockedValue { $0 += 1 } }
                    let slow = try transport(to: .dns(host: "n\(number).slow.test", port: server.port), dialer)
                    try await withGRPCClient(transport: slow) { (client) -> Void in
                        await #expect(throws: (any Error).self) { try await EchoServer.name(from: client) }
                    }
                }
            }
            // All of them are being asked for.
            while names.server.queriesByName.count < 20 { try await Task.sleep(for: .milliseconds(1)) }
            for host in ["127.0.0.1", "fast.test"] {
                let transport = try transport(to: .dns(host: host, port: server.port), dialer)
                try await withGRPCClient(transport: transport) { client in
                    try await expectEcho(from: client)
                }
                // Those that hang end by themselves ten minutes later, and not one of them has done so before it.
                #expect(dialer.lookupsInFlight.count { $0.name.contains(".slow.test") } == 20, "\(host)")
                #expect(ended.withLockedValue { $0 } == 0, "\(host)")
            }
            // None of them has an answer, so they are cancelled: that must end them.
            group.cancelAll()
            while let result = await group.nextResult() { _ = result }
        }
        await server.stop()
        await names.server.stop()
    }

    @Test func `twenty channels to one slow name are one lookup`() async throws {
        let (names, server) = (try await Names.start(), try await EchoServer.start())
        names["one.slow.test"] = .init(.silence)
        let dialer = try names.dialer { $0.timeouts.lookup = .seconds(60) }
        try await withThrowingTaskGroup { group in
            for _ in 0..<20 {
                group.addTask {
                    let transport = try transport(to: .dns(host: "one.slow.test", port: server.port), dialer)
                    return try await withGRPCClient(transport: transport) { try await EchoServer.name(from: $0) }
                }
            }
            // It is slow as long as not all of them have come, however slow they are themselves.
            #expect(await Patience.untilTrue { dialer.lookupsInFlight.map(\.waiters) == [20] })
            names["one.slow.test"] = .init(.addresses([.v4(.loopback)]))
            for try await name in group { #expect(name == "echo") }
        }
        await server.stop()
        await names.server.stop()
    }

    @Test func `calls are spread over three servers`() async throws {
        let names = try await Names.start()
        let first = try await EchoServer.start("1", address: "127.0.0.1")
        let servers = [
            first, try await EchoServer.start("2", address: "127.0.0.2", port: first.port),
            try await EchoServer.start("3", address: "127.0.0.3", port: first.port),
        ]
        let addresses = try (1...3).map { try IPAddress("127.0.0.\($0)") }
        names["many.test"] = .init(.addresses(addresses))
        let transport = try transport(
            to: .dns(host: "many.test", port: first.port),
            names.dialer(),
            spreadingWith: ServiceConfig()
        )
        try await withGRPCClient(transport: transport) { client in
            var options = CallOptions.defaults
            options.waitForReady = true
            // Until all three are connected.
            var seen: Set<String> = []
            while seen.count < 3 { seen.insert(try await EchoServer.name(from: client, options: options)) }
            let before = servers.map(\.callCount)
            for _ in 0..<300 { _ = try await EchoServer.name(from: client, options: options) }
            for (server, before) in zip(servers, before) { #expect((80...120).contains(server.callCount - before)) }
        }
        for server in servers { await server.stop() }
        await names.server.stop()
    }

    @Test func `a name that moves is followed, and one that fails keeps its addresses`() async throws {
        let script = try ScriptedDialer(names: ["db.test": .addresses("192.0.2.1", "192.0.2.2")])
        let pauses = NIOLockedValueBox<[Duration]>([])
        let (gates, gate) = AsyncStream.makeStream(of: Void.self)
        let factory = FairNames(dialer: script.dialer, spreadingWith: nil) { pause in
            pauses.withLockedValue { $0.append(pause) }
            for await _ in gates { break }
            try Task.checkCancellation()
        }
        let resolver = factory.resolver(for: .init(host: "db.test", port: 80))
        #expect(resolver.updateMode == .push)
        #expect(resolver.authority == "db.test:80")
        let told = NIOLockedValueBox<[[String]]>([])
        let reading = Task {
            for try await result in resolver.names {
                let hosts = result.endpoints.flatMap(\.addresses).map { $0.ipv4?.host ?? $0.ipv6?.host ?? "" }
                told.withLockedValue { $0.append(hosts) }
            }
        }
        func until(_ condition: () -> Bool) async throws {
            while !condition() {
                await script.clock.advance(to: script.clock.now)
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        try await until { pauses.withLockedValue { $0.count } == 1 }
        #expect(told.withLockedValue { $0 } == [["192.0.2.1", "192.0.2.2"]])
        script.names["db.test"] = .fails(.init(.temporaryFailure, "SERVFAIL"))
        gate.yield()
        try await until { pauses.withLockedValue { $0.count } == 2 }
        #expect(told.withLockedValue { $0.count } == 1)
        script.names["db.test"] = try .addresses("192.0.2.3")
        gate.yield()
        try await until { told.withLockedValue { $0.count } == 2 }
        #expect(told.withLockedValue { $0.last } == ["192.0.2.3"])
        #expect(pauses.withLockedValue { $0 }.prefix(2) == [.seconds(30), .seconds(1)])
        reading.cancel()
        gate.finish()
        await #expect(throws: CancellationError.self) { try await reading.value }
        #expect(script.isClean)
    }

    @Test(arguments: [true, false])
    func `a zone that moves is followed, by calls too`(theOldServerStays: Bool) async throws {
        let names = try await Names.start()
        let old = try await EchoServer.start("old", address: "127.0.0.1")
        let new = try await EchoServer.start("new", address: "127.0.0.2", port: old.port)
        func point(to address: IPv4Address) throws {
            let name = try DomainName("moves.test")
            names["moves.test"] = .init(.records([Record(name: name, timeToLive: 1, data: ARecord(address))]))
        }
        try point(to: .loopback)
        let transport = try transport(to: .dns(host: "moves.test", port: old.port), names.dialer())
        try await withGRPCClient(transport: transport) { client in
            #expect(try await EchoServer.name(from: client) == "old")
            let before = names.server.count(of: "moves.test", .ipv4)
            let start = ContinuousClock.now
            try point(to: IPv4Address(bits: IPv4Address.loopback.bits + 1))
            if !theOldServerStays { await old.stop() }
            var options = CallOptions.defaults
            options.waitForReady = true
            // A connection that stands serves its calls until the new address is known, and may end one as it goes.
            while (try? await EchoServer.name(from: client, options: options)) != "new" {
                try await Task.sleep(for: .milliseconds(1))
            }
            // One each second at most, however long the machine takes; another may have been on its way.
            let seconds = Int(start.duration(to: .now).components.seconds)
            #expect(names.server.count(of: "moves.test", .ipv4) - before <= seconds + 2)
        }
        await old.stop()
        await new.stop()
        await names.server.stop()
    }

    @Test(arguments: [("db test", 80), ("db.test", 0), ("db.test", 70_000), ("", 80), ("a..b", 80)])
    func `a target that cannot be read fails its calls`(host: String, port: Int) async throws {
        let transport = try transport(to: .dns(host: host, port: port), .shared)
        try await withGRPCClient(transport: transport) { (client) -> Void in
            await #expect(throws: RPCError.self) { try await EchoServer.name(from: client) }
        }
    }

    @Test func `no forbidden host is told, in whatever spelling`() async throws {
        let dialer = try ScriptedDialer(
            configuration: {
                var configuration = DialerConfiguration()
                configuration.policy = .publicInternetOnly
                configuration.overrides["inside.test"] = [.v4(.loopback)]
                return configuration
            }()
        ).dialer
        for host in ["inside.test"] + ForbiddenHosts.all.map(\.host) {
            // Nothing here waits, and other tests want the thread.
            await Task.yield()
            var names = FairNames(dialer: dialer).resolver(for: .init(host: host, port: 80)).names.makeAsyncIterator()
            let error = await #expect(throws: RPCError.self, "\(host)") { try await names.next() }
            #expect((error?.cause as? DialError)?.code == .refusedByPolicy, "\(host)")
        }
    }

    @Test func `the registry alone serves gRPC's own transport`() async throws {
        let server = try await EchoServer.start()
        let transport = try HTTP2ClientTransport.Posix(
            target: .dns(host: "localhost", port: server.port),
            transportSecurity: .plaintext,
            resolverRegistry: .fair()
        )
        try await withGRPCClient(transport: transport) { try await expectEcho(from: $0) }
        await server.stop()
    }

    @Test func `a channel is shut down while its lookup hangs`() async throws {
        let names = try await Names.start()
        names["hangs.test"] = .init(.silence)
        let transport = try transport(to: .dns(host: "hangs.test", port: 1), names.dialer())
        let client = GRPCClient(transport: transport)
        let run = Task { try await client.runConnections() }
        while names.server.queryCount == 0 { try await Task.sleep(for: .milliseconds(1)) }
        client.beginGracefulShutdown()
        try await run.value
        await names.server.stop()
    }

    @Test func `a channel is shut down while its first answer comes, or before`() async throws {
        var configuration = DialerConfiguration()
        configuration.overrides["now.test"] = [.v4(.loopback)]
        let dialer = Dialer(configuration)
        let refusing = try #require(RefusingPort())
        for round in 0..<1_000 {
            let channel = try transport(to: .dns(host: "now.test", port: refusing.number), dialer)
            if round % 4 == 0 { channel.beginGracefulShutdown() }
            let run = Task { try await channel.connect() }
            for _ in 0..<round % 50 { await Task.yield() }
            channel.beginGracefulShutdown()
            let isOver = await Patience.untilEnded { _ = await run.result }
            if !isOver { run.cancel() }
            try #require(isOver, "round \(round)")
        }
    }

    @Test(arguments: [false, true])
    func `a channel is shut down, or cancelled, while its server does not answer`(isCancelled: Bool) async throws {
        let silent = try #require(SilentPort())
        let connecting = NIOLockedValueBox<[any Channel]>([])
        var config = HTTP2ClientTransport.Posix.Config.defaults
        config.channelDebuggingCallbacks.onCreateTCPConnection = { channel in
            connecting.withLockedValue { $0.append(channel) }
            return channel.eventLoop.makeSucceededVoidFuture()
        }
        let channel = try FairChannel(
            target: .ipv4(address: "127.0.0.1", port: silent.number),
            transportSecurity: .plaintext,
            config: config
        )
        let run = Task { try await channel.connect() }
        #expect(await Patience.untilTrue { connecting.withLockedValue { !$0.isEmpty } })
        if isCancelled { run.cancel() } else { channel.beginGracefulShutdown() }
        // Half of NIO's own connect timeout.
        #expect(await Patience.untilEnded(within: 5_000) { _ = await run.result })
        let left = connecting.withLockedValue { $0 }
        #expect(left.count == 1)
        #expect(left.allSatisfy { !$0.isActive })
    }

    @Test func `a channel lets its calls end before it does`() async throws {
        let server = try await EchoServer.start()
        let client = GRPCClient(transport: try transport(to: .dns(host: "localhost", port: server.port), .shared))
        let run = Task { try await client.runConnections() }
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        let held = Task { try await EchoServer.heldName(from: client, until: gate) }
        #expect(await Patience.untilTrue { server.heldNumbers == [0] })
        client.beginGracefulShutdown()
        await #expect(throws: (any Error).self) { try await EchoServer.name(from: client) }
        opening.finish()
        let name = try await held.value
        #expect(name == "echo")
        try await run.value
        await server.stop()
    }

    @Test func `a forbidden address fails the calls of a channel, and is not dialed`() async throws {
        let server = try await EchoServer.start()
        var configuration = DialerConfiguration()
        configuration.policy = .publicInternetOnly
        let channel = try FairChannel(
            target: .ipv4(address: "127.0.0.1", port: server.port),
            transportSecurity: .plaintext,
            dialer: Dialer(configuration)
        )
        try await withGRPCClient(transport: channel) { (client) -> Void in
            await #expect(throws: RPCError.self) { try await EchoServer.name(from: client) }
        }
        #expect(server.connectionCount == 0)
        #expect(server.callCount == 0)
        await server.stop()
    }

    @Test func `a channel whose addresses are all forbidden is shut down, whoever waits for better times`() async throws
    {
        var configuration = DialerConfiguration()
        configuration.policy = .publicInternetOnly
        let channel = try FairChannel(
            target: .ipv4(address: "127.0.0.1", port: 9),
            transportSecurity: .plaintext,
            dialer: Dialer(configuration)
        )
        let client = GRPCClient(transport: channel)
        let run = Task { try await client.runConnections() }
        // It has been told what is forbidden.
        await #expect(throws: RPCError.self) { try await EchoServer.name(from: client) }
        var options = CallOptions.defaults
        options.waitForReady = true
        let waiting = (0..<20).map { [options] _ in
            Task { try await EchoServer.name(from: client, options: options) }
        }
        await #expect(throws: RPCError.self) { try await EchoServer.name(from: client) }
        client.beginGracefulShutdown()
        #expect(await Patience.untilEnded { _ = await run.result })
        for call in waiting { await #expect(throws: (any Error).self) { try await call.value } }
    }
}
