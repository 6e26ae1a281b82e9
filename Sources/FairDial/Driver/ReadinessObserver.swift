// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOTLS

/// Tells what becomes of a channel that is to become ready: that NIOTLS's `handshakeCompleted` has come through the
/// pipeline, or that it never will. Then it leaves.
@available(FairDial 0.1, *)
final class ReadinessObserver: ChannelInboundHandler, ChannelOutboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny
    typealias OutboundIn = NIOAny

    /// This side has closed the channel, or the shutdown of its loop has.
    struct ClosedHere: Error {}

    /// Whether the handshake's end is what is waited for. Else errors and that event say nothing, and only the
    /// channel's end counts.
    private let awaitsTLS: Bool
    private var observed: EventLoopPromise<Void>?

    init(_ observed: EventLoopPromise<Void>, awaitsTLS: Bool) {
        self.observed = observed
        self.awaitsTLS = awaitsTLS
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if awaitsTLS, case .handshakeCompleted = event as? TLSUserEvent { finish(.success(()), context) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if awaitsTLS { finish(.failure(error), context) }
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.failure(ChannelError.eof), context)
        context.fireChannelInactive()
    }

    /// Told before the handlers nearer to the socket, which may take their time.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .all { finish(.failure(ClosedHere()), context) }
        context.close(mode: mode, promise: promise)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        observed?.fail(ChannelError.eof)
        observed = nil
    }

    private func finish(_ result: Result<Void, any Error>, _ context: ChannelHandlerContext) {
        guard let observed else { return }
        self.observed = nil
        observed.completeWith(result)
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}
