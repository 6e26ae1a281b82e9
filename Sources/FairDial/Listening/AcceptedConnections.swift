// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
public import NIOCore
public import NIOPosix

/// The connections that peers open to a listener, one after the other, from all of its addresses.
///
/// ```swift
/// let accepted = try await Listener.accept(host: "localhost", port: 0) { channel in
///     try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
/// }
/// for await connection in accepted { … }
/// ```
///
/// It ends when the listener is closed. A cancelled task's iteration ends too, and takes no connection with it. At most
/// 256 connections wait to be taken: then accepting pauses, and further peers wait in the kernel's queue.
@available(FairDial 0.1, *)
public struct AcceptedConnections<Output: Sendable>: AsyncSequence, Sendable {
    /// Where it listens; closing it ends the sequence.
    public let listener: Listener

    let queue: AcceptQueue<Output>

    /// Stops listening, and closes every connection that was accepted and not taken.
    public func close() async {
        await listener.close()
        queue.end()
    }

    /// Takes connections; several iterators share them.
    public func makeAsyncIterator() -> AsyncStream<Output>.Iterator {
        AsyncStream { [queue] in await queue.next() }.makeAsyncIterator()
    }
}

@available(FairDial 0.1, *)
extension Listener {
    /// Listens on every address that a host has, and gives the connections as an asynchronous sequence.
    ///
    /// - Parameters:
    ///   - host: numeric or a name; `nil` for every address of this machine.
    ///   - port: 0 … 65535; 0 lets the system choose one, the same on every address.
    ///   - dialer: whose resolver, timeouts and loops to use.
    ///   - configure: sets options on each bootstrap; a child initializer that it sets is replaced.
    ///   - initializer: makes of each connection's channel what the sequence gives, on the channel's loop and before
    ///     anything is read. Add handlers here: later, the first bytes may have passed. Where it throws, the channel is
    ///     closed.
    /// - Throws: `DialError`, as `bind` does.
    public static func accept<Output: Sendable>(
        host: String?,
        port: Int,
        dialer: Dialer = .shared,
        configure: @Sendable (ServerBootstrap) -> ServerBootstrap = { $0 },
        initializer: @escaping @Sendable (any Channel) throws -> Output
    ) async throws(DialError) -> AcceptedConnections<Output> {
        let limit = 256
        return try await accept(
            host: host,
            port: port,
            dialer: dialer,
            limit: limit,
            configure: configure,
            initializer: initializer
        )
    }

    /// The same with another limit of connections that wait to be taken.
    static func accept<Output: Sendable>(
        host: String?,
        port: Int,
        dialer: Dialer,
        limit: Int,
        configure: @Sendable (ServerBootstrap) -> ServerBootstrap,
        initializer: @escaping @Sendable (any Channel) throws -> Output
    ) async throws(DialError) -> AcceptedConnections<Output> {
        let queue = AcceptQueue<Output>(limit: limit)
        let listener = try await bind(host: host, port: port, dialer: dialer) { bootstrap in
            configure(bootstrap).childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let output = try initializer(channel)
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptedHandler { queue.add(output, channel) },
                        position: .first
                    )
                }
            }
        }
        let open = NIOLockedValueBox(listener.channels.count)
        for channel in listener.channels {
            channel.closeFuture.whenComplete { _ in
                let isLast = open.withLockedValue { open in
                    open -= 1
                    return open == 0
                }
                // What has been accepted can still be taken: `close()` alone discards it.
                if isLast { queue.finish() }
            }
        }
        return AcceptedConnections(listener: listener, queue: queue)
    }
}

/// Tells once that an accepted channel is active, and leaves.
@available(FairDial 0.1, *)
private final class AcceptedHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let tell: () -> Void

    init(_ tell: @escaping () -> Void) {
        self.tell = tell
    }

    func channelActive(context: ChannelHandlerContext) {
        tell()
        context.fireChannelActive()
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}
