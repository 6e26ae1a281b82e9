// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A target for doors, on 127.0.0.1.
final class Server: Sendable {
    /// What it does with those who connect.
    enum Behaviour: Sendable {
        /// Sends back what comes, and its end.
        case echo
        /// Reads to the end, then answers with the number of bytes, and ends.
        case countsUntilEnd
        /// Resets the connection at the first byte.
        case resets
        /// Sends this many bytes as fast as it can, then ends.
        case pumps(Int)
        /// Says nothing, and stays when the client has ended.
        case ignoresEnd
    }

    struct Counts: Sendable {
        var accepted = 0
        var open = 0
        /// Bytes that the kernel has taken from it.
        var sent = 0
        var isHeldBack = false
        /// Clients whose end has come.
        var inputsEnded = 0
        var resets = 0
    }

    let port: Int
    private let channel: any Channel
    private let state: NIOLockedValueBox<Counts>
    private let children: NIOLockedValueBox<[ObjectIdentifier: any Channel]>

    private init(
        _ channel: any Channel,
        _ state: NIOLockedValueBox<Counts>,
        _ children: NIOLockedValueBox<[ObjectIdentifier: any Channel]>
    ) {
        self.channel = channel
        self.state = state
        self.children = children
        port = channel.localAddress?.port ?? 0
    }

    var counts: Counts { state.withLockedValue { $0 } }

    static func start(
        _ behaviour: Behaviour,
        on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> Server {
        let state = NIOLockedValueBox(Counts())
        let children = NIOLockedValueBox<[ObjectIdentifier: any Channel]>([:])
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1_024)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { child in
                children.withLockedValue { $0[ObjectIdentifier(child)] = child }
                child.closeFuture.whenComplete { _ in
                    children.withLockedValue { $0[ObjectIdentifier(child)] = nil }
                }
                return child.eventLoop.makeCompletedFuture {
                    try child.pipeline.syncOperations.addHandler(ServerHandler(behaviour, state))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return Server(channel, state, children)
    }

    /// Resets every connection, whatever it is doing.
    func resetConnections() {
        for child in children.withLockedValue({ Array($0.values) }) {
            _ = (child as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
            child.close(promise: nil)
        }
    }

    func stop() async throws {
        try await channel.close()
    }
}

private final class ServerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let behaviour: Server.Behaviour
    private let state: NIOLockedValueBox<Server.Counts>
    private var read = 0
    private var left = 0
    private var isPumping = false

    init(_ behaviour: Server.Behaviour, _ state: NIOLockedValueBox<Server.Counts>) {
        self.behaviour = behaviour
        self.state = state
        if case .pumps(let count) = behaviour { left = count }
    }

    func channelActive(context: ChannelHandlerContext) {
        state.withLockedValue {
            $0.accepted += 1
            $0.open += 1
        }
        pump(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch behaviour {
        case .echo: context.writeAndFlush(data, promise: nil)
        case .countsUntilEnd: read += unwrapInboundIn(data).readableBytes
        case .resets:
            _ = (context.channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
            context.close(promise: nil)
        case .pumps, .ignoresEnd: break
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isHeldBack = !context.channel.isWritable
        state.withLockedValue { $0.isHeldBack = isHeldBack }
        // Not at once: this may be told in the middle of a flush, which would go on with what is written now, and
        // never end while the other side keeps up.
        pumpLater(context)
    }

    private func pump(_ context: ChannelHandlerContext) {
        // A few at a time: whoever shares the loop has a turn between.
        for _ in 0..<8 where left > 0 && context.channel.isWritable {
            let count = min(65_536, left)
            left -= count
            let sent = context.eventLoop.makePromise(of: Void.self)
            sent.futureResult.whenSuccess { [state] in state.withLockedValue { $0.sent += count } }
            let bytes = ByteBuffer(repeating: 0x61, count: count)
            context.writeAndFlush(NIOAny(bytes), promise: sent)
            if left == 0 { context.close(mode: .output, promise: nil) }
        }
        if context.channel.isWritable { pumpLater(context) }
    }

    private func pumpLater(_ context: ChannelHandlerContext) {
        guard left > 0, !isPumping else { return }
        isPumping = true
        context.eventLoop.assumeIsolated().execute {
            self.isPumping = false
            self.pump(context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .inputClosed = event as? ChannelEvent else { return }
        state.withLockedValue { $0.inputsEnded += 1 }
        if case .ignoresEnd = behaviour { return }
        var last = ByteBuffer()
        if case .countsUntilEnd = behaviour { last = ByteBuffer(string: "\(read)") }
        let sent = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(NIOAny(last), promise: sent)
        // Not before: NIO closes all of a connection whose input has ended, and drops what is not sent yet.
        sent.futureResult.assumeIsolated().whenComplete { _ in context.close(mode: .output, promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if (error as? IOError)?.errnoCode == ECONNRESET { state.withLockedValue { $0.resets += 1 } }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        state.withLockedValue { $0.open -= 1 }
    }
}
