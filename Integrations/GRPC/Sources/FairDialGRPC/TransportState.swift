// SPDX-License-Identifier: Apache-2.0

import GRPCCore

/// What a transport that dials by itself knows: whether there is a connection for a new call, who waits for one, and
/// when to dial the next.
///
/// ```
///             dialed                 closed, retired
///  dialing ──────────► connected ──────────────────► dialing
///     │ failed                                          ▲
///     └──────► backing off ─────────────────────────────┘        closing ends each of them
/// ```
/// Generic over the connection, so that it can be tested without one.
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

    private enum Phase: Sendable {
        case dialing
        case connected(Connection)
        case backingOff(RPCError)
        case closed
    }

    /// More calls than this wait for no connection.
    static var waiterLimit: Int { 65_536 }

    private var phase = Phase.dialing
    /// Counts connections, so that what is said of an old one is not taken for the new one.
    private var number = 0
    /// Whether a call has gone well on the connection that is there.
    private var isProven = false
    private var failures = 0
    private(set) var waiters: [Waiter] = []

    var isClosed: Bool {
        if case .closed = phase { true } else { false }
    }

    /// Whether new calls take this connection.
    func isCurrent(_ number: Int) -> Bool {
        if case .connected = phase { number == self.number } else { false }
    }

    /// How often dialing has failed, or brought a connection that no call went well on, since one did.
    var failuresInARow: Int { failures }

    /// Which connection a new call takes.
    ///
    /// - Parameter last: the number of one that was tried and takes no calls any more.
    mutating func place(after last: Int?, waitsForReady: Bool) -> Place {
        switch phase {
        case .connected(let connection) where last != number: return .connection(connection, number: number)
        case .connected, .dialing: break
        case .backingOff(let error): if !waitsForReady { return .fail(error) }
        case .closed: return .fail(RPCError(code: .failedPrecondition, message: "the transport is closed"))
        }
        guard waiters.count < Self.waiterLimit else {
            return .fail(RPCError(code: .resourceExhausted, message: "too many calls wait for a connection"))
        }
        return .wait
    }

    mutating func enqueue(_ waiter: Waiter) {
        waiters.append(waiter)
    }

    /// - Returns: the waiter, unless it has its answer already.
    mutating func dequeue(_ id: UInt64) -> Waiter? {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return nil }
        return waiters.remove(at: index)
    }

    /// A dial begins; after the back-off, where there was one.
    mutating func dials() {
        if case .backingOff = phase { phase = .dialing }
    }

    /// A dial has brought a connection.
    ///
    /// - Returns: its number and who waits for it; `nil` where nobody wants it any more: then close it.
    mutating func connected(_ connection: Connection) -> (number: Int, waiters: [Waiter])? {
        guard case .dialing = phase else { return nil }
        number += 1
        isProven = false
        phase = .connected(connection)
        defer { waiters = [] }
        return (number, waiters)
    }

    /// A dial has failed.
    ///
    /// - Returns: whom to tell: all but those who wait for better times.
    mutating func failed(_ error: RPCError) -> [Waiter] {
        guard case .dialing = phase else { return [] }
        failures += 1
        phase = .backingOff(error)
        let told = waiters.filter { !$0.waitsForReady }
        waiters.removeAll { !$0.waitsForReady }
        return told
    }

    /// A call has gone well.
    mutating func proved(_ number: Int) {
        guard number == self.number else { return }
        isProven = true
        failures = 0
    }

    /// A connection takes no new calls any more: it has closed, or its server wants it to.
    ///
    /// - Returns: whether to dial another one.
    mutating func retired(_ number: Int) -> Bool {
        guard number == self.number, case .connected = phase else { return false }
        // One that closes before any call went well is as bad as none: dial after it is a failure's.
        if !isProven { failures += 1 }
        phase = .dialing
        return true
    }

    /// No new calls.
    ///
    /// - Returns: whom to tell.
    mutating func close() -> [Waiter] {
        phase = .closed
        defer { waiters = [] }
        return waiters
    }
}
