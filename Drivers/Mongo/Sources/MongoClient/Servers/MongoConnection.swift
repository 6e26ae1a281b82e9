// SPDX-License-Identifier: Apache-2.0

import BSON
import NIOConcurrencyHelpers
import NIOCore
import NIOSSL
import Synchronization

/// One connection that has greeted its server: a request at a time, whose caller awaits the answer.
final class MongoConnection: Sendable {
    private struct State {
        var description: ServerDescription
        var helloOk = false
        /// The session of those who use this connection, one after the other; `nil` until an operation wants one.
        var session: ServerSession?
    }

    let channel: any Channel
    /// The server's generation when the dial began.
    let generation: Int
    private let handler: NIOLoopBound<CommandHandler>
    private let requests = Synchronization.Atomic<Int32>(0)
    private let state: NIOLockedValueBox<State>

    /// On the channel's loop.
    init(_ channel: any Channel, _ handler: CommandHandler, to address: ServerAddress, generation: Int) {
        self.channel = channel
        self.generation = generation
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
        state = NIOLockedValueBox(State(description: ServerDescription(address)))
    }

    /// What its server said in the greeting.
    var description: ServerDescription { state.withLockedValue { $0.description } }

    /// Whether its server knows the new word for hello.
    var helloOk: Bool { state.withLockedValue { $0.helloOk } }

    func greeted(_ description: ServerDescription, helloOk: Bool) {
        state.withLockedValue { ($0.description, $0.helloOk) = (description, helloOk) }
    }

    /// The number of the next request.
    func nextRequest() -> Int32 { requests.wrappingAdd(1, ordering: .relaxed).newValue }

    /// The session of this connection, which its user has to itself; `nil` where the server knows none.
    ///
    /// - Parameter sessions: where a new one comes from, if there is none yet, or the server may have forgotten it.
    func session(from sessions: SessionPool) -> ServerSession? {
        let now = NIODeadline.now()
        return state.withLockedValue { state in
            guard let minutes = state.description.sessionMinutes else { return nil }
            if let session = state.session, session.use(at: now, minutes: minutes) { return session }
            let session = sessions.take(at: now, minutes: minutes)
            state.session = session
            return session
        }
    }

    /// The session goes on without this connection: with a cursor, or with a write that is repeated elsewhere.
    func releaseSession() {
        state.withLockedValue { $0.session = nil }
    }

    /// Closes it without the farewell of TLS, whose answer NIOSSL waits 5 s for, and a silent server does not give.
    func closeAtOnce() async {
        guard channel.isActive else { return }
        let channel = channel
        channel.pipeline.context(handlerType: NIOSSLClientHandler.self).whenComplete { result in
            switch result {
            case .success(let context): context.close(promise: nil)
            case .failure: channel.close(promise: nil)
            }
        }
        try? await channel.closeFuture.get()
    }

    // MARK: - Requests

    /// A request on its way to the connection's loop. One that has been shut down drops what it is to run: then the
    /// caller is told, who would wait for ever.
    private final class Handover: Sendable {
        private let continuation: UnsafeContinuation<Result<WireReply, WireError>, Never>
        private let hasArrived = Synchronization.Atomic(false)

        init(_ continuation: UnsafeContinuation<Result<WireReply, WireError>, Never>) {
            self.continuation = continuation
        }

        deinit {
            if hasArrived.load(ordering: .acquiring) { return }
            let error = WireError(.closed, "the loop of its connection has been shut down")
            continuation.resume(returning: .failure(error))
        }

        func arrive() -> CommandHandler.Waiter {
            hasArrived.store(true, ordering: .releasing)
            return .continuation(continuation)
        }
    }

    /// Sends a request, and waits for the answer. A fault closes the connection; so does the task's cancellation, for
    /// the answer would be nobody's.
    func send(
        _ bytes: ByteBuffer,
        request: Int32,
        until deadline: NIODeadline?
    ) async -> Result<WireReply, WireError> {
        await wait(for: request) { handler, waiter in handler.send(bytes, request: request, until: deadline, waiter) }
    }

    /// Sends what is not answered, and waits until the system has taken it; with the same ends.
    func sendWithoutAnswer(
        _ bytes: ByteBuffer,
        request: Int32,
        until deadline: NIODeadline?
    ) async -> Result<WireReply, WireError> {
        await wait(for: request) { handler, waiter in
            handler.sendWithoutAnswer(bytes, request: request, until: deadline, waiter)
        }
    }

    private func wait(
        for request: Int32,
        _ begin: @escaping @Sendable (CommandHandler, CommandHandler.Waiter) -> Void
    ) async -> Result<WireReply, WireError> {
        await withTaskCancellationHandler {
            guard !Task.isCancelled else { return .failure(WireError(.cancelled, "cancelled before it was sent")) }
            return await withUnsafeContinuation { continuation in
                let (handler, handover) = (self.handler, Handover(continuation))
                channel.eventLoop.execute { begin(handler.value, handover.arrive()) }
            }
        } onCancel: {
            let handler = self.handler
            channel.eventLoop.execute { handler.value.cancel(request: request) }
        }
    }

    /// The same on the loop.
    func send(_ bytes: ByteBuffer, request: Int32, until deadline: NIODeadline?) -> EventLoopFuture<WireReply> {
        let promise = channel.eventLoop.makePromise(of: WireReply.self)
        handler.value.send(bytes, request: request, until: deadline, .promise(promise))
        return promise.futureResult
    }
}
