// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NIOConcurrencyHelpers
import NIOCore

/// Reads queries, and writes what the server's closure says when its time has come.
@available(FairDial 0.1, *)
final class DNSServerHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let counts: NIOLockedValueBox<DNSServer.Counts>
    private let respond: @Sendable (DNSServer.Query) -> DNSServer.Response

    init(
        counts: NIOLockedValueBox<DNSServer.Counts>,
        respond: @escaping @Sendable (DNSServer.Query) -> DNSServer.Response
    ) {
        self.counts = counts
        self.respond = respond
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let message = DNSQueryMessage(envelope.data) else {
            counts.withLockedValue { $0.malformed += 1 }
            return
        }
        counts.withLockedValue { $0.queries[message.query, default: 0] += 1 }
        let response = respond(message.query)
        guard let packet = message.answer(response.reply, allocator: context.channel.allocator) else { return }
        let reply = AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: packet)
        guard response.delay > .zero else {
            context.writeAndFlush(wrapOutboundOut(reply), promise: nil)
            return
        }
        let channel = context.channel
        context.eventLoop.scheduleTask(in: .nanoseconds(response.delay.boundedNanoseconds)) {
            channel.writeAndFlush(reply, promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A client that has gone away answers with "port unreachable", which does not end the server.
    }
}
