// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The only handler of either connection: tells its passage what happens, and decides nothing.
@available(FairDial 0.1, *)
final class SpliceEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let side: Splice.Side
    /// Gone once the connection is: the two hold each other.
    private var passage: Passage?
    private(set) var context: ChannelHandlerContext?
    private var isReset = false

    init(_ side: Splice.Side, of passage: Passage) {
        self.side = side
        self.passage = passage
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        // Of a channel that was closed before it was active, nothing else tells.
        closed()
    }

    func channelActive(context: ChannelHandlerContext) {
        passage?.active(side)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        passage?.received(data, on: side)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        passage?.readCompleted(on: side)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { passage?.becameWritable(side) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed = event as? ChannelEvent { passage?.inputEnded(on: side) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail()
    }

    /// The connection is broken: nothing more is to be had from it.
    func fail() {
        isReset = true
        context?.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        closed()
    }

    private func closed() {
        let passage = passage
        self.passage = nil
        passage?.closed(side, isReset: isReset)
    }
}
