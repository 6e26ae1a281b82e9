// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Messages over a stream, each after its length (RFC 1035 §4.2.2).
@available(FairDial 0.1, *)
final class StreamMessageHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let tell: @Sendable (StreamEvent) -> Void
    private let describe: @Sendable (any Error) -> String
    private var received = ByteBuffer()
    private var reason: String?
    private let socketSide: SocketSide
    /// Whether we have ended the stream: then what still comes is dropped unread.
    private var isEnded = false

    /// - Parameter socketSide: the first handler of the same pipeline.
    init(
        _ tell: @escaping @Sendable (StreamEvent) -> Void,
        describe: @escaping @Sendable (any Error) -> String,
        socketSide: SocketSide
    ) {
        self.socketSide = socketSide
        self.tell = tell
        self.describe = describe
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isEnded else { return }
        var more = unwrapInboundIn(data)
        received.writeBuffer(&more)
        // The receiver may close the channel: then the bytes behind that message are dropped.
        while !isEnded, context.channel.isActive,
            let length = received.getInteger(at: received.readerIndex, as: UInt16.self),
            received.readableBytes >= 2 + Int(length)
        {
            received.moveReaderIndex(forwardBy: 2)
            tell(.received(received.readBytes(length: Int(length)) ?? []))
        }
        // At most one message is ever kept, so this is small.
        received.discardReadBytes()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        reason = reason ?? (error as? IOError).map { ErrorText.of($0.errnoCode) } ?? describe(error)
        close(context: context, mode: .all, promise: nil)
    }

    /// TLS sends its `close_notify`, and then the socket is closed without waiting for the server's. Otherwise a server
    /// that goes on sending would be read, and its bytes decrypted, until it sends its own.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        isEnded = true
        received = ByteBuffer()
        context.close(mode: mode, promise: promise)
        socketSide.close()
    }

    func channelInactive(context: ChannelHandlerContext) {
        tell(.closed(reason ?? (received.readableBytes > 0 ? "closed within an answer" : "closed by the server")))
    }
}
