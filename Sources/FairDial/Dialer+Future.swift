// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
public import NIOCore

/// The same dial for NIO code, on the caller's own loop: one promise, and no task.
extension Dialer {
    /// Dials a host on a loop of the caller's.
    ///
    /// - Parameters:
    ///   - host: numeric or a name, without brackets.
    ///   - port: 1 … 65535.
    ///   - loop: a loop of a `MultiThreadedEventLoopGroup`; the channel lives on it.
    ///   - initializer: runs exactly once, on the winner, before anything is read (rule 7).
    /// - Returns: the channel and where the time went; or a `DialError`.
    public func connect(
        to host: String,
        port: Int,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions(),
        on loop: any EventLoop,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<Connection<any Channel>> {
        do {
            let target = try Target(host: host, port: port)
            return connect(to: target, over: transport, options: options, on: loop, initializer: initializer)
        } catch {
            return loop.makeFailedFuture(error)
        }
    }

    /// Dials what a text names: `host:port`, `[v6%zone]:port`, `/path/to/socket`.
    ///
    /// - Returns: the channel and where the time went; or a `DialError`.
    public func connect(
        to text: String,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions(),
        on loop: any EventLoop,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<Connection<any Channel>> {
        do {
            let target = try Target(text)
            return connect(to: target, over: transport, options: options, on: loop, initializer: initializer)
        } catch {
            return loop.makeFailedFuture(error)
        }
    }

    /// Dials a target on a loop of the caller's.
    ///
    /// - Returns: the channel and where the time went; or a `DialError`.
    public func connect(
        to target: Target,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions(),
        on loop: any EventLoop,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<Connection<any Channel>> {
        do {
            let start = try start(for: target, families: options.wantedFamilies)
            return connect(to: target, from: start, over: transport, options: options, on: loop, initializer)
        } catch {
            return loop.makeFailedFuture(error)
        }
    }

    /// Dials the answer of an earlier look-up on a loop of the caller's.
    ///
    /// - Returns: the channel and where the time went; or a `DialError`.
    public func connect(
        to answer: Answer,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions(),
        on loop: any EventLoop,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<Connection<any Channel>> {
        let start = start(for: answer, families: options.wantedFamilies)
        return connect(to: answer.target, from: start, over: transport, options: options, on: loop, initializer)
    }

    private func connect(
        to target: Target,
        from start: DialPlan.Start,
        over transport: Transport,
        options: DialOptions,
        on loop: any EventLoop,
        _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<Connection<any Channel>> {
        guard SupportedLoops.contains(loop) else {
            return loop.makeFailedFuture(Self.unsupported(loop, for: "\(target)"))
        }
        let plan = plan(
            for: target,
            from: start,
            goal: .channel,
            over: transport,
            options: options,
            initializer: initializer
        )
        let promise = loop.makePromise(of: Connection<any Channel>.self)
        let driver = DialDriver(plan, on: loop)
        // A channel is made on the loop, so nothing but a failure ends sooner.
        if case .failed(let error) = driver.begin() { return loop.makeFailedFuture(error) }
        StartNesting.start(on: loop) {
            driver.start { ending in
                switch ending {
                case .channel(let channel, let destination, let binding, let splits):
                    promise.succeed(
                        Connection(output: channel, destination: destination, winningBinding: binding, splits: splits)
                    )
                case .failed(let error): promise.fail(error)
                case .descriptor, .addresses: Self.brokenInvariant(ending, target)
                }
            }
        }
        return promise.futureResult
    }
}
