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
    struct ClosedHere: Error {
        /// What a handler had said before; `nil` for nothing.
        let cause: (any Error)?
    }

    /// Whether the handshake's end is what is waited for. Else errors and that event end nothing, and only the
    /// channel's end counts.
    private let awaitsTLS: Bool
    private var observed: EventLoopPromise<Void>?
    /// Why a channel ends that has ended: the first error of those that did not end the wait.
    private var cause: (any Error)?

    init(_ observed: EventLoopPromise<Void>, awaitsTLS: Bool) {
        self.observed = observed
        self.awaitsTLS = awaitsTLS
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        let isOver =
            if case .handshakeCompleted = event as? TLSUserEvent { tell(.success(()), if: awaitsTLS) } else { false }
        context.fireUserInboundEventTriggered(event)
        if isOver { leave(context) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        cause = cause ?? error
        let isOver = tell(.failure(error), if: awaitsTLS)
        context.fireErrorCaught(error)
        if isOver { leave(context) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        let isOver = tell(.failure(cause ?? ChannelError.eof))
        context.fireChannelInactive()
        if isOver { leave(context) }
    }

    /// Told before the handlers nearer to the socket, which may take their time.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        let isOver = tell(.failure(ClosedHere(cause: cause)), if: mode == .all)
        context.close(mode: mode, promise: promise)
        if isOver { leave(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        observed?.fail(cause ?? ChannelError.eof)
        observed = nil
    }

    /// - Returns: whether this was the end of what is observed, and the handler is to leave.
    private func tell(_ result: Result<Void, any Error>, if isEnd: Bool = true) -> Bool {
        guard isEnd, let observed else { return false }
        self.observed = nil
        observed.completeWith(result)
        return true
    }

    /// After the event has been passed on: the context of a handler that has left leads nowhere, and a close that goes
    /// through it closes nothing.
    private func leave(_ context: ChannelHandlerContext) {
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}
