// SPDX-License-Identifier: Apache-2.0

public import NIOCore
import NIOConcurrencyHelpers
import NIOPosix
public import NameResolution

/// Takes a host and a port and returns a connected channel, fairly.
///
/// Literals and local names never wait; lookups are shared and run side by side; each stage has a clock and a timeout
/// of its own; only the winner of the race becomes a channel. A dialer is a value: cheap, `Sendable`, and without
/// anything to shut down. Dialers share the process's resolver threads.
///
/// ```swift
/// let database = try await Dialer.shared.connect(to: "db.example.org", port: 27017)
/// print(database.report)
/// ```
@available(FairDial 0.1, *)
public struct Dialer: Sendable {
    /// The dialer with every default.
    public static let shared = Dialer()

    let setup: DialerSetup

    /// How it dials.
    public var configuration: DialerConfiguration { setup.configuration }

    /// A dialer from its configuration.
    ///
    /// - Parameters:
    ///   - configuration: how it dials; every default without one.
    ///   - timeouts: before the configuration's, which hold for what is not set here.
    public init(_ configuration: DialerConfiguration = DialerConfiguration(), timeouts: Timeouts? = nil) {
        var configuration = configuration
        if let timeouts {
            let own = configuration.timeouts
            configuration.timeouts = Timeouts(
                queue: timeouts.queue ?? own.queue,
                lookup: timeouts.lookup ?? own.lookup,
                connect: timeouts.connect ?? own.connect,
                handshake: timeouts.handshake ?? own.handshake
            )
        }
        setup = DialerSetup(configuration)
    }

    /// Every lookup in flight in the resolver of this dialer, the oldest first: who is stuck, on which server, for how
    /// long. Those of other dialers with the same resolver, such as `NameResolver.shared`, are among them.
    public var lookupsInFlight: [LookupInFlight] { setup.configuration.resolver.lookupsInFlight }

    static func unsupported(_ group: any EventLoopGroup, for target: String) -> DialError {
        let kind = String(describing: type(of: group))
        let message = "\(kind) is not a MultiThreadedEventLoopGroup or one of its loops"
        return DialError(.unsupportedEventLoop, message, target: target)
    }
}

// MARK: - Channels

@available(FairDial 0.1, *)
extension Dialer {
    /// Dials a target, and hands over the winner's channel.
    ///
    /// Keep the connection, or take its `channel` or `output`: the channel of a connection that is dropped without
    /// either, as `_ = try await dialer.connect(…)` drops it, is closed.
    ///
    /// - Parameters:
    ///   - target: whatever can be dialed: a host and a port, a path, endpoints, an earlier answer, a service.
    ///   - transport: a stream, or UDP.
    ///   - options: what may differ from dial to dial.
    /// - Returns: the channel, and where the time went.
    /// - Throws: `DialError`, also when the task is cancelled.
    public func connect(
        to target: Target,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions()
    ) async throws(DialError) -> Connection<any Channel> {
        // Without a helper, here and below: one more call would cost every dial a hundred instructions.
        let start = try start(for: target, families: options.wantedFamilies)
        let plan = plan(for: target, from: start, goal: .channel, over: transport, options: options)
        try checkGroup(for: plan)
        let ending = await run(plan)
        return try Self.connection(from: ending, to: target) { $0 }
    }

    /// Dials a target, and hands over whatever the initializer makes of the winner's channel, in a future of its own.
    ///
    /// Keep the connection, or take its `channel` or `output`: the channel of a connection that is dropped without
    /// either is closed.
    ///
    /// - Parameters:
    ///   - target: whatever can be dialed: a host and a port, a path, endpoints, an earlier answer, a service.
    ///   - transport: a stream, or UDP.
    ///   - options: what may differ from dial to dial.
    ///   - initializer: runs exactly once, on the winner's loop, before anything is read (rule 7). It may throw instead
    ///     of returning a future that fails.
    /// - Returns: what the initializer made, and where the time went.
    /// - Throws: `DialError`, also when the task is cancelled.
    public func connect<Output: Sendable>(
        to target: Target,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions(),
        initializer: @escaping @Sendable (any Channel) throws -> EventLoopFuture<Output>
    ) async throws(DialError) -> Connection<Output> {
        let start = try start(for: target, families: options.wantedFamilies)
        let made = MadeOutput<Output>()
        let plan = plan(for: target, from: start, goal: .channel, over: transport, options: options) { channel in
            made.make(of: channel, initializer)
        }
        try checkGroup(for: plan)
        let ending = await run(plan)
        return try Self.connection(from: ending, to: target) { _ in made.output }
    }

    /// The connection that an ending tells of.
    ///
    /// - Parameter output: what the initializer made of the channel.
    private static func connection<Output: Sendable>(
        from ending: DialDriver.Ending,
        to target: Target,
        output: (any Channel) -> Output?
    ) throws(DialError) -> Connection<Output> {
        switch ending {
        case .channel(let channel, let destination, let record, let report):
            guard let output = output(channel) else { Self.brokenInvariant(ending, target) }
            return Connection(
                output: output,
                channel: channel,
                unclaimed: UnclaimedChannel(channel),
                destination: destination,
                target: target,
                record: record,
                report: report
            )
        case .failed(let error): throw error
        case .descriptor, .addresses: Self.brokenInvariant(ending, target)
        }
    }

    /// A dial has one goal, and its driver brings that or an error.
    static func brokenInvariant(_ ending: DialDriver.Ending, _ target: Target) -> Never {
        preconditionFailure("the dial of \(target) ended as nobody asked: \(ending)")
    }
}

// MARK: - Running

@available(FairDial 0.1, *)
extension Dialer {
    /// Runs a dial to its end. A cancelled task's dial is cancelled, and ends as soon as its loop has a turn.
    func run(_ plan: DialPlan) async -> DialDriver.Ending {
        let loop: any EventLoop
        do throws(DialError) {
            // Nearly always there is one: the call that may wait for one would cost every dial.
            if let ready = readyLoop { loop = ready } else { loop = try await awaitedLoop(for: plan.question) }
        } catch {
            plan.observation?.failed(error)
            return .failed(error)
        }
        let driver = DialDriver(plan, on: loop)
        if Task.isCancelled { driver.cancel() }
        if let ending = driver.begin() { return ending }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                driver.send { continuation.resume(returning: $0) }
            }
        } onCancel: {
            driver.cancel()
        }
    }

    /// Begins a dial of any goal on any loop, one of a simulation's too; the methods above are made of the same parts.
    ///
    /// - Parameter end: called once, on the loop, or before this returns.
    /// - Returns: the dial, so that it can be cancelled.
    /// - Throws: `invalidTarget` and the like, before anything has begun.
    package func drive(
        _ target: Target,
        to goal: DialQuestion.Goal,
        options: DialOptions,
        on loop: any EventLoop,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>,
        _ end: @escaping @Sendable (DialDriver.Ending) -> Void
    ) throws(DialError) -> DialDriver {
        let start = try start(for: target, families: options.wantedFamilies)
        let plan = plan(
            for: target,
            from: start,
            goal: goal,
            over: .stream,
            options: options,
            initializer: initializer
        )
        let driver = DialDriver(plan, on: loop)
        if let ending = driver.begin() { end(ending) } else { driver.send(end) }
        return driver
    }
}
