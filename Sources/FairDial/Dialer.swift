// SPDX-License-Identifier: Apache-2.0

import ConnectionRacing
import IPAddresses
public import NIOCore
import NIOConcurrencyHelpers
import NIOPosix
import NameResolution

/// Takes a host and a port and returns a connected channel, fairly.
///
/// Literals and local names never wait; look-ups are shared and run side by side; each stage has a clock and a budget of
/// its own; only the winner of the race becomes a channel. A dialer is a value: cheap, `Sendable`, and without anything
/// to shut down. Dialers share the process's resolver threads.
///
/// ```swift
/// let database = try await Dialer.shared.connect(to: "db.example.org", port: 27017)
/// print(database.splits)
/// ```
public struct Dialer: Sendable {
    /// The dialer with every default.
    public static let shared = Dialer()

    let setup: DialerSetup

    /// How it dials.
    public var configuration: DialerConfiguration { setup.configuration }

    /// A dialer from its configuration.
    public init(_ configuration: DialerConfiguration = DialerConfiguration()) {
        setup = DialerSetup(configuration)
    }

    /// A dialer with the defaults but for its budgets.
    public init(budgets: Budgets) {
        var configuration = DialerConfiguration()
        configuration.budgets = budgets
        self.init(configuration)
    }

    static func unsupported(_ group: any EventLoopGroup, for target: String) -> DialError {
        let kind = String(describing: type(of: group))
        let message = "\(kind) is not a MultiThreadedEventLoopGroup or one of its loops"
        return DialError(.unsupportedEventLoop, message, target: target)
    }
}

// MARK: - Channels

extension Dialer {
    /// Dials a host and hands over whatever the initializer makes of the winner's channel.
    ///
    /// - Parameters:
    ///   - host: numeric or a name, without brackets; zones and the C library's legacy forms included.
    ///   - port: 1 … 65535.
    ///   - transport: a stream, or UDP.
    ///   - options: what may differ from dial to dial.
    ///   - initializer: runs exactly once, on the winner's loop, before anything is read (rule 7).
    /// - Returns: what the initializer made, and where the time went.
    /// - Throws: `DialError`, also when the task is cancelled.
    public func connect<Output: Sendable>(
        to host: String,
        port: Int,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions(),
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
    ) async throws(DialError) -> Connection<Output> {
        // Straight to the point, here and below: a call on the way would cost every dial a hundred instructions.
        let target = try Target(host: host, port: port)
        let start = try start(for: target, families: options.wantedFamilies)
        return try await connect(to: target, from: start, over: transport, options: options, initializer: initializer)
    }

    /// Dials a host and hands over the winner's channel.
    ///
    /// - Throws: `DialError`, also when the task is cancelled.
    public func connect(
        to host: String,
        port: Int,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions()
    ) async throws(DialError) -> Connection<any Channel> {
        let target = try Target(host: host, port: port)
        let start = try start(for: target, families: options.wantedFamilies)
        return try await connect(to: target, from: start, over: transport, options: options)
    }

    /// Dials a target, a Unix domain socket too, and hands over the winner's channel.
    ///
    /// - Throws: `DialError`, also when the task is cancelled.
    public func connect(
        to target: Target,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions()
    ) async throws(DialError) -> Connection<any Channel> {
        let start = try start(for: target, families: options.wantedFamilies)
        return try await connect(to: target, from: start, over: transport, options: options)
    }

    /// Dials a target, a Unix domain socket too, and hands over whatever the initializer makes of the winner's channel.
    ///
    /// - Throws: `DialError`, also when the task is cancelled.
    public func connect<Output: Sendable>(
        to target: Target,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions(),
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
    ) async throws(DialError) -> Connection<Output> {
        let start = try start(for: target, families: options.wantedFamilies)
        return try await connect(to: target, from: start, over: transport, options: options, initializer: initializer)
    }

    /// Dials the answer of an earlier look-up, and hands over the winner's channel.
    ///
    /// - Throws: `DialError`, also when the task is cancelled.
    public func connect(
        to answer: Answer,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions()
    ) async throws(DialError) -> Connection<any Channel> {
        let start = start(for: answer, families: options.wantedFamilies)
        return try await connect(to: answer.target, from: start, over: transport, options: options)
    }

    /// Dials the answer of an earlier look-up, and hands over whatever the initializer makes of the winner's channel.
    ///
    /// - Throws: `DialError`, also when the task is cancelled.
    public func connect<Output: Sendable>(
        to answer: Answer,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions(),
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
    ) async throws(DialError) -> Connection<Output> {
        let start = start(for: answer, families: options.wantedFamilies)
        return try await connect(
            to: answer.target,
            from: start,
            over: transport,
            options: options,
            initializer: initializer
        )
    }

    private func connect<Output: Sendable>(
        to target: Target,
        from start: DialPlan.Start,
        over transport: Transport,
        options: DialOptions,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
    ) async throws(DialError) -> Connection<Output> {
        let made = NIOLockedValueBox<Output?>(nil)
        let plan = plan(for: target, from: start, goal: .channel, over: transport, options: options) { channel in
            initializer(channel).map { output in made.withLockedValue { $0 = output } }
        }
        try checkGroup(for: target)
        let ending = await run(plan)
        return try Self.connection(from: ending, to: target) { _ in made.withLockedValue { $0 } }
    }

    /// The same for the channel itself: there is nothing to wait for and nothing to keep.
    private func connect(
        to target: Target,
        from start: DialPlan.Start,
        over transport: Transport,
        options: DialOptions
    ) async throws(DialError) -> Connection<any Channel> {
        let plan = plan(for: target, from: start, goal: .channel, over: transport, options: options)
        try checkGroup(for: target)
        let ending = await run(plan)
        return try Self.connection(from: ending, to: target) { $0 }
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
        case .channel(let channel, let destination, let binding, let splits):
            guard let output = output(channel) else { Self.brokenInvariant(ending, target) }
            return Connection(output: output, destination: destination, winningBinding: binding, splits: splits)
        case .failed(let error): throw error
        case .descriptor, .addresses: Self.brokenInvariant(ending, target)
        }
    }

    /// A dial has one goal, and its driver brings that or an error.
    static func brokenInvariant(_ ending: DialDriver.Ending, _ target: Target) -> Never {
        preconditionFailure("the dial of \(target) ended as nobody asked: \(ending)")
    }
}

// MARK: - Sockets and answers

extension Dialer {
    /// Dials a host and hands over the bare socket.
    ///
    /// - Returns: a connected, non-blocking descriptor, which is the caller's to close.
    /// - Throws: `DialError`, also when the task is cancelled.
    public func connectSocket(
        to host: String,
        port: Int,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions()
    ) async throws(DialError) -> ConnectedSocket {
        try await connectSocket(to: Target(host: host, port: port), over: transport, options: options)
    }

    /// Dials a target and hands over the bare socket.
    ///
    /// - Returns: a connected, non-blocking descriptor, which is the caller's to close.
    /// - Throws: `DialError`, also when the task is cancelled.
    public func connectSocket(
        to target: Target,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions()
    ) async throws(DialError) -> ConnectedSocket {
        let start = try start(for: target, families: options.wantedFamilies)
        let plan = plan(for: target, from: start, goal: .socket, over: transport, options: options)
        let ending = await run(plan)
        switch ending {
        case .descriptor(let descriptor, let destination, let binding, let splits):
            return ConnectedSocket(
                descriptor: descriptor,
                destination: destination,
                winningBinding: binding,
                splits: splits
            )
        case .failed(let error): throw error
        case .channel, .addresses: Self.brokenInvariant(ending, target)
        }
    }

    /// Looks a host up without dialing it: look first, dial the answer later.
    ///
    /// - Returns: the endpoints in destination order that the policy lets through, and how long it took. When one
    ///   family stays silent until the look-up's budget ends, the other's answers, with `incomplete` saying what is
    ///   missing.
    /// - Throws: `DialError`, also when the task is cancelled; `refusedByPolicy` where the policy forbids every
    ///   address.
    public func resolve(
        _ host: String,
        port: Int,
        options: DialOptions = DialOptions()
    ) async throws(DialError) -> Answer {
        let target = try Target(host: host, port: port)
        let start = try start(for: target, families: options.wantedFamilies)
        // What is known needs no loop to say so (rule 1).
        if case .known(let destinations, let source?) = start, !destinations.isEmpty {
            return try answer(destinations, from: source, to: target, options)
        }
        let plan = plan(for: target, from: start, goal: .answer, over: .stream, options: options)
        let ending = await run(plan)
        switch ending {
        case .addresses(let addresses, let splits):
            guard let source = splits.source, let port = target.port else { Self.brokenInvariant(ending, target) }
            return Answer(
                target: target,
                endpoints: addresses.map { Endpoint(address: $0, port: port) },
                source: source,
                incomplete: splits.unanswered,
                splits: splits
            )
        case .failed(let error): throw error
        case .channel, .descriptor: Self.brokenInvariant(ending, target)
        }
    }

    /// What is known, less what the policy forbids.
    private func answer(
        _ destinations: [Destination],
        from source: LookupSource,
        to target: Target,
        _ options: DialOptions
    ) throws(DialError) -> Answer {
        guard let policy = setup.configuration.policy else {
            return Answer(target: target, endpoints: destinations.compactMap(\.endpoint), source: source)
        }
        var dial = Dial(
            DialQuestion(
                target: target,
                goal: .answer,
                lookup: nil,
                budgets: setup.configuration.budgets,
                policy: policy,
                origin: SocketOrigin(options)
            )
        )
        let actions = dial.start(with: destinations, from: source, at: .zero)
        switch actions.first {
        case .finish(.answered(let splits))?:
            let vetoed = splits.attempts.map(\.destination)
            let endpoints = destinations.filter { !vetoed.contains($0) }.compactMap(\.endpoint)
            return Answer(target: target, endpoints: endpoints, source: source, splits: splits)
        case .finish(.failed(let error))?: throw error
        default: preconditionFailure("what is known of \(target) is an answer, or none")
        }
    }
}

// MARK: - Running

extension Dialer {
    /// Runs a dial to its end. A cancelled task's dial is called off, and ends as soon as its loop has a turn.
    private func run(_ plan: DialPlan) async -> DialDriver.Ending {
        let loop: any EventLoop
        do throws(DialError) {
            // Nearly always there is one: the call that may wait for one would cost every dial.
            if let ready = readyLoop { loop = ready } else { loop = try await awaitedLoop(for: plan.question) }
        } catch {
            return .failed(error)
        }
        let driver = DialDriver(plan, on: loop)
        if Task.isCancelled { driver.cancel() }
        if let ending = driver.begin() { return ending }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.execute { driver.start { continuation.resume(returning: $0) } }
            }
        } onCancel: {
            driver.cancel()
        }
    }

    /// Begins a dial of whatever goal on any loop, one of a simulation's too; the faces above are made of the same parts.
    ///
    /// - Parameter end: called once, on the loop, or before this returns.
    /// - Returns: the dial, for calling it off.
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
        if let ending = driver.begin() { end(ending) } else { loop.execute { driver.start(end) } }
        return driver
    }
}
