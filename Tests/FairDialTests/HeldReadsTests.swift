// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import FairDial

/// What a peer says before the caller's handlers are there is kept for them, where the dial's options say so.
@Suite(.timeLimit(.minutes(15))) struct `Reads that are held` {
    /// Greets every client, and tells when the bytes have left; on loopback they have come by then.
    private static func greeter(
        saying greeting: String,
        thenLeaving: Bool = false,
        _ greeted: EventLoopPromise<Void>
    ) async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture {
                    try child.pipeline.syncOperations.addHandler(Greeter(greeting, thenLeaving: thenLeaving, greeted))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    private final class Greeter: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let greeting: String
        private let thenLeaves: Bool
        private let greeted: EventLoopPromise<Void>

        init(_ greeting: String, thenLeaving: Bool, _ greeted: EventLoopPromise<Void>) {
            self.greeting = greeting
            thenLeaves = thenLeaving
            self.greeted = greeted
        }

        func channelActive(context: ChannelHandlerContext) {
            let promise = context.eventLoop.makePromise(of: Void.self)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: greeting)), promise: promise)
            let channel = context.channel
            let written = thenLeaves ? promise.futureResult.flatMap { channel.close() } : promise.futureResult
            written.cascade(to: greeted)
        }
    }

    /// Everything that comes, and that it has ended.
    private final class Ear: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private var heard = ""
        private let ended: EventLoopPromise<String>

        init(_ ended: EventLoopPromise<String>) {
            self.ended = ended
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            heard += String(buffer: unwrapInboundIn(data))
        }

        func channelInactive(context: ChannelHandlerContext) {
            ended.succeed(heard)
        }
    }

    private static func dial(_ port: Int, _ readiness: Readiness? = nil) async throws -> any Channel {
        var options = DialOptions()
        options.holdsReads = true
        options.readiness = readiness
        return try await Dialer.shared.connect(to: "127.0.0.1", port: port, options: options).output
    }

    private static func promise<Value: Sendable>(of type: Value.Type = Void.self) -> EventLoopPromise<Value> {
        MultiThreadedEventLoopGroup.singleton.next().makePromise(of: type)
    }

    /// Has the loop read what has come, if it reads at all.
    private static func turn(of channel: any Channel) async throws {
        for _ in 0..<3 { try await channel.eventLoop.submit {}.get() }
    }

    @Test(arguments: [true, false])
    func `a greeting that comes before the handlers is theirs`(readsOnItsOwn: Bool) async throws {
        let greeted = Self.promise()
        let server = try await Self.greeter(saying: "welcome", greeted)
        let channel = try await Self.dial(try #require(server.localAddress?.port))
        try await greeted.futureResult.get()
        try await Self.turn(of: channel)
        let first = Self.promise(of: String.self)
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(FirstBytes(7, first))
        }.get()
        if readsOnItsOwn { try await channel.setOption(.autoRead, value: true).get() } else { channel.read() }
        #expect(try await first.futureResult.get() == "welcome")
        let names = try await channel.eventLoop.submit { "\(channel.pipeline)" }.get()
        #expect(!names.contains("ReadHold"))
        try await channel.close()
        try await server.close()
    }

    @Test func `a greeting of a peer that has left comes first, and the end after it`() async throws {
        let greeted = Self.promise()
        let server = try await Self.greeter(saying: "too many connections", thenLeaving: true, greeted)
        let channel = try await Self.dial(try #require(server.localAddress?.port))
        try await greeted.futureResult.get()
        try await Self.turn(of: channel)
        #expect(channel.isActive)
        let ended = Self.promise(of: String.self)
        try await channel.eventLoop.submit { try channel.pipeline.syncOperations.addHandler(Ear(ended)) }.get()
        try await channel.setOption(.autoRead, value: true).get()
        #expect(try await ended.futureResult.get() == "too many connections")
        try await channel.closeFuture.get()
        try await server.close()
    }

    @Test func `a peer that leaves without a word closes the channel`() async throws {
        let greeted = Self.promise()
        let server = try await Self.greeter(saying: "", thenLeaving: true, greeted)
        let channel = try await Self.dial(try #require(server.localAddress?.port))
        try await channel.closeFuture.get()
        try await server.close()
    }

    /// Has nothing to say, and listens on.
    private final class SaysNothing: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func channelActive(context: ChannelHandlerContext) {
            context.close(mode: .output, promise: nil)
            context.fireChannelActive()
        }
    }

    /// Answers when its peer has said all.
    private final class LateAnswer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            guard case .inputClosed = event as? ChannelEvent else { return }
            let late = ByteBuffer(string: "late")
            context.writeAndFlush(NIOAny(late)).assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        }
    }

    @Test func `a half closure that the initializer has allowed stays allowed`() async throws {
        let received = Self.promise(of: String.self)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture {
                    try child.pipeline.syncOperations.addHandlers([SaysNothing(), Ear(received)])
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        var options = DialOptions()
        options.holdsReads = true
        let target = try Target(host: "127.0.0.1", port: #require(server.localAddress?.port))
        let connection = try await Dialer.shared.connect(to: target, options: options) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
            }
        }
        let channel = connection.channel
        try await channel.eventLoop.submit { try channel.pipeline.syncOperations.addHandler(LateAnswer()) }.get()
        try await channel.setOption(.autoRead, value: true).get()
        #expect(try await received.futureResult.get() == "late")
        try await channel.closeFuture.get()
        try await server.close()
    }

    /// Says goodbye, and closes when it has been answered: a protocol's orderly end, as TLS has one.
    private final class Farewell: ChannelInboundHandler, ChannelOutboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private var closing: EventLoopPromise<Void>??
        private let heard: EventLoopPromise<Bool>

        init(_ heard: EventLoopPromise<Bool>) {
            self.heard = heard
        }

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            closing = .some(promise)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "bye")), promise: nil)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard let promise = closing else { return context.fireChannelRead(data) }
            heard.succeed((try? context.channel.syncOptions?.getOption(.allowRemoteHalfClosure)) ?? true)
            context.close(promise: promise)
        }
    }

    @Test func `a channel that closes reads its peer's goodbye, as one does that reads by itself`() async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture { try child.pipeline.syncOperations.addHandler(EchoHandler()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let heard = Self.promise(of: Bool.self)
        var options = DialOptions()
        options.holdsReads = true
        let target = try Target(host: "127.0.0.1", port: #require(server.localAddress?.port))
        let connection = try await Dialer.shared.connect(to: target, options: options) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Farewell(heard))
            }
        }
        try await connection.channel.close()
        // Half closure was the hold's wish; TLS does not end while it is allowed.
        #expect(try await !heard.futureResult.get())
        try await server.close()
    }

    private final class EchoHandler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(data, promise: nil)
        }
    }

    @Test(.enabled(if: TLSServer.isToBeHad, "needs openssl"))
    func `a handshake is read for, and what comes with it is kept`() async throws {
        let server = try await TLSServer.start(.greeting)
        let context = try TLSServer.clientContext()
        var options = DialOptions()
        options.holdsReads = true
        options.readiness = .tlsHandshake
        let connection = try await Dialer.shared.connect(to: "127.0.0.1", port: server.port, options: options) {
            channel in
            channel.eventLoop.makeCompletedFuture {
                let handler = try NIOSSLClientHandler(context: context, serverHostname: TLSServer.name)
                try channel.pipeline.syncOperations.addHandler(handler)
            }
        }
        let channel = connection.channel
        try await Self.turn(of: channel)
        let first = Self.promise(of: String.self)
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(FirstBytes(TLSServer.greeting.utf8.count, first))
        }.get()
        try await channel.setOption(.autoRead, value: true).get()
        #expect(try await first.futureResult.get() == TLSServer.greeting)
        try await channel.close()
        try await server.stop()
    }
}
