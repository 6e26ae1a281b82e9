// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialTestKit
import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import FairDialGRPC

/// How connections end, and with them a transport: servers that go away, say nothing or hang up, and shutdowns at a bad
/// time.
@Suite(.timeLimit(.minutes(3))) struct `A transport's connections end` {
    private static func target(_ ports: Int...) throws -> Target {
        try .endpoints(
            ports.map { Endpoint(address: .v4(.loopback), port: UInt16($0)) },
            name: "db.test"
        )
    }

    /// So that a call that waits for a back-off is noticed.
    private static let patient = HTTP2ClientTransport.Config.Backoff(
        initial: .seconds(3_600),
        max: .seconds(3_600),
        multiplier: 1,
        jitter: 0
    )

    private static func call(_ transport: FairTransport) -> Task<Void, any Error> {
        Task { try await transport.withStream(descriptor: EchoServer.method, options: .defaults) { _, _ in } }
    }

    /// The number of the connection that new calls take; `nil` where there is none just now.
    private static func current(_ transport: FairTransport) -> Int? {
        (1...200).first { number in transport.state.withLockedValue { $0.machine.isCurrent(number) } }
    }

    /// Waits until the server has said that it wants no new calls on a connection. Without calls meanwhile: a server on
    /// SwiftNIO takes one that it meets on the way for a breach, and closes the connection.
    private static func untilRetired(_ number: Int?, _ transport: FairTransport) async -> Bool {
        await Patience.untilTrue { number == nil || current(transport) != number }
    }

    /// On a slow machine a server that keeps connections for a short time ends one before a call has come: such a call
    /// fails, and another one is made.
    private static let attempts: Range<UInt8> = 0..<20

    /// A call that has reached the server, and goes on until it is let go.
    private static func hold(
        _ client: GRPCClient<FairTransport>,
        _ server: EchoServer,
        from first: UInt8 = 0
    ) async throws -> (call: Task<String, any Error>, letGo: AsyncStream<Void>.Continuation) {
        var options = CallOptions.defaults
        options.waitForReady = true
        for number in attempts {
            let (gate, letGo) = AsyncStream.makeStream(of: Void.self)
            let hasEnded = NIOLockedValueBox(false)
            let call = Task { [options] in
                defer { hasEnded.withLockedValue { $0 = true } }
                return try await EchoServer.heldName(from: client, first + number, until: gate, options: options)
            }
            func isHeld() -> Bool { server.heldNumbers.contains(first + number) }
            #expect(await Patience.untilTrue { isHeld() || hasEnded.withLockedValue { $0 } })
            if isHeld() { return (call, letGo) }
            letGo.finish()
        }
        throw RPCError(code: .unavailable, message: "the server has ended \(attempts.count) connections too soon")
    }

    @Test func `by their server's wish when their calls have ended, and new calls go over the next`() async throws {
        let server = try await EchoServer.start(maxAge: .milliseconds(500))
        let transport = FairTransport(to: try Self.target(server.port))
        try await withGRPCClient(transport: transport) { client in
            let held = try await Self.hold(client, server)
            #expect(await Self.untilRetired(Self.current(transport), transport))
            // On a connection of its own, and the held one is none the worse for it.
            let other = try await Self.hold(client, server, from: 100)
            #expect(server.connectionCount >= 2)
            for (call, letGo) in [other, held] {
                letGo.finish()
                let name = try await call.value
                #expect(name == "echo")
            }
        }
        #expect(await Patience.untilTrue { server.connectionCount == 0 })
        await server.stop()
    }

    @Test func `to a call too that had taken one before it was known`() async throws {
        let server = try await EchoServer.start()
        let transport = FairTransport(to: try Self.target(server.port))
        try await withGRPCClient(transport: transport) { client in
            // Else a connection that takes no calls is a failed one, and there is a back-off.
            try await expectEcho(from: client)
            let held = try await Self.hold(client, server)
            let number = try #require(Self.current(transport))
            let watch = try #require(transport.state.withLockedValue { $0.live[number]?.channel.watch })
            // The connection knows, and the transport does not yet.
            try await watch.eventLoop.submit { watch.value.drain() }.get()
            #expect(Self.current(transport) == number)
            try await expectEcho(from: client)
            #expect(server.connectionCount == 2)
            held.letGo.finish()
            let name = try await held.call.value
            #expect(name == "echo")
        }
        await server.stop()
    }

    @Test func `when new calls do not take them any more, and their own have ended`() async throws {
        let server = try await EchoServer.start()
        let transport = FairTransport(to: try Self.target(server.port))
        try await withGRPCClient(transport: transport) { client in
            let held = try await Self.hold(client, server)
            transport.retire(try #require(Self.current(transport)), isDraining: true)
            try await expectEcho(from: client)
            #expect(server.connectionCount == 2)
            held.letGo.finish()
            let name = try await held.call.value
            #expect(name == "echo")
            #expect(await Patience.untilTrue { server.connectionCount == 1 })
            try await expectEcho(from: client)
        }
        await server.stop()
    }

    @Test func `not by a call that opened its stream in time and begins it too late`() async throws {
        let server = try await EchoServer.start(maxAge: .milliseconds(500))
        let transport = FairTransport(to: try Self.target(server.port))
        try await withGRPCClient(transport: transport) { client in
            var code: Status.Code?
            for number in Self.attempts where code == nil {
                let held = try await Self.hold(client, server, from: number * 12)
                let connection = Self.current(transport)
                let (gate, opening) = AsyncStream.makeStream(of: Void.self)
                let isOpen = NIOLockedValueBox(false)
                let late = Task {
                    try await transport.withStream(descriptor: EchoServer.method, options: .defaults) { stream, _ in
                        isOpen.withLockedValue { $0 = true }
                        for await _ in gate {}
                        try await stream.outbound.write(.metadata([:]))
                        await stream.outbound.finish()
                        for try await part in stream.inbound {
                            if case .status(let status, _) = part { return Status.Code?.some(status.code) }
                        }
                        return nil
                    }
                }
                _ = await Patience.untilTrue { isOpen.withLockedValue { $0 } || Self.current(transport) == nil }
                // Else it is on another connection, or on none.
                let isInTime =
                    isOpen.withLockedValue { $0 } && connection != nil
                    && Self.current(transport) == connection
                if isInTime { #expect(await Self.untilRetired(connection, transport)) }
                opening.finish()
                let ended = await late.result
                // It fails, so that it may be retried, and takes no other with it.
                if isInTime { code = try ended.get() }
                held.letGo.finish()
                let name = try await held.call.value
                #expect(name == "echo")
            }
            #expect(code == .unavailable)
        }
        await server.stop()
    }

    @Test func `before they begin where the server says nothing: the handshake's clock runs`() async throws {
        let mute = try await OddServer.start(.mute)
        var options = DialOptions()
        options.timeouts.handshake = .milliseconds(50)
        let transport = FairTransport(to: try Self.target(mute.port), options: options, backoff: Self.patient)
        try await withGRPCClient(transport: transport) { client in
            let error = await #expect(throws: RPCError.self) { try await EchoServer.name(from: client) }
            #expect(error?.code == .unavailable)
            #expect((error?.cause as? DialError)?.code == .handshakeTimeout)
        }
        #expect(transport.lastError?.code == .handshakeTimeout)
        #expect(await Patience.untilTrue { mute.openCount == 0 })
        try await mute.stop()
    }

    @Test(arguments: [true, false])
    func `with their transport while the server says nothing, and the calls that wait`(isCancelled: Bool) async throws {
        let mute = try await OddServer.start(.mute)
        let transport = FairTransport(to: try Self.target(mute.port))
        let run = Task { try await transport.connect() }
        let calls = (0..<3).map { _ in Self.call(transport) }
        #expect(await Patience.untilTrue { mute.openCount == 1 })
        if isCancelled { run.cancel() } else { transport.beginGracefulShutdown() }
        let isOver = await Patience.untilEnded {
            _ = await run.result
            for call in calls { await #expect(throws: RPCError.self) { try await call.value } }
        }
        #expect(isOver)
        for call in calls { call.cancel() }
        #expect(await Patience.untilTrue { mute.openCount == 0 })
        try await mute.stop()
    }

    @Test(arguments: [OddServer.Behaviour.hangsUp, .settingsThenHangsUp, .goesAway])
    func `at once, and calls are told so instead of waiting`(behaviour: OddServer.Behaviour) async throws {
        let server = try await OddServer.start(behaviour)
        let transport = FairTransport(to: try Self.target(server.port), backoff: Self.patient)
        try await withGRPCClient(transport: transport) { client in
            let hasFailed = await Patience.untilEnded {
                let error = await #expect(throws: RPCError.self) { try await EchoServer.name(from: client) }
                #expect(error?.code == .unavailable)
            }
            #expect(hasFailed)
            // It is not dialed again before its time.
            #expect(server.acceptedCount == 1)
        }
        #expect(await Patience.untilTrue { server.openCount == 0 })
        try await server.stop()
    }

    @Test func `without a trap, whenever their transport is shut down or cancelled`() async {
        await #expect(processExitsWith: .success) {
            let shutDown = NIOLockedValueBox<@Sendable () -> Void>({})
            // In the middle of the server's accept, which is about when the client's end is connected.
            let server = try await EchoServer.start(accepted: { shutDown.withLockedValue { $0 }() })
            let target = try Target(host: "127.0.0.1", port: server.port)
            for round in 0..<600 {
                let transport = FairTransport(to: target)
                let run = NIOLockedValueBox<Task<Void, any Error>?>(nil)
                // A little later each time, up to long after the first SETTINGS.
                let spins = round / 3 * 100
                let isCancelled = round % 2 == 0
                let hasCome = NIOLockedValueBox(false)
                shutDown.withLockedValue {
                    $0 = {
                        hasCome.withLockedValue { $0 = true }
                        Task {
                            for _ in 0..<spins { await Task.yield() }
                            if isCancelled {
                                run.withLockedValue { $0 }?.cancel()
                            } else {
                                transport.beginGracefulShutdown()
                            }
                        }
                    }
                }
                let task = run.withLockedValue { run in
                    let task = Task { try await transport.connect() }
                    run = task
                    return task
                }
                let call = Task {
                    _ = try? await transport.withStream(descriptor: EchoServer.method, options: .defaults) { _, _ in }
                }
                let isOver = await Patience.untilEnded {
                    _ = await task.result
                    await call.value
                }
                guard isOver else { exit(2) }
                guard hasCome.withLockedValue({ $0 }) else { exit(3) }
            }
            guard await Patience.untilTrue({ server.connectionCount == 0 }) else { exit(4) }
            exit(0)
        }
    }

    @Test func `each with its calls, where the task is cancelled`() async throws {
        let server = try await EchoServer.start()
        let transport = FairTransport(to: try Self.target(server.port))
        let client = GRPCClient(transport: transport)
        let run = Task { try await client.runConnections() }
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        let held = Task { try await EchoServer.heldName(from: client, until: gate) }
        #expect(await Patience.untilTrue { server.heldNumbers == [0] })
        run.cancel()
        let isOver = await Patience.untilEnded {
            _ = await run.result
            opening.finish()
            _ = await held.result
        }
        #expect(isOver)
        #expect(await Patience.untilTrue { server.connectionCount == 0 })
        await server.stop()
    }
}
