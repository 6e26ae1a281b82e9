// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// A hostile server's side of one TCP connection.
@available(FairDial 0.1, *)
final class HostileStreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let conversation: HostileDNSConversation
    private var received = ByteBuffer()

    init(_ conversation: HostileDNSConversation) {
        self.conversation = conversation
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var more = unwrapInboundIn(data)
        received.writeBuffer(&more)
        let channel = context.channel
        while let length = received.getInteger(at: received.readerIndex, as: UInt16.self),
            received.readableBytes >= 2 + Int(length)
        {
            received.moveReaderIndex(forwardBy: 2)
            let bytes = received.readBytes(length: Int(length)) ?? []
            conversation.read(bytes, isStream: true, on: context.eventLoop) { act in
                switch act {
                case .send(let bytes): channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
                // A stream cannot be sent from another port.
                case .sendFromElsewhere: return
                case .close: channel.close(promise: nil)
                }
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A client that has gone away does not end the server.
    }
}
