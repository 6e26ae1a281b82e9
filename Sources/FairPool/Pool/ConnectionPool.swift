// SPDX-License-Identifier: Apache-2.0

public import FairDial
import IPAddresses
import NIOConcurrencyHelpers
public import NIOCore
import NIOPosix
import SystemSupport

/// Connections to one service, made fairly and used again and again.
///
/// ```swift
/// let pool = ConnectionPool(to: try Target(host: "db.example.org", port: 27017)) { channel in
///     channel.pipeline.addHandlers(protocolHandlers()).map { channel }
/// }
/// let reply = try await pool.withConnection { connection in try await ask(connection.channel) }
/// await pool.close()
/// ```
///
/// A caller's wait has its own timeout (`PoolConfiguration.waitTimeout`), and the dials have theirs. A dial counts for
/// nothing before it has an address: a name that hangs holds no place, and other targets of the pool are dialed
/// meanwhile. The pool must be closed; one that is dropped keeps its connections until then.
@available(FairDial 0.1, *)
public final class ConnectionPool<Output: Sendable>: Sendable {
    /// What the loop holds.
    final class WakeUp: NIOScheduledCallbackHandler, Sendable {
        enum End: Sendable {
            case wentOff
            case loopEnded
        }

        private let pool: ConnectionPool
        /// How it has ended, which may be before the pool knows of it; `nil` while it may go off.
        let end = NIOLockedValueBox<End?>(nil)

        init(_ pool: ConnectionPool) {
            self.pool = pool
        }

        func handleScheduledCallback(eventLoop: some EventLoop) {
            end.withLockedValue { $0 = .wentOff }
            pool.wake(self)
        }

        /// The pool forgets a timer before it cancels it: else the loop has been shut down.
        func didCancelScheduledCallback(eventLoop: some EventLoop) {
            end.withLockedValue { $0 = .loopEnded }
            if pool.state.withMachine({ $0.timer?.wakeUp === self }) { pool.loopEnded() }
        }
    }

    let targets: [Target]
    let dialer: Dialer
    let options: DialOptions
    let connect: @Sendable (Target, DialOptions, any EventLoop) -> EventLoopFuture<Connection<Output>>
    let check: (@Sendable (PooledConnection<Output>) -> EventLoopFuture<Void>)?
    /// Which pool it is, for those who observe it.
    let identity: ObservedPool
    /// What the observer wants to be told by.
    let observe: (@Sendable (PoolEvent, PoolCounts) -> Void)?
    let service: (@Sendable (Output) -> UInt64?)?
    private let loop: any EventLoop
    let waitTimeout: Duration
    private let startedAt: NIODeadline
    let process = PoolProcess()
    let state: OrderedOutbox<PoolState, PoolAction>

    /// - Parameters:
    ///   - targets: where the service is to be had; the connections are spread over them, 256 at most.
    ///   - dialer: makes the connections, with its timeouts, policy and resolver.
    ///   - configuration: sizes and times.
    ///   - options: of each dial; `admission` and `cancellation` are the pool's own. `readiness` is where a connection
    ///     authenticates: a dial ends when it has succeeded.
    ///   - service: which service a connection belongs to, for `clear(service:)`, where several are behind one address;
    ///     asked once it is made. It must not block. `nil` for none.
    ///   - check: fails for a connection that does not live; asked after `PoolConfiguration.checkAfter`, and ended by
    ///     `checkTimeout`. `nil` for whether the channel is active.
    ///   - initializer: adds handlers to the channel, before anything is read.
    public convenience init(
        to targets: [Target],
        dialer: Dialer = .shared,
        configuration: PoolConfiguration = PoolConfiguration(),
        options: DialOptions = DialOptions(),
        service: (@Sendable (Output) -> UInt64?)? = nil,
        check: (@Sendable (PooledConnection<Output>) -> EventLoopFuture<Void>)? = nil,
        initializer: @escaping @Sendable (any Channel) throws -> EventLoopFuture<Output>
    ) {
        self.init(
            to: targets,
            dialer: dialer,
            configuration: configuration,
            options: options,
            service: service,
            check: check
        ) { target, options, loop in
            dialer.connect(to: target, options: options, on: loop, initializer: initializer)
        }
    }

    /// A pool whose dials are the caller's, such as `connectTLS` of the TLS package.
    ///
    /// - Parameters:
    ///   - targets: where the service is to be had; the connections are spread over them, 256 at most.
    ///   - dialer: the one that `connect` uses; its loops are the connections'.
    ///   - configuration: sizes and times.
    ///   - options: of each dial; `admission` and `cancellation` are the pool's own.
    ///   - service: which service a connection belongs to, for `clear(service:)`; `nil` for none.
    ///   - check: fails for a connection that does not live; asked after `PoolConfiguration.checkAfter`. `nil` for
    ///     whether the channel is active.
    ///   - connect: dials a target with options that it passes on as they are, on a loop; `DialError` where it fails.
    ///     It must end soon after their cancellation: the pool's `close` waits for it.
    public init(
        to targets: [Target],
        dialer: Dialer = .shared,
        configuration: PoolConfiguration = PoolConfiguration(),
        options: DialOptions = DialOptions(),
        service: (@Sendable (Output) -> UInt64?)? = nil,
        check: (@Sendable (PooledConnection<Output>) -> EventLoopFuture<Void>)? = nil,
        connect: @escaping @Sendable (Target, DialOptions, any EventLoop) -> EventLoopFuture<Connection<Output>>
    ) {
        self.targets = Array(targets.prefix(PoolMachine.targetLimit))
        self.dialer = dialer
        self.options = options
        self.connect = connect
        self.check = check
        self.service = service
        loop = dialer.configuration.group.any()
        waitTimeout = configuration.waitTimeout.bounded
        startedAt = .now()
        identity = ObservedPool(configuration, to: self.targets)
        observe = configuration.observer?.poolBegins(identity)
        let machine = PoolMachine(
            configuration,
            targets: self.targets.count,
            following: Self.followed(self.targets, configuration, options),
            isReady: !configuration.startsPaused,
            isObserved: observe != nil,
            random: .system
        )
        state = OrderedOutbox(PoolState(machine: machine))
        update { $0.machine.start(at: $1, &$2) }
    }

    /// A pool of connections to one target.
    public convenience init(
        to target: Target,
        dialer: Dialer = .shared,
        configuration: PoolConfiguration = PoolConfiguration(),
        options: DialOptions = DialOptions(),
        service: (@Sendable (Output) -> UInt64?)? = nil,
        check: (@Sendable (PooledConnection<Output>) -> EventLoopFuture<Void>)? = nil,
        initializer: @escaping @Sendable (any Channel) throws -> EventLoopFuture<Output>
    ) {
        self.init(
            to: [target],
            dialer: dialer,
            configuration: configuration,
            options: options,
            service: service,
            check: check,
            initializer: initializer
        )
    }

    /// Nobody can close the pool any more, so nobody is told of it.
    deinit {
        if process.isCurrent { endEvents() }
    }

    /// How the pool stands now.
    public var counts: PoolCounts {
        let now = now
        guard process.isCurrent else { return PoolCounts() }
        return state.withMachine { state in
            let counts = state.machine.counts
            return PoolCounts(
                idle: counts.idle,
                inUse: counts.inUse,
                connecting: counts.connecting,
                waiting: counts.waiting,
                oldestWait: state.machine.oldestWait.map { max(.zero, now - $0) } ?? .zero
            )
        }
    }

    /// Connections made before are not handed out any more, and none is made until `ready`: for a monitor that has
    /// seen the server fail.
    ///
    /// - Parameter interruptsUse: whether those in use are closed at once.
    public func clear(interruptsUse: Bool = false) {
        if process.isCurrent { update { $0.machine.clear(interruptingUse: interruptsUse, at: $1, &$2) } }
    }

    /// Connections of one service made before are not handed out any more; the pool stays as it is.
    ///
    /// - Parameter service: as the initializer's `service` names it.
    public func clear(service: UInt64) {
        if process.isCurrent { update { $0.machine.clear(service: service, at: $1, &$2) } }
    }

    /// Connections are made and handed out, after `clear`, or for the first time where `startsPaused` is set.
    public func ready() {
        if process.isCurrent { update { $0.machine.ready(at: $1, &$2) } }
    }

    /// Closes the pool: waits end at once, and connections in use when they come back. Returns when every connection
    /// has been closed, and every dial has ended.
    ///
    /// - Parameter limit: how long they may still be in use; then they are closed by force. Default 10 s.
    public func close(within limit: Duration = .seconds(10)) async {
        await withCheckedContinuation { continuation in close(within: limit) { continuation.resume() } }
    }

    /// The same for NIO code.
    ///
    /// - Parameters:
    ///   - limit: how long connections may still be in use; then they are closed by force.
    ///   - done: called once, on any thread, when every connection has been closed.
    public func close(within limit: Duration, _ done: @escaping @Sendable () -> Void) {
        guard process.isCurrent else { return done() }
        let isFinished = state.withMachine { state in
            if !state.isFinished { state.closers.append(done) }
            return state.isFinished
        }
        if isFinished { return done() }
        update { $0.machine.close(within: limit, at: $1, &$2) }
    }

    // MARK: - Connections go out and come back

    /// A connection: an idle one at once, else one that is given back or made.
    ///
    /// - Throws: `PoolError`.
    public func checkOut() async throws(PoolError) -> PoolLease<Output> {
        if let connection = takeIdle() { return PoolLease(connection, of: self) }
        let waiter = PendingWait()
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                waiter.begin(continuation)
                let id = wait { waiter.end($0) }
                // It may have been cancelled before there was anything to leave.
                if waiter.began(id) { leave(id) }
            }
        } onCancel: {
            if let id = waiter.cancel() { leave(id) }
        }
        return PoolLease(Self.connection(try answer.get()), of: self)
    }

    /// Lends a connection to a closure. What the closure throws closes the connection, for nobody knows what is left
    /// unread on it; a closure that knows better returns the error as a value.
    ///
    /// - Throws: `PoolError` where there is no connection; what the closure throws.
    public func withConnection<Value>(
        _ body: (PooledConnection<Output>) async throws -> sending Value
    ) async throws -> sending Value {
        let lease = try await checkOut()
        let value = try await body(lease.connection)
        lease.giveBack()
        return value
    }

    func takeIdle() -> PooledConnection<Output>? {
        let now = now
        // The lock may be another thread's, which the child does not have.
        guard process.isCurrent else { return nil }
        guard let object = state.withMachine({ $0.takeIdle(at: now) }) else { return takeObserved() }
        return usable(Self.connection(object))
    }

    /// The same where observers are to be told.
    @inline(never)
    private func takeObserved() -> PooledConnection<Output>? {
        guard isObserved else { return nil }
        var object: PoolState.Object?
        update { state, now, actions in
            object = state.machine.takeIdle(at: now, &actions).flatMap { state.connections[$0] }
        }
        return object.flatMap { usable(Self.connection($0)) }
    }

    /// A channel that has closed says so a turn of its loop before the pool is told.
    private func usable(_ connection: PooledConnection<Output>) -> PooledConnection<Output>? {
        if connection.channel.isActive { return connection }
        checkIn(connection, isBroken: true)
        return nil
    }

    /// What the state knows as an object: only this pool's connections get in there.
    static func connection(_ object: PoolState.Object) -> PooledConnection<Output> {
        unsafeDowncast(object, to: PooledConnection<Output>.self)
    }

    func checkIn(_ connection: PooledConnection<Output>, isBroken: Bool, wasUsed: Bool = true) {
        // What follows takes a lock that may be another thread's, and may close a channel, which is the parent's.
        guard process.isCurrent else { return }
        let (now, id) = (now, connection.id)
        // One that has closed is found when it is to be taken, or says so itself before.
        if !isBroken, wasUsed, state.withMachine({ $0.putBack(id, at: now) }) { return }
        let hasClosed = !connection.channel.isActive
        update { state, now, actions in
            state.machine.checkIn(
                id,
                isBroken: isBroken || hasClosed,
                hasClosed: hasClosed,
                wasUsed: wasUsed,
                at: now,
                &actions
            )
        }
    }

    // MARK: - Carrying out

    private var now: Duration { .nanoseconds(max(0, (NIODeadline.now() - startedAt).nanoseconds)) }

    func update(_ change: (inout PoolState, Duration, inout [PoolAction]) -> Void) {
        let now = now
        var isTimerLate = false
        func correctTimer() {
            guard isTimerLate else { return }
            isTimerLate = false
            setTimer()
        }
        // What is to be done may be other threads' too, and more of it may come all the time: the timer comes first.
        state.update {
            correctTimer()
            carryOut($0)
        } _: { state, actions in
            let now = state.time(now)
            change(&state, now, &actions)
            let wake = state.machine.wakeTime
            isTimerLate =
                !state.hasLostLoop && wake.map { wake in state.timer.map { wake < $0.wakes } ?? true } ?? false
        }
        correctTimer()
    }

    /// Has the loop come back when the machine wants to be woken. A stale wake does no harm.
    private func setTimer() {
        guard let wake = state.withMachine({ $0.machine.wakeTime }) else { return }
        let (wakeUp, deadline) = (WakeUp(self), startedAt + .nanoseconds(wake.boundedNanoseconds + 1))
        guard let scheduled = try? loop.scheduleCallback(at: deadline, handler: wakeUp) else { return loopEnded() }
        // Meanwhile another thread may have set an earlier one or closed the pool, and this one may have ended.
        let (other, end) = state.withMachine { state -> (NIOScheduledCallback?, WakeUp.End?) in
            if let end = wakeUp.end.withLockedValue({ $0 }) { return (nil, end) }
            guard !state.isFinished, !state.hasLostLoop, state.timer.map({ wake < $0.wakes }) ?? true else {
                return (scheduled, nil)
            }
            defer { state.timer = (wake, scheduled, wakeUp) }
            return (state.timer?.scheduled, nil)
        }
        other?.cancel()
        if case .loopEnded? = end { loopEnded() }
    }

    private func wake(_ wakeUp: WakeUp) {
        state.withMachine { if $0.timer?.wakeUp === wakeUp { $0.timer = nil } }
        update { $0.machine.advance(to: $1, &$2) }
        setTimer()
    }

    /// The loops have been shut down: no connection lives, and no clock runs any more.
    private func loopEnded() {
        let isFirst = state.withMachine { state in
            defer { (state.hasLostLoop, state.timer) = (true, nil) }
            return !state.hasLostLoop
        }
        if isFirst { update { $0.machine.close(within: .zero, at: $1, &$2) } }
        // The time of the close is over at once, and no timer says so.
        if isFirst { update { $0.machine.advance(to: $1, &$2) } }
    }
}
