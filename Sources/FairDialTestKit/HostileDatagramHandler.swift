// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// A hostile server's side of UDP.
@available(FairDial 0.1, *)
final class HostileDatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let conversation: HostileDNSConversation
    /// Another port to send from.
    private let elsewhere: any Channel

    init(_ conversation: HostileDNSConversation, elsewhere: any Channel) {
        self.conversation = conversation
        self.elsewhere = elsewhere
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        let (channel, elsewhere) = (context.channel, elsewhere)
        @Sendable func answer(_ bytes: [UInt8]) -> AddressedEnvelope<ByteBuffer> {
            AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: ByteBuffer(bytes: bytes))
        }
        let bytes = Array(envelope.data.readableBytesView)
        conversation.read(bytes, isStream: false, on: context.eventLoop) { act in
            switch act {
            case .send(let bytes): channel.writeAndFlush(answer(bytes), promise: nil)
            case .sendFromElsewhere(let bytes): elsewhere.writeAndFlush(answer(bytes), promise: nil)
            // UDP has no connection to close.
            case .close: return
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A client that has gone away does not end the server.
    }
}
