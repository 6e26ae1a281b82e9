// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Sends a byte, waits for it to come back, and sends the next: the clock runs in between.
final class RoundTrips: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let clock = ContinuousClock()
    private var context: ChannelHandlerContext?
    private var byte = ByteBuffer()
    private var sent: ContinuousClock.Instant?
    private var times: [Duration] = []
    private var left = 0
    private var done: EventLoopPromise<[Duration]>?

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        byte = context.channel.allocator.buffer(bytes: [1])
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    /// On the channel's loop: so many of them, and how long each has taken.
    func run(_ count: Int, _ done: EventLoopPromise<[Duration]>) {
        (times, left, self.done) = ([], count, done)
        next()
    }

    private func next() {
        sent = clock.now
        context?.writeAndFlush(NIOAny(byte), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let sent, left > 0 else { return }
        times.append(sent.duration(to: clock.now))
        left -= 1
        if left > 0 { next() } else { done?.succeed(times) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if left > 0 { done?.fail(ChannelError.eof) }
    }
}
