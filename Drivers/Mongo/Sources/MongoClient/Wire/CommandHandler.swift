// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Drives a connection's `WireExchange`: bytes out, answers in, one timer for the answer's deadline.
///
/// It lives on the channel's loop. A fault closes the channel; who waits is told why.
final class CommandHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// Who waits for an answer.
    enum Waiter {
        case continuation(UnsafeContinuation<Result<WireReply, WireError>, Never>)
        case promise(EventLoopPromise<WireReply>)

        /// - Parameter channelError: the channel's own error, for those who know what to make of it: TLS.
        func end(_ result: Result<WireReply, WireError>, _ channelError: (any Error)? = nil) {
            switch self {
            case .continuation(let continuation): continuation.resume(returning: result)
            case .promise(let promise): promise.completeWith(result.mapError { channelError ?? $0 })
            }
        }
    }

    private var context: ChannelHandlerContext?
    private var exchange = WireExchange()
    private var waiter: Waiter?
    private var waiting: Int32 = 0
    private var deadline: NIODeadline?
    private var timer: (wakes: NIODeadline, scheduled: Scheduled<Void>)?
    private var cause: WireError?
    private var channelError: (any Error)?
    private var isClosed = false
    /// A request whose caller left before it came here.
    private var left: Int32?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    /// Sends a request; the answer goes to the waiter, as does the fault that keeps it from coming.
    ///
    /// - Parameter deadline: when the caller waits no longer, and the connection is closed; `nil` for never.
    func send(_ bytes: ByteBuffer, request: Int32, until deadline: NIODeadline?, _ waiter: Waiter) {
        guard let context = begin(request, waiter) else { return }
        guard self.waiter == nil, exchange.ask(request) else {
            return waiter.end(.failure(WireError(.failed, "the connection waits for another answer")))
        }
        wait(for: request, until: deadline, waiter)
        context.writeAndFlush(NIOAny(bytes), promise: nil)
    }

    /// Sends a request that is not answered; the waiter gets an empty answer once the system has taken all of it. A
    /// peer that reads nothing keeps it from that: the deadline and the caller's leaving hold here too.
    func sendWithoutAnswer(_ bytes: ByteBuffer, request: Int32, until deadline: NIODeadline?, _ waiter: Waiter) {
        guard let context = begin(request, waiter) else { return }
        guard exchange.isIdle, self.waiter == nil else {
            return waiter.end(.failure(WireError(.failed, "the connection waits for another answer")))
        }
        wait(for: request, until: deadline, waiter)
        context.writeAndFlush(NIOAny(bytes)).assumeIsolated().whenComplete { result in
            guard self.waiting == request else { return }
            switch result {
            case .success: self.tell(.success(WireReply(document: [:])))
            // Where we have closed the connection ourselves, the reason is that of the close.
            case .failure(let error): self.fail(self.cause ?? WireError(.failed, "\(error)"))
            }
        }
    }

    /// `nil` where the request must not go out, and the waiter has been told.
    private func begin(_ request: Int32, _ waiter: Waiter) -> ChannelHandlerContext? {
        guard let context, !isClosed else {
            waiter.end(.failure(cause ?? WireError(.closed, "the connection was closed before it was used")))
            return nil
        }
        guard left != request else {
            waiter.end(.failure(WireError(.cancelled, "cancelled before it was sent")))
            return nil
        }
        return context
    }

    private func wait(for request: Int32, until deadline: NIODeadline?, _ waiter: Waiter) {
        self.waiter = waiter
        waiting = request
        self.deadline = deadline
        if let deadline { wake(at: deadline) }
    }

    /// The caller waits no longer: the answer would be nobody's, so the connection ends.
    func cancel(request: Int32) {
        if waiting == request {
            if waiter != nil { fail(WireError(.cancelled, "cancelled while it waited for the answer")) }
        } else {
            left = request
        }
    }

    // MARK: - The channel

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        settle(exchange.received(&bytes))
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        cause = cause ?? WireError(.failed, "\(error)")
        channelError = channelError ?? error
        context.close(promise: nil)
    }

    private func settle(_ outcome: WireExchange.Outcome) {
        switch outcome {
        case .incomplete: return
        case .answered(let reply): tell(.success(reply))
        case .failed(let error): fail(error)
        }
    }

    private func fail(_ error: WireError) {
        cause = cause ?? error
        isClosed = true
        _ = exchange.closed(error)
        // The channel first: whoever is told gives the connection back, and must be seen to give back a closed one.
        context?.close(promise: nil)
        tell(.failure(error))
    }

    private func end() {
        isClosed = true
        timer?.scheduled.cancel()
        timer = nil
        if case .failed(let error) = exchange.closed(cause) { tell(.failure(error)) }
        // What is not answered waits for no answer.
        tell(.failure(cause ?? WireError(.closed, "the server closed the connection before it had read the request")))
    }

    private func tell(_ result: Result<WireReply, WireError>) {
        guard let waiter else { return }
        self.waiter = nil
        deadline = nil
        waiter.end(result, channelError)
    }

    // MARK: - The deadline

    /// One timer serves many requests: it is not cancelled when an answer comes, and looks again when it goes off.
    private func wake(at deadline: NIODeadline) {
        guard let context, timer.map({ deadline < $0.wakes }) ?? true else { return }
        timer?.scheduled.cancel()
        let scheduled = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] () -> Void in
            self?.timeUp()
        }
        timer = (deadline, scheduled)
    }

    private func timeUp() {
        timer = nil
        guard let deadline, waiter != nil else { return }
        if NIODeadline.now() >= deadline {
            fail(WireError(.timedOut, "no answer in time"))
        } else {
            wake(at: deadline)
        }
    }
}
