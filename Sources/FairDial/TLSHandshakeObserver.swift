// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOTLS

/// Tells when NIOTLS's `handshakeCompleted` has come through the pipeline, or that it never will; then it leaves.
final class TLSHandshakeObserver: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private var completed: EventLoopPromise<Void>?

    init(_ completed: EventLoopPromise<Void>) {
        self.completed = completed
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent { finish(.success(()), context) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(.failure(error), context)
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.failure(ChannelError.eof), context)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        completed?.fail(ChannelError.eof)
        completed = nil
    }

    private func finish(_ result: Result<Void, any Error>, _ context: ChannelHandlerContext) {
        guard let completed else { return }
        self.completed = nil
        completed.completeWith(result)
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}
