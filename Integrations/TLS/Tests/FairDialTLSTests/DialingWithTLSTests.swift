// SPDX-License-Identifier: Apache-2.0

import FairDial
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Testing

@testable import FairDialTLS

@Suite(.timeLimit(.minutes(2))) struct `Dialing with TLS` {
    /// Dials `db.fair.test` and `other.test` on loopback.
    private static let dialer: Dialer = {
        var configuration = DialerConfiguration()
        for name in [TLSServer.name, "other.test", "third.test", "web.1", "db.0x-int", "0xhost", "1.2.3.4.5"] {
            configuration.overrides[name] = [.v4(.loopback)]
        }
        return Dialer(configuration)
    }()

    private static func trusting(
        _ identities: [Result<Identity, any Error>] = [Identity.good, Identity.other, Identity.expired],
        protocols: [String] = []
    ) throws -> ClientTLS {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try identities.map { try $0.get().certificate })
        configuration.applicationProtocols = protocols
        return try ClientTLS(configuration)
    }

    /// The error that a dial ends with.
    private static func failure(_ dial: () async throws -> Void) async -> DialError? {
        do {
            try await dial()
            Issue.record("the dial succeeded")
        } catch let error as DialError {
            return error
        } catch {
            Issue.record(error)
        }
        return nil
    }

    @Test func `the channel comes when the handshake is done, which has its own clock`() async throws {
        let server = try await TLSServer.start(.honest(Identity.good))
        let connection = try await Self.dialer.connectTLS(to: TLSServer.name, port: server.port, using: Self.trusting())
        #expect(connection.report.handshake != nil)
        let version = try await connection.channel.nioSSL_tlsVersion().get()
        #expect(version == .tlsv12 || version == .tlsv13)
        try await connection.channel.close()
        try await server.stop()
    }

    @Test func `an address is what its certificate must be for`() async throws {
        let server = try await TLSServer.start(.honest(Identity.good))
        let connection = try await Self.dialer.connectTLS(to: "127.0.0.1", port: server.port, using: Self.trusting())
        try await connection.channel.close()
        try await server.stop()
        let other = try await TLSServer.start(.honest(Identity.other))
        let error = await Self.failure {
            _ = try await Self.dialer.connectTLS(to: "127.0.0.1", port: other.port, using: Self.trusting())
        }
        #expect(error?.code == .handshakeFailed)
        #expect(error?.isRetryable == false)
        try await other.stop()
    }

    @Test func `a name that no certificate can have is told so, and not dialed again`() async throws {
        let server = try await TLSServer.start(.honest(Identity.good))
        var tls = try Self.trusting()
        tls.serverName = .named("my db.test")
        let error = await Self.failure { [tls] in
            _ = try await Self.dialer.connectTLS(to: TLSServer.name, port: server.port, using: tls)
        }
        #expect(error?.isRetryable == false, "\(String(describing: error))")
        tls.serverName = .named("10.0.0.1")
        let address = await Self.failure { [tls] in
            _ = try await Self.dialer.connectTLS(to: TLSServer.name, port: server.port, using: tls)
        }
        #expect(
            address?.message == "\"10.0.0.1\" is no server's name: a certificate is asked for an address only where "
                + "that is what was dialed: 127.0.0.1:\(server.port) connected"
        )
        try await server.stop()
    }

    @Test func `NIO's own TLS provider works over the fair bootstrap`() async throws {
        let server = try await TLSServer.start(.honest(Identity.good))
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates([try Identity.good.get().certificate])
        let provider = try NIOSSLClientTLSProvider<FairBootstrap>(
            context: NIOSSLContext(configuration: configuration),
            serverHostname: TLSServer.name
        )
        let group = MultiThreadedEventLoopGroup.singleton
        let bootstrap = NIOClientTCPBootstrap(FairBootstrap(group: group, dialer: Self.dialer), tls: provider)
            .enableTLS()
        let channel = try await bootstrap.connect(host: TLSServer.name, port: server.port).get()
        #expect(try await channel.pipeline.handler(type: NIOSSLClientHandler.self).map { _ in true }.get())
        try await channel.close()
        try await server.stop()
    }

    @Test func `a loop of the caller's, and handlers behind TLS`() async throws {
        let server = try await TLSServer.start(.honest(Identity.good), protocols: ["h2", "other"])
        let tls = try Self.trusting(protocols: ["other", "h2"])
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let negotiated = loop.makePromise(of: String?.self)
        let dial = Self.dialer.connectTLS(to: try Target(host: TLSServer.name, port: server.port), using: tls, on: loop)
        {
            channel in
            try channel.pipeline.syncOperations.addHandler(Negotiated(negotiated))
            return channel.eventLoop.makeSucceededFuture(7)
        }
        let connection = try await dial.get()
        #expect(connection.output == 7)
        #expect(connection.channel.eventLoop === loop)
        #expect(try await negotiated.futureResult.get() != nil)
        try await connection.channel.close()
        try await server.stop()
    }

    private final class Negotiated: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let promise: EventLoopPromise<String?>

        init(_ promise: EventLoopPromise<String?>) {
            self.promise = promise
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case .handshakeCompleted(let negotiated)? = event as? TLSUserEvent { promise.succeed(negotiated) }
            context.fireUserInboundEventTriggered(event)
        }
    }

    @Test func `a certificate that is not right is told in words, and not tried again`() async throws {
        let cases: [(behaviour: TLSServer.Behaviour, tls: ClientTLS, words: String)] = [
            (
                .honest(Identity.other), try Self.trusting(),
                "the certificate is not for \(TLSServer.name), or cannot be traced to an authority"
            ),
            (.honest(Identity.expired), try Self.trusting(), "the server's certificate has expired on 20"),
            (.honest(Identity.good), try ClientTLS(), "cannot be traced to an authority that this machine knows"),
        ]
        for (behaviour, tls, words) in cases {
            let server = try await TLSServer.start(behaviour)
            let error = await Self.failure {
                _ = try await Self.dialer.connectTLS(to: TLSServer.name, port: server.port, using: tls)
            }
            #expect(error?.code == .handshakeFailed)
            #expect(error?.isRetryable == false)
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
            let future = await Self.failure {
                let target = try Target(host: TLSServer.name, port: server.port)
                let loop = MultiThreadedEventLoopGroup.singleton.next()
                _ = try await Self.dialer.connectTLS(to: target, using: tls, on: loop) {
                    $0.eventLoop.makeSucceededVoidFuture()
                }.get()
            }
            #expect(future?.message.contains(words) == true)
            try await server.stop()
        }
    }

    @Test(arguments: [ClientTLS.ServerName.asked, .named("bank.example")])
    func `a certificate for the address is none for a name`(serverName: ClientTLS.ServerName) async throws {
        let server = try await TLSServer.start(.honest(Identity.address))
        var tls = try Self.trusting([Identity.address])
        tls.serverName = serverName
        let error = await Self.failure { [tls] in
            _ = try await Self.dialer.connectTLS(to: TLSServer.name, port: server.port, using: tls)
        }
        #expect(error?.code == .handshakeFailed)
        #expect(error?.message.contains("the certificate is for another name than") == true, "\(error?.message ?? "")")
        #expect(error?.isRetryable == false)
        // For the address itself it is right.
        let connection = try await Self.dialer.connectTLS(
            to: "127.0.0.1",
            port: server.port,
            using: Self.trusting([Identity.address])
        )
        try await connection.channel.close()
        try await server.stop()
    }

    @Test(arguments: ["web.1", "db.0x-int", "0xhost", "1.2.3.4.5"])
    func `a certificate for the address is none for a name that begins or ends like a number`(host: String)
        async throws
    {
        let server = try await TLSServer.start(.honest(Identity.address))
        let error = await Self.failure {
            _ = try await Self.dialer.connectTLS(
                to: host,
                port: server.port,
                using: Self.trusting([Identity.address])
            )
        }
        #expect(error?.code == .handshakeFailed)
        #expect(
            error?.message == "the certificate is for another name than \(host): 127.0.0.1:\(server.port) connected"
        )
        try await server.stop()
    }

    /// Keeps the errors of dials.
    private final class Errors: DialObserver {
        let seen = NIOLockedValueBox<[DialError]>([])

        func dialBegins(to target: Target) -> (@Sendable (ObservedDial) -> Void)? {
            { dial in if let error = dial.error { self.seen.withLockedValue { $0.append(error) } } }
        }
    }

    @Test func `an observer, too, is told that a wrong name is not to be tried again`() async throws {
        let server = try await TLSServer.start(.honest(Identity.address))
        let errors = Errors()
        var configuration = Self.dialer.configuration
        configuration.observer = errors
        let dialer = Dialer(configuration)
        let error = await Self.failure {
            _ = try await dialer.connectTLS(
                to: TLSServer.name,
                port: server.port,
                using: Self.trusting([Identity.address])
            )
        }
        #expect(error?.isRetryable == false)
        #expect(errors.seen.withLockedValue { $0.map(\.code) } == [.handshakeFailed])
        #expect(errors.seen.withLockedValue { $0.map(\.isRetryable) } == [false])
        try await server.stop()
    }

    @Test func `an initializer's own error is told as it is`() async throws {
        struct Mine: Error, CustomStringConvertible { let description = "HTTP_REQUEST logger is missing" }
        let server = try await TLSServer.start(.honest(Identity.good))
        let target = try Target(host: TLSServer.name, port: server.port)
        let error = await Self.failure {
            _ = try await Self.dialer.connectTLS(to: target, using: Self.trusting()) {
                $0.eventLoop.makeFailedFuture(Mine()) as EventLoopFuture<Void>
            }
        }
        #expect(error?.code == .initializerFailed)
        #expect(error?.message.contains("does not speak TLS") == false)
        try await server.stop()
    }

    @Test func `reads that are held do not hold up the handshake, whatever else is waited for`() async throws {
        let server = try await TLSServer.start(.honest(Identity.good))
        let target = try Target(host: TLSServer.name, port: server.port)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: String?.self)
        var options = DialOptions()
        options.holdsReads = true
        options.readiness = .when { _ in promise.futureResult.map { _ in } }
        let connection = try await Self.dialer.connectTLS(
            to: target,
            using: Self.trusting(),
            options: options,
            on: loop
        ) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Negotiated(promise))
            }
        }.get()
        #expect(connection.report.handshake != nil)
        try await server.stop()
    }

    /// Tells whether TLS has ended in order, with the peer's goodbye, before the connection did.
    private final class Ending: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let isOrderly: EventLoopPromise<Bool>

        init(_ isOrderly: EventLoopPromise<Bool>) {
            self.isOrderly = isOrderly
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case .shutdownCompleted = event as? TLSUserEvent { isOrderly.succeed(true) }
            context.fireUserInboundEventTriggered(event)
        }

        func channelInactive(context: ChannelHandlerContext) {
            isOrderly.succeed(false)
            context.fireChannelInactive()
        }
    }

    @Test(arguments: [true, false])
    func `a channel is closed with the server's goodbye, also while its reads are held`(holdsReads: Bool) async throws {
        let server = try await TLSServer.start(.honest(Identity.good))
        let target = try Target(host: TLSServer.name, port: server.port)
        let isOrderly = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: Bool.self)
        var options = DialOptions()
        options.holdsReads = holdsReads
        let connection = try await Self.dialer.connectTLS(to: target, using: Self.trusting(), options: options) {
            channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Ending(isOrderly))
            }
        }
        try await connection.channel.close()
        // Else NIOSSL waits for it in vain, for five seconds.
        #expect(try await isOrderly.futureResult.get())
        await server.isLeftByAll()
        try await server.stop()
    }

    @Test func `a future tells in words too, is cancelled, and ends with its loop`() async throws {
        let server = try await TLSServer.start(.honest(Identity.good))
        let target = try Target(host: TLSServer.name, port: server.port)
        let mute = try await TLSServer.start(.mute)
        let silent = try Target(host: TLSServer.name, port: mute.port)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        @Sendable func dial(
            _ target: Target,
            _ tls: ClientTLS,
            _ options: DialOptions = DialOptions()
        ) -> EventLoopFuture<Connection<any Channel>> {
            Self.dialer.connectTLS(to: target, using: tls, options: options, on: loop) {
                $0.eventLoop.makeSucceededFuture($0)
            }
        }
        let untrusted = try ClientTLS()
        let error = await Self.failure { _ = try await dial(target, untrusted).get() }
        #expect(error?.code == .handshakeFailed)
        #expect(error?.message.contains("cannot be traced to an authority") == true, "\(error?.message ?? "")")

        let trusting = try Self.trusting()
        var options = DialOptions()
        options.timeouts.handshake = .seconds(600)
        let (winners, won) = AsyncStream.makeStream(of: Void.self)
        options.onWinner = { _ in won.yield() }
        let cancellation = DialCancellation()
        var cancelled = options
        cancelled.cancellation = cancellation
        let first = dial(silent, trusting, cancelled)
        var winner = winners.makeAsyncIterator()
        _ = await winner.next()
        cancellation.cancel()
        let cancelledError = await Self.failure { _ = try await first.get() }
        #expect(cancelledError?.code == .cancelled)

        let second = dial(silent, trusting, options)
        _ = await winner.next()
        // A future of a loop that is gone calls nobody back, so this is asked for before.
        let (errors, ended) = AsyncStream.makeStream(of: DialError?.self)
        second.whenFailure { ended.yield($0 as? DialError) }
        try await group.shutdownGracefully()
        var lost = errors.makeAsyncIterator()
        #expect(await lost.next()??.code == .eventLoopShutdown)
        let late = await Self.failure { _ = try await dial(target, trusting).get() }
        #expect(late?.code == .eventLoopShutdown)
        try await mute.stop()
        try await server.stop()
    }

    @Test func `a server without TLS, or with an old one, is told in words`() async throws {
        for (behaviour, words) in [
            (TLSServer.Behaviour.plaintext, "does not speak TLS at this port"),
            (.outdated, "speaks no TLS as new as 1.2"),
        ] {
            let server = try await TLSServer.start(behaviour)
            let error = await Self.failure {
                _ = try await Self.dialer.connectTLS(to: TLSServer.name, port: server.port, using: Self.trusting())
            }
            #expect(error?.code == .handshakeFailed)
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
            try await server.stop()
        }
    }

    @Test func `one that says nothing runs into the handshake's timeout, one that leaves is a failed handshake`()
        async throws
    {
        var options = DialOptions()
        options.timeouts.handshake = .milliseconds(50)
        let mute = try await TLSServer.start(.mute)
        let timeout = await Self.failure { [options] in
            _ = try await Self.dialer.connectTLS(
                to: TLSServer.name,
                port: mute.port,
                using: Self.trusting(),
                options: options
            )
        }
        #expect(timeout?.code == .handshakeTimeout)
        try await mute.stop()
        let closing = try await TLSServer.start(.closing)
        let error = await Self.failure {
            _ = try await Self.dialer.connectTLS(to: TLSServer.name, port: closing.port, using: Self.trusting())
        }
        #expect(error?.code == .handshakeFailed)
        #expect(error?.isRetryable == true)
        try await closing.stop()
    }

    private static let repetitions = 1_000

    @Test(arguments: BadPeer.allCases)
    func `whatever goes wrong, an asynchronous channel made in the initializer ends with its channel`(peer: BadPeer)
        async throws
    {
        let (tls, options) = (try peer.tls(), peer.options)
        let server = try await TLSServer.start(peer.behaviour)
        let target = try Target(host: TLSServer.name, port: server.port)
        let made = NIOLockedValueBox(0)
        let closed = NIOLockedValueBox(0)
        for _ in 0..<Self.repetitions {
            let error = await Self.failure {
                _ = try await Self.dialer.connectTLS(to: target, using: tls, options: options) { channel in
                    made.withLockedValue { $0 += 1 }
                    channel.closeFuture.whenComplete { _ in closed.withLockedValue { $0 += 1 } }
                    return channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
            }
            #expect(error?.code == peer.code)
        }
        // A peer that leaves may have done so before there was a channel to initialize.
        #expect(made.withLockedValue { $0 } == Self.repetitions || peer == .leaves)
        #expect(closed.withLockedValue { $0 } == made.withLockedValue { $0 }, "a channel outlives its dial")
        await server.isLeftByAll()
        try await server.stop()
    }

    @Test(arguments: [
        (-10, -1, "the server's certificate has expired on 1970-01-01"),
        (1, 10, "the server's certificate is valid from 1970-01-01 on, and this machine's clock says 1970-01-01"),
        (-1, 1, nil), (0, 0, nil),
    ])
    func `dates that are wrong are said, and right ones are not`(first: Int, last: Int, fault: String?) {
        let dates = CertificateDates(first: first + 1_000, last: last + 1_000)
        #expect(dates.fault(at: 1_000) == fault)
    }
}

@Suite struct `The server's name` {
    private func winner(_ name: String?, _ target: SRVTarget? = nil) throws -> DialWinner {
        let endpoint = try Endpoint("192.0.2.1:443")
        return DialWinner(destination: .internet(endpoint), serverName: name, srvTarget: target)
    }

    @Test func `is the one that was asked for, and of a service its domain`() throws {
        let tls = try ClientTLS()
        let host = try Target(host: "www.example.org", port: 443)
        #expect(try tls.name(for: winner("www.example.org"), of: host) == "www.example.org")
        #expect(try tls.name(for: winner("www.example.org."), of: host) == "www.example.org")
        let service = try Target.service("_db._tcp.example.org")
        let target = SRVTarget(name: "db1.elsewhere.example", port: 1, priority: 0, weight: 0)
        #expect(try tls.name(for: winner(target.name, target), of: service) == "example.org")
        var atTarget = tls
        atTarget.serverName = .srvTarget
        #expect(try atTarget.name(for: winner(target.name, target), of: service) == "db1.elsewhere.example")
        var named = tls
        named.serverName = .named("fixed.example")
        #expect(try named.name(for: winner(target.name, target), of: service) == "fixed.example")
    }

    @Test(arguments: ["192.0.2.1", "127.1", "0x7f.1", "::1", "fe80::1%eth0", "0x7f000001"])
    func `is none where an address was asked for`(host: String) throws {
        #expect(try ClientTLS().name(for: winner(host), of: Target(host: host, port: 443)) == nil)
    }

    @Test(arguments: ["web.1", "db.0x-int", "0xhost", "1.2.3.4.5", "08.1", "256.1.1.1", "0x.1x"])
    func `is the name where the dialer looks one up, however it begins or ends`(host: String) throws {
        #expect(try ClientTLS().name(for: winner(host), of: Target(host: host, port: 443)) == host)
    }

    @Test func `is an A-label, of a service too`() throws {
        let tls = try ClientTLS()
        let service = try Target.service("_db._tcp.münchen.de")
        let target = SRVTarget(name: "db1.elsewhere.example", port: 1, priority: 0, weight: 0)
        #expect(try tls.name(for: winner(target.name, target), of: service) == "xn--mnchen-3ya.de")
        var named = tls
        named.serverName = .named("münchen.de.")
        #expect(try named.name(for: winner("x.test"), of: Target(host: "x.test", port: 1)) == "xn--mnchen-3ya.de")
    }

    @Test(arguments: ["10.0.0.1", "::1", "", "127.1"])
    func `is no address, unless that is what was reached`(name: String) throws {
        var tls = try ClientTLS()
        tls.serverName = .named(name)
        let target = try Target(host: "db.test", port: 443)
        let elsewhere = DialWinner(destination: .internet(try Endpoint("192.0.2.1:443")), serverName: "db.test")
        #expect(throws: UnverifiableName.self) { try tls.handler(for: elsewhere, of: target) }
        tls.serverName = .named("192.0.2.1")
        _ = try tls.handler(for: elsewhere, of: target)
    }

    @Test func `protocols that no ALPN has are not offered, and no records make contexts without end`() throws {
        let contexts = try Contexts(.makeClientConfiguration())
        let standard = try contexts.context(offering: [])
        for junk in ["\u{FFFD}", String(repeating: "\u{FFFD}", count: 100), "", String(repeating: "a", count: 256)] {
            #expect(try contexts.context(offering: [junk]) === standard)
        }
        #expect(try contexts.context(offering: ["b", "a", "b"]) === (try contexts.context(offering: ["a", "b"])))
        for number in 0..<100 { _ = try contexts.context(offering: ["p\(number)"]) }
        #expect(try contexts.context(offering: ["new"]) === standard)
        #expect(try contexts.context(offering: ["a", "b"]) !== standard)
    }

    @Test func `protocols of a service's records narrow what is offered`() throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.applicationProtocols = ["h2", "http/1.1"]
        let contexts = try Contexts(configuration)
        let standard = try contexts.context(offering: [])
        #expect(try contexts.context(offering: ["h2", "http/1.1"]) === standard)
        #expect(try contexts.context(offering: ["h3"]) === standard)
        let narrow = try contexts.context(offering: ["http/1.1", "h3"])
        #expect(narrow !== standard)
        #expect(try contexts.context(offering: ["http/1.1"]) === narrow)
    }
}
