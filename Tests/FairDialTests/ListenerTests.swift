// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import NIOCore
import NIOEmbedded
import NIOPosix
import NameResolution
import Testing

@testable import FairDial

@Suite struct `Listening` {
    private static func accepting(_ bootstrap: ServerBootstrap) -> ServerBootstrap {
        bootstrap.childChannelInitializer { $0.eventLoop.makeSucceededVoidFuture() }
    }

    @Test func `localhost listens on every address it has, at one port, and each can be dialed`() async throws {
        let listener = try await Listener.bind(host: "localhost", port: 0, configure: Self.accepting)
        let expected = try await Dialer.shared.resolve("localhost", port: 1).endpoints.map(\.address)
        #expect(listener.endpoints.map(\.address) == expected)
        #expect(Set(listener.endpoints.map(\.port)).count == 1)
        #expect(listener.channels.count == listener.endpoints.count)
        for endpoint in listener.endpoints {
            let socket = try await Dialer.shared.connect(to: "\(endpoint.address)", port: Int(endpoint.port))
            try await socket.output.close()
        }
        await listener.close()
    }

    @Test func `without a host it is the wildcard of both families`() async throws {
        let listener = try await Listener.bind(host: nil, port: 0, configure: Self.accepting)
        #expect(listener.endpoints.map(\.address) == [.v6(.unspecified, zone: nil), .v4(.unspecified)])
        let port = try #require(listener.endpoints.first?.port)
        #expect(listener.channels.map { $0.localAddress?.port } == [Int(port), Int(port)])
        await listener.close()
        #expect(listener.channels.allSatisfy { !$0.isActive })
    }

    @Test func `a policy is for what is dialed, not for where it listens`() async throws {
        var configuration = DialerConfiguration()
        configuration.policy = .publicInternetOnly
        let dialer = Dialer(configuration)
        let listener = try await Listener.bind(host: "127.0.0.1", port: 0, dialer: dialer, configure: Self.accepting)
        #expect(listener.endpoints.map(\.address) == [.v4(.loopback)])
        let port = try #require(listener.endpoints.first.map { Int($0.port) })
        let error = await #expect(throws: DialError.self) { try await dialer.connect(to: "127.0.0.1", port: port) }
        #expect(error?.code == .refusedByPolicy)
        await listener.close()
    }

    @Test func `a legacy form is read as a dial reads it`() async throws {
        let listener = try await Listener.bind(host: "127.1", port: 0, configure: Self.accepting)
        #expect(listener.endpoints.map(\.address) == [.v4(.loopback)])
        await listener.close()
    }

    @Test func `a port that is taken on one address closes the others, and names the cause`() async throws {
        let taken = try await Listener.bind(host: "127.0.0.1", port: 0, configure: Self.accepting)
        let port = try #require(taken.endpoints.first.map { Int($0.port) })
        var configuration = DialerConfiguration()
        configuration.overrides = ["both.test": [try IPAddress("127.0.0.2"), .v4(.loopback)]]
        let dialer = Dialer(configuration)
        let error = await failure {
            try await Listener.bind(host: "both.test", port: port, dialer: dialer, configure: Self.accepting)
        }
        #expect(error?.code == .allAttemptsFailed)
        #expect(error?.report.attempts.map(\.outcome) == [.connected, .failed])
        #expect(error?.message.contains("127.0.0.1:\(port)") == true)
        let refused = await failure { try await Dialer.shared.connect(to: "127.0.0.2", port: port) }
        #expect(refused?.report.attempts.map(\.outcome) == [.refused])
        await taken.close()
    }

    @Test func `a host that cannot be resolved is told with the port that was asked for`() async throws {
        let unreadable = await failure { try await Listener.bind(host: "[::1", port: 8_080, configure: Self.accepting) }
        #expect(unreadable?.code == .invalidTarget)
        #expect(unreadable?.target == "[[::1]:8080")
        var configuration = DialerConfiguration()
        let scripted = ScriptedResolver()
        configuration.resolver = NameResolver(scripted, localNames: nil)
        let dialer = Dialer(configuration)
        async let bound = failure {
            try await Listener.bind(host: "db.test", port: 0, dialer: dialer, configure: Self.accepting)
        }
        let lookup = try await scripted.nextLookup()
        lookup.start()
        let said = ResolutionError(.temporaryFailure, "SERVFAIL")
        lookup.end(said)
        let error = await bound
        #expect(error?.code == .temporaryNameFailure)
        #expect(error?.target == "db.test:0")
        #expect(error?.message == "SERVFAIL")
        #expect(error?.resolutionError == said)
    }

    @Test(arguments: [-1, 65_536])
    func `a port outside 0 … 65535 is refused`(port: Int) async {
        let error = await failure { try await Listener.bind(host: nil, port: port, configure: Self.accepting) }
        #expect(error?.code == .invalidTarget)
        #expect(error?.message == "port \(port) is not within 0 … 65535")
    }

    @Test func `an address that is not this machine's is an error that names it`() async {
        let error = await failure { try await Listener.bind(host: "192.0.2.1", port: 0, configure: Self.accepting) }
        #expect(error?.code == .allAttemptsFailed)
        #expect(error?.message.contains("192.0.2.1") == true)
    }

    @Test func `an address that a host has twice is listened on once`() async throws {
        var configuration = DialerConfiguration()
        configuration.overrides = ["db.test": [.v4(.loopback), .v4(.loopback)]]
        let dialer = Dialer(configuration)
        let listener = try await Listener.bind(host: "db.test", port: 0, dialer: dialer, configure: Self.accepting)
        #expect(listener.endpoints.map(\.address) == [.v4(.loopback)])
        await listener.close()
    }

    @Test(.timeLimit(.minutes(15))) func `closing one whose loops were shut down ends`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var configuration = DialerConfiguration()
        configuration.group = group
        let dialer = Dialer(configuration)
        let listener = try await Listener.bind(host: "127.0.0.1", port: 0, dialer: dialer, configure: Self.accepting)
        try await group.shutdownGracefully()
        await listener.close()
        #expect(listener.channels.allSatisfy { !$0.isActive })
    }

    @Test(.timeLimit(.minutes(15))) func `one whose loops were shut down before it began is an error`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var configuration = DialerConfiguration()
        configuration.group = group
        let dialer = Dialer(configuration)
        try await group.shutdownGracefully()
        let error = await failure {
            try await Listener.bind(host: "127.0.0.1", port: 0, dialer: dialer, configure: Self.accepting)
        }
        #expect(error?.code == .eventLoopShutdown)
    }

    @Test(.timeLimit(.minutes(15)), arguments: [false, true])
    func `an initializer that does not end holds it no longer than its timeout, or its task`(isCancelled: Bool)
        async throws
    {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let begun = loop.makePromise(of: Void.self)
        let held = loop.makePromise(of: Void.self)
        var configuration = DialerConfiguration()
        configuration.timeouts.handshake = isCancelled ? .seconds(600) : .milliseconds(10)
        let dialer = Dialer(configuration)
        let binding = Task {
            await failure {
                try await Listener.bind(host: "127.0.0.1", port: 0, dialer: dialer) { bootstrap in
                    bootstrap.serverChannelInitializer { _ in
                        begun.succeed()
                        return held.futureResult
                    }
                }
            }
        }
        try await begun.futureResult.get()
        if isCancelled { binding.cancel() }
        let error = await binding.value
        #expect(error?.code == (isCancelled ? .cancelled : .initializerFailed))
        #expect(error?.report.attempts.count == 1)
        held.succeed()
    }

    @Test(.timeLimit(.minutes(15))) func `a group that is not NIO's own is refused, and not waited for`() async {
        var configuration = DialerConfiguration()
        configuration.group = EmbeddedEventLoop()
        let dialer = Dialer(configuration)
        let error = await #expect(throws: DialError.self) {
            try await Listener.bind(host: "127.0.0.1", port: 0, dialer: dialer, configure: Self.accepting)
        }
        #expect(error?.code == .unsupportedEventLoop)
    }

    @Test func `a host that cannot be read is refused before anything is bound`() async {
        let error = await failure { try await Listener.bind(host: "", port: 0, configure: Self.accepting) }
        #expect(error?.code == .invalidTarget)
    }
}
