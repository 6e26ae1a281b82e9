// SPDX-License-Identifier: Apache-2.0

import GRPCCore

/// What a transport that dials by itself knows: whether there is a connection for a new call, who waits for one, and
/// when to dial the next.
///
/// ```
///             ready                  closed, retired
///  dialing ──────────► connected ──────────────────► dialing
///     │ failed             │ closed at once             ▲
///     └──────► backing off ◄                            │
///                  └────────────────────────────────────┘        closing ends each of them
/// ```
/// Generic over the connection, so that it can be tested without one. Time is what has passed since the transport was
/// made.
struct TransportState<Connection: Sendable>: Sendable {
    /// What a call gets.
    enum Place: Sendable {
        case connection(Connection, number: Int)
        case wait
        case fail(RPCError)
    }

    /// A call that waits.
    struct Waiter: Sendable {
        let id: UInt64
        let waitsForReady: Bool
        let promise: CheckedContinuation<(Connection, Int), any Error>
    }

    /// What becomes of a connection that a dial has brought.
    enum Arrival: Sendable {
        /// These wait for it.
        case taken([Waiter])
        /// It takes no calls any more, which is told to these; close it.
        case gone([Waiter], RPCError)
        /// Nobody wants it any more: close it.
        case unwanted
    }

    /// Whom to tell that a connection was none.
    struct Retirement: Sendable {
        let told: [Waiter]
        let error: RPCError
    }

    private enum Phase: Sendable {
        case dialing(isGone: Bool)
        case connected(Connection, since: Duration)
        case backingOff(RPCError)
        case closed
    }

    /// More calls than this wait for no connection.
    static var waiterLimit: Int { 65_536 }
    /// A connection on which no call went well is one all the same when it has lasted this long: servers and what is
    /// between close those that nobody uses, after minutes, and that is no failure.
    static var lifetime: Duration { .seconds(1) }

    private var phase = Phase.dialing(isGone: false)
    /// Counts dials, so that what is said of an old connection is not taken for the new one.
    private var number = 0
    /// Whether a call has gone well on the connection that is there.
    private var isProven = false
    /// Whether a call has begun on it.
    private var isUsed = false
    private var failures = 0
    /// By their ids, which grow: of many that are called off at once, none is looked for among all.
    private var waiting: [UInt64: Waiter] = [:]

    /// Who waits, the first to come first.
    var waiters: [Waiter] { waiting.values.sorted { $0.id < $1.id } }

    var isClosed: Bool {
        if case .closed = phase { true } else { false }
    }

    /// Whether new calls take this connection.
    func isCurrent(_ number: Int) -> Bool {
        if case .connected = phase { number == self.number } else { false }
    }

    /// How often in a row dialing has failed, or brought a connection that was closed at once.
    var failuresInARow: Int { failures }

    /// Which connection a new call takes.
    ///
    /// - Parameter last: the number of one that was tried and takes no calls any more.
    mutating func place(after last: Int?, waitsForReady: Bool) -> Place {
        switch phase {
        case .connected(let connection, _) where last != number: return .connection(connection, number: number)
        case .connected, .dialing: break
        case .backingOff(let error): if !waitsForReady { return .fail(error) }
        case .closed: return .fail(RPCError(code: .failedPrecondition, message: "the transport is closed"))
        }
        guard waiting.count < Self.waiterLimit else {
            return .fail(RPCError(code: .resourceExhausted, message: "too many calls wait for a connection"))
        }
        return .wait
    }

    mutating func enqueue(_ waiter: Waiter) {
        waiting[waiter.id] = waiter
    }

    /// - Returns: the waiter, unless it has its answer already.
    mutating func dequeue(_ id: UInt64) -> Waiter? {
        waiting.removeValue(forKey: id)
    }

    /// A dial begins; after the back-off, where there was one.
    ///
    /// - Returns: the number of the connection that it may bring.
    mutating func dials() -> Int {
        number += 1
        (isProven, isUsed) = (false, false)
        switch phase {
        case .dialing, .backingOff: phase = .dialing(isGone: false)
        case .connected, .closed: break
        }
        return number
    }

    /// A dial has brought a connection, and its server has said that it is ready.
    mutating func connected(_ connection: Connection, at now: Duration) -> Arrival {
        guard case .dialing(let isGone) = phase else { return .unwanted }
        if isGone {
            let error = Self.closedAtOnce
            return .gone(backOff(error), error)
        }
        phase = .connected(connection, since: now)
        return .taken(takeWaiters())
    }

    /// A dial has failed.
    ///
    /// - Returns: whom to tell: all but those who wait for better times.
    mutating func failed(_ error: RPCError) -> [Waiter] {
        guard case .dialing = phase else { return [] }
        return backOff(error)
    }

    private mutating func backOff(_ error: RPCError) -> [Waiter] {
        failures += 1
        phase = .backingOff(error)
        let told = waiters.filter { !$0.waitsForReady }
        for waiter in told { waiting[waiter.id] = nil }
        return told
    }

    private mutating func takeWaiters() -> [Waiter] {
        defer { waiting = [:] }
        return waiters
    }

    private static var closedAtOnce: RPCError {
        RPCError(code: .unavailable, message: "a connection was made, and closed at once by the other side")
    }

    /// A call has begun.
    mutating func began(on number: Int) {
        if number == self.number { isUsed = true }
    }

    /// A call has gone well.
    mutating func proved(_ number: Int) {
        guard number == self.number else { return }
        isProven = true
        failures = 0
    }

    /// A connection takes no new calls any more: it has closed, or its server wants it to.
    ///
    /// - Parameter isDraining: whether its server has said so, and lets the calls on it end.
    /// - Returns: whom to tell; `nil` where it is not the one that new calls take.
    mutating func retired(_ number: Int, isDraining: Bool, at now: Duration) -> Retirement? {
        guard number == self.number else { return nil }
        switch phase {
        case .dialing:
            // It said so before it was handed out.
            phase = .dialing(isGone: true)
            return nil
        case .connected(_, let since):
            let error = Self.closedAtOnce
            guard isProven || now - since >= Self.lifetime || isDraining && isUsed else {
                // As bad as none: a server that closes whatever comes would be dialed without a pause.
                return Retirement(told: backOff(error), error: error)
            }
            failures = 0
            phase = .dialing(isGone: false)
            return Retirement(told: [], error: error)
        case .backingOff, .closed: return nil
        }
    }

    /// No new calls.
    ///
    /// - Returns: whom to tell.
    mutating func close() -> [Waiter] {
        phase = .closed
        return takeWaiters()
    }
}
