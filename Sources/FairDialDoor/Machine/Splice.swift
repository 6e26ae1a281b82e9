// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// Two connections made one: bytes, ends and resets of each go to the other, and neither is read faster than the other
/// takes it.
///
/// ```
///  near (client) ──► bytes, end, reset ──► far (target)
///                ◄── bytes, end, reset ◄──
/// ```
/// Begins with both sides open and unread: read both. What comes is written to the other side by the driver, which
/// tells here when a read is complete, a side takes bytes again, or something has ended. Time is what has passed since
/// the client came.
///
/// Once a side has ended nobody may be there any more who would end the other: a client that hangs up sends the same as
/// one that still listens. So from then on bytes must move, or the splice is given up after a time.
@available(FairDial 0.1, *)
struct Splice: Sendable {
    enum Side: Sendable {
        /// The client's connection.
        case near
        /// The target's.
        case far

        var other: Side { self == .near ? .far : .near }
    }

    enum Action: Hashable, Sendable {
        /// Send what is written and then the end, and tell `outputEnded`.
        case endOutput(Side)
        /// Close, with all its bytes sent or not wanted any more.
        case close(Side)
        /// Close by a reset, as the other side was.
        case reset(Side)
    }

    /// How much has moved so far: two that differ say that something has, in between.
    struct Moved: Hashable, Sendable {
        /// What the connections have received, and what their peers have taken.
        var bytes: UInt64 = 0
        /// What waits here to be sent to the client.
        var waitingNear = 0
        /// What waits here to be sent to the target.
        var waitingFar = 0
    }

    private struct End: Sendable {
        /// Its peer sends nothing more, and all that it has sent was handed on.
        var hasEnded = false
        /// It is to be sent the end.
        var outputIsEnding = false
        /// All that it is to be sent is sent, and the end.
        var outputHasEnded = false
        var isClosed = false
        /// Not read, because the other side has enough.
        var isHeld = false
    }

    /// What is known of a splice of which a side has ended.
    private struct Quiet: Sendable {
        /// When a byte was last known to move, or the side ended.
        var since: Duration
        /// When that was last looked at.
        var looked: Duration
        /// What had moved by then; `nil` before the first look: to ask takes system calls, and most are over by then.
        var moved: Moved?
    }

    /// How many times within its timeout it is looked at whether bytes move: so late is the end noticed at most.
    private static let looks = 4

    private let halfClosedTimeout: Duration
    private var near = End()
    private var far = End()
    private var quiet: Quiet?
    private var isGivenUp = false

    /// - Parameter halfClosedTimeout: how long no byte may move once a side has ended; clamped to at least 1 ms.
    init(halfClosedTimeout: Duration) {
        self.halfClosedTimeout = max(.milliseconds(1), halfClosedTimeout.bounded)
    }

    private subscript(side: Side) -> End {
        get { side == .near ? near : far }
        set { if side == .near { near = newValue } else { far = newValue } }
    }

    /// Nothing of it is left.
    var isOver: Bool { near.isClosed && far.isClosed }

    /// When to call `advance(to:moved:)`; `nil` when the time does not matter.
    var wakeTime: Duration? {
        guard let quiet, !isOver, !isGivenUp else { return nil }
        return min(quiet.since + halfClosedTimeout, quiet.looked + halfClosedTimeout / Self.looks)
    }

    /// What was there has been read, and written to the other side.
    ///
    /// - Returns: whether to read on at once.
    mutating func readCompleted(on side: Side, otherIsWritable: Bool) -> Bool {
        if self[side].hasEnded || self[side].isClosed { return false }
        self[side].isHeld = !otherIsWritable
        return otherIsWritable
    }

    /// A side takes bytes again.
    ///
    /// - Returns: whether to read the other side now.
    mutating func becameWritable(_ side: Side) -> Bool {
        let source = side.other
        guard self[source].isHeld, !self[source].hasEnded, !self[source].isClosed else { return false }
        self[source].isHeld = false
        return true
    }

    /// A side's peer sends nothing more.
    mutating func inputEnded(on side: Side, at now: Duration) -> [Action] {
        guard !self[side].hasEnded, !self[side].isClosed else { return [] }
        self[side].hasEnded = true
        becomeQuiet(at: now)
        guard !self[side.other].isClosed else { return [] }
        self[side.other].outputIsEnding = true
        return [.endOutput(side.other)]
    }

    /// The end has been sent to a side, after everything before it; or there is nobody any more who would take it.
    mutating func outputEnded(on side: Side) -> [Action] {
        guard !self[side].outputHasEnded, !self[side].isClosed else { return [] }
        self[side].outputHasEnded = true
        if self[side.other].isClosed { return [.close(side)] }
        return self[side.other].outputHasEnded ? [.close(.near), .close(.far)] : []
    }

    /// A side's connection is gone.
    ///
    /// - Parameter isReset: whether it has said so by an error.
    mutating func closed(_ side: Side, isReset: Bool, at now: Duration) -> [Action] {
        guard !self[side].isClosed else { return [] }
        self[side].isClosed = true
        becomeQuiet(at: now)
        let other = self[side.other]
        if other.isClosed { return [] }
        if !self[side].hasEnded {
            // Cut off: the other side's peer must not take what it has for everything. Save where the side was sent the
            // end before: when both of a connection's ends are there, NIO closes it, and tells of no end.
            guard self[side].outputIsEnding, !isReset else { return [.reset(side.other)] }
            self[side].hasEnded = true
            self[side.other].outputIsEnding = true
            return [.endOutput(side.other)]
        }
        // A reset right behind an end: where a write finds a connection broken, NIO reads it to its end first, and
        // tells of that end before the error.
        if isReset, !other.outputHasEnded { return [.reset(side.other)] }
        // The end, and what is before it, may still be on the way; nothing can come back any more.
        return other.outputHasEnded ? [.close(side.other)] : []
    }

    private mutating func becomeQuiet(at now: Duration) {
        guard quiet == nil, !isOver else { return }
        quiet = Quiet(since: now, looked: now)
    }

    /// The time has come that `wakeTime` said; at any other, nothing happens.
    mutating func advance(to now: Duration, moved: @autoclosure () -> Moved) -> [Action] {
        guard let wakeTime, now >= wakeTime, let quiet else { return [] }
        let moved = moved()
        self.quiet?.looked = now
        // A client that takes its time over what a target has left behind is there: one that has gone is told of.
        if moved != quiet.moved || far.hasEnded && moved.waitingNear > 0 {
            self.quiet = Quiet(since: now, looked: now, moved: moved)
            return []
        }
        guard now - quiet.since >= halfClosedTimeout else { return [] }
        isGivenUp = true
        // Whose bytes and end are all sent is closed, so that the kernel still delivers what it has; the other one's
        // peer must not take what it has for everything. That one first: its reset is no end for the first to be told.
        let open = [Side.near, .far].filter { !self[$0].isClosed }
        return open.filter { !self[$0].outputHasEnded }.map(Action.reset)
            + open.filter { self[$0].outputHasEnded }.map(Action.close)
    }

    /// The door waits no longer.
    func cutOff() -> [Action] {
        [Side.near, .far].filter { !self[$0].isClosed }.map(Action.reset)
    }
}
