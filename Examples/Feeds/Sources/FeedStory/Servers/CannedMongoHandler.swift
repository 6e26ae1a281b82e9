// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOCore

/// One client of the canned server: a message in, an answer out. What is no message closes the connection.
final class CannedMongoHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let messages: NIOSingleStepByteToMessageProcessor<WireDecoder>
    private let shelf: NIOLockedValueBox<CannedShelf>
    private var lastID: Int32 = 0

    init(_ messages: NIOSingleStepByteToMessageProcessor<WireDecoder>, _ shelf: NIOLockedValueBox<CannedShelf>) {
        self.messages = messages
        self.shelf = shelf
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            try messages.process(buffer: unwrapInboundIn(data)) { answer($0, context: context) }
        } catch {
            context.close(promise: nil)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func answer(_ message: WireMessage, context: ChannelHandlerContext) {
        let body = shelf.withLockedValue { $0.answer(to: message) }
        if message.isUnanswered { return }
        lastID &+= 1
        let form: WireMessage.Form = message.form == .query ? .reply : .message
        let reply = WireMessage(id: lastID, responseTo: message.id, body: body, form: form)
        context.write(wrapOutboundOut(reply.bytes), promise: nil)
    }
}
