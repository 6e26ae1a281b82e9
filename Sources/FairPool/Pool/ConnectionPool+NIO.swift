// SPDX-License-Identifier: Apache-2.0

public import FairDial
public import NIOCore

/// Connections go out and come back where nobody awaits anything: for code that runs on an event loop.
@available(FairDial 0.1, *)
extension ConnectionPool {
    /// The idle connection that was used last, here and now; `nil` where none is to be had at once, or callers wait.
    ///
    /// It allocates nothing, and calls nobody back: the shortest way for a caller that has another one for `nil`, such
    /// as `checkOut(_:)`.
    public func checkOutIdle() -> PoolLease<Output>? {
        if let connection = takeIdle() { PoolLease(connection, of: self) } else { nil }
    }

    /// A connection for a closure: an idle one at once and here, else one that is given back or made.
    ///
    /// - Parameter body: called once. It owns the lease: what it drops without `giveBack` closes its connection. Where
    ///   it had to wait, it is called on any thread, and must not block there. Where not, it is called on the caller's
    ///   stack: a body that asks again from within itself goes deeper each time.
    public func checkOut(_ body: @escaping @Sendable (consuming Result<PoolLease<Output>, PoolError>) -> Void) {
        if let connection = takeIdle() { return body(.success(PoolLease(connection, of: self))) }
        _ = wait { answer in
            switch answer {
            case .success(let connection): body(.success(PoolLease(Self.connection(connection), of: self)))
            case .failure(let error): body(.failure(error))
            }
        }
    }

    /// A connection for a closure, which a caller that is no task can leave.
    ///
    /// - Parameters:
    ///   - cancellation: ends the wait with the code `cancelled`, unless the closure has been called by then; one that
    ///     has been cancelled before does so at once. It may be that of many waits and dials.
    ///   - body: called once, as in `checkOut(_:)`; of a wait that is cancelled, on the thread that cancels it.
    public func checkOut(
        cancellation: DialCancellation,
        _ body: @escaping @Sendable (consuming Result<PoolLease<Output>, PoolError>) -> Void
    ) {
        if cancellation.isCancelled { return body(.failure(Self.cancelled)) }
        if let connection = takeIdle() { return body(.success(PoolLease(connection, of: self))) }
        wait(until: cancellation) { answer in
            switch answer {
            case .success(let connection): body(.success(PoolLease(Self.connection(connection), of: self)))
            case .failure(let error): body(.failure(error))
            }
        }
    }

    /// Lends a connection to a closure that returns a future; one that fails closes the connection, for nobody knows
    /// what is left unread on it.
    ///
    /// - Parameters:
    ///   - loop: where the future is.
    ///   - body: called on the connection's loop.
    public func withConnection<Value: Sendable>(
        on loop: any EventLoop,
        _ body: @escaping @Sendable (PooledConnection<Output>) -> EventLoopFuture<Value>
    ) -> EventLoopFuture<Value> {
        if let connection = takeIdle() { return lend(connection, body).hop(to: loop) }
        let promise = loop.makePromise(of: Value.self)
        _ = wait { answer in
            switch answer {
            case .success(let connection): self.lend(Self.connection(connection), body).cascade(to: promise)
            case .failure(let error): promise.fail(error)
            }
        }
        return promise.futureResult
    }

    /// The same for a caller that may leave.
    ///
    /// - Parameters:
    ///   - loop: where the future is.
    ///   - cancellation: ends the wait for a connection with the code `cancelled`, and has nothing to do with its use.
    ///   - body: called on the connection's loop.
    public func withConnection<Value: Sendable>(
        on loop: any EventLoop,
        cancellation: DialCancellation,
        _ body: @escaping @Sendable (PooledConnection<Output>) -> EventLoopFuture<Value>
    ) -> EventLoopFuture<Value> {
        if cancellation.isCancelled { return loop.makeFailedFuture(Self.cancelled) }
        if let connection = takeIdle() { return lend(connection, body).hop(to: loop) }
        let promise = loop.makePromise(of: Value.self)
        wait(until: cancellation) { answer in
            switch answer {
            case .success(let connection): self.lend(Self.connection(connection), body).cascade(to: promise)
            case .failure(let error): promise.fail(error)
            }
        }
        return promise.futureResult
    }

    private static var cancelled: PoolError { PoolError(.cancelled, "cancelled before it asked for a connection") }

    private func lend<Value: Sendable>(
        _ connection: PooledConnection<Output>,
        _ body: @escaping @Sendable (PooledConnection<Output>) -> EventLoopFuture<Value>
    ) -> EventLoopFuture<Value> {
        let loop = connection.channel.eventLoop
        let result = loop.inEventLoop ? body(connection) : loop.flatSubmit { body(connection) }
        result.whenComplete { result in
            if case .success = result {
                self.checkIn(connection, isBroken: false)
            } else {
                self.checkIn(connection, isBroken: true)
            }
        }
        return result
    }
}
