// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A server on loopback that greets every client, sends back what it is sent, and keeps account of who came and left.
final class LoopbackServer: Sendable {
    static let greeting = "welcome\n"

    private struct Account: Sendable {
        var accepted = 0
        var closed = 0
        var waiting: [(closed: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    let channel: any Channel
    private let account: NIOLockedValueBox<Account>

    private init(channel: any Channel, account: NIOLockedValueBox<Account>) {
        self.channel = channel
        self.account = account
    }

    var port: Int { channel.localAddress?.port ?? 0 }

    var accepted: Int { account.withLockedValue { $0.accepted } }

    static func start(on address: SocketAddress) async throws -> LoopbackServer {
        let account = NIOLockedValueBox(Account())
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .childChannelInitializer { child in
                account.withLockedValue { $0.accepted += 1 }
                child.closeFuture.whenComplete { _ in note(in: account) }
                return child.eventLoop.makeCompletedFuture {
                    try child.pipeline.syncOperations.addHandler(GreetingEcho())
                }
            }
            .bind(to: address).get()
        return LoopbackServer(channel: channel, account: account)
    }

    static func start(host: String = "127.0.0.1") async throws -> LoopbackServer {
        try await start(on: SocketAddress(ipAddress: host, port: 0))
    }

    /// Returns once this many connections have been closed, counted from the start.
    func closed(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isReached = account.withLockedValue { account in
                if account.closed < count { account.waiting.append((count, continuation)) }
                return account.closed >= count
            }
            if isReached { continuation.resume() }
        }
    }

    func stop() async throws {
        try await channel.close()
    }

    private static func note(in account: NIOLockedValueBox<Account>) {
        let reached = account.withLockedValue { account in
            account.closed += 1
            let closed = account.closed
            defer { account.waiting.removeAll { $0.closed <= closed } }
            return account.waiting.filter { $0.closed <= closed }
        }
        for waiter in reached { waiter.continuation.resume() }
    }

    private final class GreetingEcho: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        func channelActive(context: ChannelHandlerContext) {
            context.writeAndFlush(
                wrapOutboundOut(context.channel.allocator.buffer(string: LoopbackServer.greeting)),
                promise: nil
            )
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(data, promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}

/// Hands the first bytes that come, as many as are wanted, to a promise, as text.
final class FirstBytes: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let count: Int
    private let promise: EventLoopPromise<String>
    private var text = ""

    init(_ count: Int, _ promise: EventLoopPromise<String>) {
        self.count = count
        self.promise = promise
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        text += String(buffer: unwrapInboundIn(data))
        if text.utf8.count >= count { promise.succeed(text) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(ChannelError.eof)
    }
}
