// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The place in a pipeline that is next to the socket: a close from here is done at once, past TLS, which would
/// read on until the peer says goodbye too.
@available(FairDial 0.1, *)
final class SocketSide: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// Closes the socket; on the channel's loop.
    func close() { context?.close(promise: nil) }
}
