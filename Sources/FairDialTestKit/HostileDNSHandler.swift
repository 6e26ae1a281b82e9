// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import NIOConcurrencyHelpers
import NIOCore

/// Reads queries off datagrams or a stream, and does what the behaviour says.
final class HostileDNSHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let behave: HostileDNSServer.Behaviour
    private let count: NIOLockedValueBox<Int>
    /// Another port to send from; for datagrams alone.
    private let elsewhere: (any Channel)?
    private var received = ByteBuffer()

    init(_ behave: @escaping HostileDNSServer.Behaviour, count: NIOLockedValueBox<Int>, elsewhere: (any Channel)?) {
        self.behave = behave
        self.count = count
        self.elsewhere = elsewhere
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if elsewhere != nil {
            let envelope = unwrapInboundIn(data)
            act(Array(envelope.data.readableBytesView), from: envelope.remoteAddress, context)
            return
        }
        var more = StreamReader().unwrap(data)
        received.writeBuffer(&more)
        while let length = received.getInteger(at: received.readerIndex, as: UInt16.self),
            received.readableBytes >= 2 + Int(length)
        {
            received.moveReaderIndex(forwardBy: 2)
            act(received.readBytes(length: Int(length)) ?? [], from: nil, context)
        }
    }

    private func act(_ bytes: [UInt8], from address: SocketAddress?, _ context: ChannelHandlerContext) {
        let number = count.withLockedValue { count in
            defer { count += 1 }
            return count
        }
        let query = HostileDNSServer.Query(message: try? Message(bytes), isStream: address == nil, number: number)
        let channel = context.channel
        let elsewhere = elsewhere
        for act in behave(query) {
            let carryOut: @Sendable () -> Void = {
                switch act.kind {
                case .close: channel.close(promise: nil)
                case .send(let bytes):
                    let buffer = ByteBuffer(bytes: bytes)
                    if let address {
                        channel.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: buffer), promise: nil)
                    } else {
                        channel.writeAndFlush(buffer, promise: nil)
                    }
                case .sendFromElsewhere(let bytes):
                    guard let address else { return }
                    let envelope = AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: bytes))
                    elsewhere?.writeAndFlush(envelope, promise: nil)
                }
            }
            if act.delay > .zero {
                context.eventLoop.scheduleTask(in: .nanoseconds(Int64(act.delay / .nanoseconds(1))), carryOut)
            } else {
                carryOut()
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A client that has gone away concerns nobody else.
    }
}

/// Reads what a stream brings: a handler of two kinds of channel has one type for `InboundIn` only.
private final class StreamReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func unwrap(_ data: NIOAny) -> ByteBuffer { unwrapInboundIn(data) }
}
