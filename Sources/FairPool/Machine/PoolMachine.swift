// SPDX-License-Identifier: Apache-2.0

import DequeModule
package import FairDial
import IPAddresses

/// A pool of connections without I/O: who waits, what is idle, which dials there are, and when what ends. It decides
/// everything.
///
/// Events and the time since the pool's start go in, actions come out. Any event may come early, late or twice.
///
/// ```
///            ready              clear                        a connection:
///   paused ────────▶ ready ────────────▶ paused                dial ─ asks ─▶ admit = connecting ─ connected ─┐
///      │ close         │ close                                   └─ failed ─▶ (back-off)   └─ failed          ▼
///      └───────────────┴───▶ closing ─ nothing in use ─▶ closed  idle ─ check ─▶ checking ─▶ in use ◀── handed over
///                                                                  ▲──────────── checkIn ───────┘
/// ```
/// A dial counts for nothing until it asks: it has an address then, and no socket. There is one such dial for each
/// target at most, so a name that hangs holds no place, and many answers at once get no more places than there are.
@available(FairDial 0.1, *)
package struct PoolMachine: Sendable {
    enum Phase: Sendable {
        case paused
        case ready
        /// Closed, while connections are in use or dials end.
        case closing(limit: Duration?)
        /// Nothing is left but channels that have been told to close.
        case closed(limit: Duration?)
    }

    struct Connection: Sendable {
        enum Stage: Sendable {
            case connecting(PoolDialID)
            case idle(since: Duration)
            /// It is found out whether it lives, until then at most. One in doubt is not counted upon: a dial begins
            /// beside it.
            case checking(until: Duration, isDoubtful: Bool)
            case inUse(since: Duration)
        }

        var stage: Stage
        let target: Int
        let generation: UInt64
        let created: Duration
        /// When it is too old.
        let ends: Duration?
        /// Where it goes; `nil` while it is being made, and for a path.
        var endpoint: Endpoint?
        /// What the caller says that it belongs to.
        var service: UInt64?
        /// Whether it is not to be handed out again, though the pool was not cleared since it was made.
        var isStale = false
        /// Whether it has come back from a use as good as it went.
        var hasServed = false
    }

    struct Dial: Sendable {
        enum Stage: Sendable {
            case lookingUp
            case asking
            case connecting(PooledConnectionID)
            case cancelled
        }

        var stage = Stage.lookingUp
        let target: Int
        let began: Duration
        /// Whether it has its place for longer than a connection takes.
        var isSlow = false
        /// The address that it tries first, where it goes to addresses; `nil` for one that is cancelled.
        var first: Endpoint?
    }

    struct Target: Sendable {
        /// Connections, those being made included.
        var connections = 0
        /// Those being made.
        var connecting = 0
        /// Those of them whose dials are slow.
        var slow = 0
        /// The dial that has no place yet.
        var unplaced: PoolDialID?
        /// Failures in a row.
        var failures = 0
        /// Until when it is not dialed.
        var backOffEnds: Duration?
        /// Whether the last check that has ended got no answer: the next one may get none either.
        var hasSilentConnections = false
        /// The addresses of its name.
        var endpoints = PoolEndpoints()
    }

    /// How long a dial that asks lets a dial of a target with fewer connections come first, from that one's start, at
    /// most: twice as long as lookups have taken lately.
    static let spreadDelay = Duration.milliseconds(50)
    /// How long a connection may take before another target is dialed for the same caller, and a check before a dial
    /// begins beside it: an attempt delay (RFC 8305).
    static let slowDelay = Duration.milliseconds(250)
    /// Targets of one pool.
    package static let targetLimit = 256

    /// What may be to be done before events of callers are dropped: about a megabyte.
    package static let actionLimit = 16_384

    let limits: PoolLimits
    /// Whether events are wanted; it may change at any time.
    package var isObserved: Bool {
        didSet { if !isObserved { droppedEvents = 0 } }
    }
    /// Events of callers that were not told, because too much is to be done still.
    private var droppedEvents = 0
    var random: RandomSource
    var phase: Phase
    var generation: UInt64 = 0
    var connections = NumberedTable<Connection>()
    /// Idle connections, the one that was used last at the end; entries of others stay until they are met.
    var idle = Deque<(id: PooledConnectionID, since: Duration)>()
    var waiters = PoolWaiters()
    var dials: [PoolDialID: Dial] = [:]
    var targets: [Target]
    /// Connections that have no dial any more.
    var established = 0
    var idleCount = 0
    var checkingCount = 0
    /// Those of them that are in doubt.
    var doubtfulChecks = 0
    var connecting = 0
    /// Those of them whose dials are slow.
    var slow = 0
    /// The earliest end of a connection's life, or an earlier time.
    var earliestEnd: Duration?
    /// The earliest end of a check, or an earlier time.
    var earliestCheckEnd: Duration?
    /// When a check is in doubt, or an earlier time.
    var earliestDoubt: Duration?
    /// When a dial that connects is slow, or an earlier time.
    var earliestSlow: Duration?
    /// How long the slowest lookup took lately, of those that have ended.
    var lookupTime = Duration.zero
    /// When a name is to be looked up next, or an earlier time.
    var nextLookUp: Duration?
    /// When `advance` was called last.
    var lastAdvance: Duration?
    private var nextConnection: PooledConnectionID = 1
    private var nextDial: PoolDialID = 1
    private var nextWaiter: PoolWaiterID = 1

    /// - Parameters:
    ///   - targets: how many there are to dial; 256 at most.
    ///   - followed: those that are names, and whose addresses are to be followed.
    ///   - isReady: whether it hands out connections from the start.
    ///   - isObserved: whether events are wanted.
    package init(
        _ configuration: PoolConfiguration,
        targets: Int = 1,
        following followed: Set<Int> = [],
        isReady: Bool = true,
        isObserved: Bool = false,
        random: RandomSource
    ) {
        limits = PoolLimits(configuration)
        self.isObserved = isObserved
        self.random = random
        self.targets = Array(repeating: Target(), count: min(max(targets, 1), Self.targetLimit))
        for target in followed where self.targets.indices.contains(target) {
            self.targets[target].endpoints.lookUpAt = .zero
        }
        phase = isReady ? .ready : .paused
    }

    var isReady: Bool { if case .ready = phase { true } else { false } }

    /// Those that have been made, those being made, those that wait.
    package var counts: (idle: Int, inUse: Int, connecting: Int, waiting: Int) {
        (idleCount + checkingCount, established - idleCount - checkingCount, connecting, waiters.count)
    }

    /// Idle connections of which it is found out whether they live.
    package var checking: Int { checkingCount }

    /// Dials that have no address yet.
    package var lookingUp: Int { dials.values.count { if case .lookingUp = $0.stage { true } else { false } } }

    /// Since when the one waits that waits longest.
    package var oldestWait: Duration? { waiters.first?.since }

    mutating func takeConnectionID() -> PooledConnectionID {
        defer { nextConnection += 1 }
        return nextConnection
    }

    mutating func takeDialID() -> PoolDialID {
        defer { nextDial += 1 }
        return nextDial
    }

    mutating func takeWaiterID() -> PoolWaiterID {
        defer { nextWaiter += 1 }
        return nextWaiter
    }

    mutating func tell(_ event: @autoclosure () -> PoolEvent, _ actions: inout [PoolAction]) {
        guard isObserved else { return }
        if droppedEvents > 0 {
            actions.append(.tell(.eventsDropped(droppedEvents)))
            droppedEvents = 0
        }
        actions.append(.tell(event()))
    }

    /// The same for what a caller does who waits for nothing: many of them may do it faster than one observer is told.
    /// What happens to connections is bounded by the dials, and always told.
    mutating func tellUse(_ event: @autoclosure () -> PoolEvent, _ actions: inout [PoolAction]) {
        if actions.count < Self.actionLimit { return tell(event(), &actions) }
        if isObserved { droppedEvents += 1 }
    }

    // MARK: - What the owner wants

    /// Fills the pool to its least size, where it is ready from the start.
    package mutating func start(at now: Duration, _ actions: inout [PoolAction]) {
        proceed(at: now, &actions)
    }

    /// Connections are handed out from now on. The owner has seen the targets live: what failed before counts no more,
    /// and what has been connecting since before the clear holds no place.
    package mutating func ready(at now: Duration, _ actions: inout [PoolAction]) {
        guard case .paused = phase else { return }
        for (id, dial) in dials.sorted(by: { $0.key < $1.key }) where isStale(dial) { cancel(id, &actions) }
        for target in targets.indices { (targets[target].failures, targets[target].backOffEnds) = (0, nil) }
        phase = .ready
        tell(.ready, &actions)
        proceed(at: now, &actions)
    }

    /// No connection that there is by now is handed out any more, and none is made until `ready`.
    ///
    /// - Parameter interruptsUse: whether those in use, and those being made, are closed at once.
    package mutating func clear(interruptingUse interruptsUse: Bool, at now: Duration, _ actions: inout [PoolAction]) {
        switch phase {
        case .closing, .closed: return
        case .paused: generation += 1
        case .ready:
            generation += 1
            phase = .paused
            tell(.cleared(interruptsUse: interruptsUse), &actions)
        }
        for target in targets.indices { targets[target].hasSilentConnections = false }
        closeAll(interruptingUse: interruptsUse, .stale, &actions)
        for waiter in waiters.removeAll() { fail(waiter, .cleared, at: now, &actions) }
        proceed(at: now, &actions)
    }

    /// No connection of one service is handed out any more; the pool stays as it is.
    package mutating func clear(service: UInt64, at now: Duration, _ actions: inout [PoolAction]) {
        for id in sortedIDs where connections[id]?.service == service { markStale(id, &actions) }
        proceed(at: now, &actions)
    }

    /// Closes the pool: waits end, and connections in use are closed when they come back.
    ///
    /// - Parameter limit: how long they may be in use still; then they are closed by force. `nil` for no limit.
    package mutating func close(within limit: Duration?, at now: Duration, _ actions: inout [PoolAction]) {
        let end = limit.map { now + $0.bounded }
        switch phase {
        // A second call may shorten the time.
        case .closed(let earlier?):
            if let end, end < earlier { phase = .closed(limit: end) }
            return
        case .closed(nil): return
        case .closing(let earlier):
            if let end, earlier.map({ end < $0 }) ?? true { phase = .closing(limit: end) }
            return
        case .paused, .ready: break
        }
        phase = .closing(limit: end)
        for waiter in waiters.removeAll() { fail(waiter, .closed, at: now, &actions) }
        closeAll(interruptingUse: false, .poolClosed, &actions)
        cancelLookUps(&actions)
        tell(.closed, &actions)
        proceed(at: now, &actions)
    }

    /// Closes what is idle, and cancels the dials that have no place; where it interrupts, everything.
    private mutating func closeAll(
        interruptingUse: Bool,
        _ reason: PoolCloseReason,
        _ actions: inout [PoolAction]
    ) {
        for (id, dial) in dials.sorted(by: { $0.key < $1.key }) {
            switch dial.stage {
            case .lookingUp, .asking: cancel(id, &actions)
            case .connecting:
                // Of a closed pool nothing is finished; of a cleared one it is found to be stale.
                if case .closing = phase { cancel(id, &actions) } else if interruptingUse { cancel(id, &actions) }
            case .cancelled: break
            }
        }
        for id in sortedIDs {
            switch connections[id]?.stage {
            case .idle?, .checking?: close(id, reason, &actions)
            case .inUse? where interruptingUse: close(id, reason, byForce: true, &actions)
            case .inUse?, .connecting?, nil: break
            }
        }
    }

    /// A connection is not handed out again: it is closed now where nobody uses it, else when it comes back.
    mutating func markStale(_ id: PooledConnectionID, _ actions: inout [PoolAction]) {
        connections[id]?.isStale = true
        if case .idle? = connections[id]?.stage { close(id, .stale, &actions) }
    }

    private var sortedIDs: [PooledConnectionID] { connections.keys.sorted() }
}
