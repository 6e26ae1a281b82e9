// SPDX-License-Identifier: Apache-2.0

import DNSResolution
import NIOConcurrencyHelpers
public import NIOCore

/// The same dials for NIO code, on the caller's own loop: one promise, and no task. `DialOptions.cancellation` cancels
/// them.
@available(FairDial 0.1, *)
extension Dialer {
    /// Dials a target on a loop of the caller's, and hands over the winner's channel.
    ///
    /// - Parameters:
    ///   - target: whatever can be dialed: a host and a port, a path, endpoints, an earlier answer, a service.
    ///   - transport: a stream, or UDP.
    ///   - options: what may differ from dial to dial.
    ///   - loop: a loop of a `MultiThreadedEventLoopGroup`; the channel lives on it.
    /// - Returns: the channel and where the time went; or a `DialError`.
    public func connect(
        to target: Target,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions(),
        on loop: any EventLoop
    ) -> EventLoopFuture<Connection<any Channel>> {
        do {
            let start = try start(for: target, families: options.wantedFamilies)
            let plan = plan(for: target, from: start, goal: .channel, over: transport, options: options)
            return connect(to: target, by: plan, on: loop, output: { $0 }, form: { $0 })
        } catch {
            return Self.failed(error, on: loop)
        }
    }

    /// Dials a target on a loop of the caller's, and hands over whatever the initializer makes of the winner's channel.
    ///
    /// - Parameters:
    ///   - target: whatever can be dialed: a host and a port, a path, endpoints, an earlier answer, a service.
    ///   - transport: a stream, or UDP.
    ///   - options: what may differ from dial to dial.
    ///   - loop: a loop of a `MultiThreadedEventLoopGroup`; the channel lives on it.
    ///   - initializer: runs exactly once, on the winner, before anything is read (rule 7). It may throw instead of
    ///     returning a future that fails.
    /// - Returns: what the initializer made, and where the time went; or a `DialError`.
    public func connect<Output: Sendable>(
        to target: Target,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions(),
        on loop: any EventLoop,
        initializer: @escaping @Sendable (any Channel) throws -> EventLoopFuture<Output>
    ) -> EventLoopFuture<Connection<Output>> {
        connect(to: target, over: transport, options: options, on: loop, initializer: initializer) { $0 }
    }

    /// The same, in a form of the caller's, for adapters that have values and errors of their own. The future is the
    /// dial's own, and none that is derived from it, which would never end on a loop that is shut down.
    ///
    /// - Parameters:
    ///   - target: whatever can be dialed: a host and a port, a path, endpoints, an earlier answer, a service.
    ///   - transport: a stream, or UDP.
    ///   - options: what may differ from dial to dial.
    ///   - loop: a loop of a `MultiThreadedEventLoopGroup`; the channel lives on it.
    ///   - initializer: runs exactly once, on the winner, before anything is read (rule 7).
    ///   - form: makes the future's value or error of the dial's, in the moment in which it ends: on the loop, or on
    ///     the caller's thread where the dial could not begin. A failure must stay one.
    public func connect<Output: Sendable, Value: Sendable>(
        to target: Target,
        over transport: Transport = .stream,
        options: DialOptions,
        on loop: any EventLoop,
        initializer: @escaping @Sendable (any Channel) throws -> EventLoopFuture<Output>,
        form: @escaping @Sendable (Result<Connection<Output>, any Error>) -> Result<Value, any Error>
    ) -> EventLoopFuture<Value> {
        do {
            let start = try start(for: target, families: options.wantedFamilies)
            let made = MadeOutput<Output>()
            let plan = plan(for: target, from: start, goal: .channel, over: transport, options: options) { channel in
                made.make(of: channel, initializer)
            }
            return connect(to: target, by: plan, on: loop, output: { _ in made.output }, form: form)
        } catch {
            return Self.failed(error, on: loop, form: form)
        }
    }

    private func connect<Output: Sendable, Value: Sendable>(
        to target: Target,
        by plan: DialPlan,
        on loop: any EventLoop,
        output: @escaping @Sendable (any Channel) -> Output?,
        form: @escaping @Sendable (Result<Connection<Output>, any Error>) -> Result<Value, any Error>
    ) -> EventLoopFuture<Value> {
        guard setup.configuration.connector.makesChannels(on: loop) else {
            let error = Self.unsupported(loop, for: "\(target)")
            plan.observation?.failed(error)
            return Self.failed(error, on: loop, form: form)
        }
        return Self.future(of: plan, on: loop) { ending in
            switch ending {
            case .channel(let channel, let destination, let record, let report):
                guard let output = output(channel) else { Self.brokenInvariant(ending, target) }
                let connection = Connection(
                    output: output,
                    channel: channel,
                    unclaimed: nil,
                    destination: destination,
                    target: target,
                    record: record,
                    report: report
                )
                return form(.success(connection))
            case .failed(let error): return form(.failure(error))
            case .descriptor, .addresses: Self.brokenInvariant(ending, target)
            }
        }
    }

    /// Dials a target on a loop of the caller's, and hands the bare socket to a closure on that loop.
    ///
    /// - Parameters:
    ///   - target: whatever can be dialed: a host and a port, a path, endpoints, an earlier answer, a service.
    ///   - transport: a stream, or UDP.
    ///   - options: what may differ from dial to dial.
    ///   - loop: the loop that the closure runs on.
    ///   - body: takes the socket; where it does not (`ConnectedSocket.take`), the socket is closed. What it throws is
    ///     the future's error.
    /// - Returns: what the closure made of it; or a `DialError`.
    public func connectSocket<Output: Sendable>(
        to target: Target,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions(),
        on loop: any EventLoop,
        _ body: @escaping @Sendable (consuming ConnectedSocket) throws -> Output
    ) -> EventLoopFuture<Output> {
        do {
            let start = try start(for: target, families: options.wantedFamilies)
            let plan = plan(for: target, from: start, goal: .socket, over: transport, options: options)
            return Self.future(of: plan, on: loop) { ending in
                switch ending {
                case .descriptor(let descriptor, let destination, let record, let report):
                    return Result {
                        try body(ConnectedSocket(descriptor, to: destination, of: target, by: record, report))
                    }
                case .failed(let error): return .failure(error)
                case .channel, .addresses: Self.brokenInvariant(ending, target)
                }
            }
        } catch {
            return Self.failed(error, on: loop)
        }
    }

    /// Carries a dial out on a loop.
    ///
    /// - Parameter result: makes the future's value of the ending, on the loop, once.
    private static func future<Output: Sendable>(
        of plan: DialPlan,
        on loop: any EventLoop,
        _ result: @escaping @Sendable (DialDriver.Ending) -> Result<Output, any Error>
    ) -> EventLoopFuture<Output> {
        let driver = DialDriver(plan, on: loop)
        if let ending = driver.begin() {
            // A channel is made on the loop, so this is an error, or a socket, and what that is for is for the loop to
            // do.
            if case .failed(let error) = ending, !loop.inEventLoop || !StartNesting.isDeep() {
                return Self.failed(Self.form(of: error, by: result), on: loop)
            }
            return Self.handed(ending, on: loop, result)
        }
        // Made no sooner: a promise that is never fulfilled is a trap in debug builds.
        let promise = loop.makePromise(of: Output.self)
        let end: @Sendable (DialDriver.Ending) -> Void = { promise.completeWith(result($0)) }
        guard loop.inEventLoop else { return Self.sent(driver, by: end, result, promise) }
        StartNesting.start(on: loop) { driver.start(end) }
        return promise.futureResult
    }

    /// What a dial has ended with before its loop had anything to do with it, for the loop's next turn.
    private static func handed<Output: Sendable>(
        _ ending: DialDriver.Ending,
        on loop: any EventLoop,
        _ result: @escaping @Sendable (DialDriver.Ending) -> Result<Output, any Error>
    ) -> EventLoopFuture<Output> {
        let promise = loop.makePromise(of: Output.self)
        let lost = NIOLockedValueBox<DialError?>(nil)
        EndingDispatch.send(ending, to: loop) {
            promise.completeWith(result($0))
        } lost: { error in
            lost.withLockedValue { $0 = error }
        }
        return Self.future(of: promise, unless: lost.withLockedValue { $0 }.map { form(of: $0, by: result) })
    }

    /// What a future's error is for a dial's.
    private static func form<Output>(
        of error: DialError,
        by result: (DialDriver.Ending) -> Result<Output, any Error>
    ) -> any Error {
        if case .failure(let told) = result(.failed(error)) { told } else { error }
    }

    /// The same, in the caller's form.
    private static func failed<Output, Value>(
        _ error: any Error,
        on loop: any EventLoop,
        form: (Result<Connection<Output>, any Error>) -> Result<Value, any Error>
    ) -> EventLoopFuture<Value> {
        guard case .failure(let error) = form(.failure(error)) else { return failed(error, on: loop) }
        return failed(error, on: loop)
    }

    /// A dial that has failed before its loop had anything to do with it. A loop that has been shut down runs no
    /// callback: then the future is on one of the process's loops.
    static func failed<Output>(_ error: any Error, on loop: any EventLoop) -> EventLoopFuture<Output> {
        guard LoopProbe.isGone(loop), let group = try? ProcessLoops.group() else { return loop.makeFailedFuture(error) }
        return group.any().makeFailedFuture(error)
    }

    /// Sends a dial to its loop. Where that has been shut down, its futures run no callback any more: then the answer
    /// is on one of the process's loops.
    private static func sent<Output: Sendable>(
        _ driver: DialDriver,
        by end: @escaping @Sendable (DialDriver.Ending) -> Void,
        _ result: @escaping @Sendable (DialDriver.Ending) -> Result<Output, any Error>,
        _ promise: EventLoopPromise<Output>
    ) -> EventLoopFuture<Output> {
        let lost = NIOLockedValueBox<DialError?>(nil)
        driver.send { ending in
            // Anywhere but on the loop, that is before `send` has returned.
            guard !promise.futureResult.eventLoop.inEventLoop, case .failed(let error) = ending else {
                return end(ending)
            }
            lost.withLockedValue { $0 = error }
        }
        return Self.future(of: promise, unless: lost.withLockedValue { $0 }.map { form(of: $0, by: result) })
    }

    /// A promise's future; where its loop is gone, an error on one of the process's loops, which runs callbacks.
    private static func future<Output>(
        of promise: EventLoopPromise<Output>,
        unless failure: (any Error)?
    ) -> EventLoopFuture<Output> {
        guard let failure, let group = try? ProcessLoops.group() else { return promise.futureResult }
        // This promise can never be fulfilled, and NIO traps where one is dropped unfulfilled.
        _ = Unmanaged.passRetained(promise.futureResult)
        return group.any().makeFailedFuture(failure)
    }
}
