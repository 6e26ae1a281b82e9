// SPDX-License-Identifier: Apache-2.0

import DequeModule

/// One bounded queue in front of a bounded number of slots, served round-robin by fairness key (rule 4).
///
/// Pure: tickets go in, grants come out. A ticket is one piece of work that any number of fairness keys may wait for.
@available(FairDial 0.1, *)
package struct FairQueue: Sendable {
    /// Identifies one piece of work in the queue.
    package typealias Ticket = UInt64

    private struct Waiting: Sendable {
        var fairnessKeys: [FairnessKey]
        let isFast: Bool
    }

    private struct Granted: Sendable {
        /// Whose slot it is.
        let fairnessKey: FairnessKey
        /// All the keys that wait for it, should it be put back.
        var fairnessKeys: [FairnessKey]
        let isFast: Bool
    }

    private struct KeyState: Sendable {
        var inFlight = 0
        var waiting = 0
        /// Tickets in order of arrival; one that was granted or cancelled meanwhile is skipped when it comes up.
        var line = Deque<Ticket>()
    }

    private let configuration: QueueConfiguration
    private var waiting: [Ticket: Waiting] = [:]
    private var granted: [Ticket: Granted] = [:]
    /// Exactly the fairness keys with a ticket waiting or in flight.
    private var fairnessKeys: [FairnessKey: KeyState] = [:]
    /// Fairness keys in the order in which their turns come; one without anything waiting is dropped when it comes up.
    private var turns = Turns()
    /// Fairness keys that are owed a reserved slot because they have nothing in flight; one that has is dropped when it
    /// comes up.
    private var idle = Turns()
    /// Tickets that are owed a reserved slot because their names are fast; one that waits no more is skipped when it
    /// comes up.
    private var fast = Deque<Ticket>()
    private var extraSlots = 0
    private var isHeld = false

    /// An empty queue.
    package init(_ configuration: QueueConfiguration = QueueConfiguration()) {
        self.configuration = configuration.bounded
    }

    /// How many slots are taken, reserved ones included.
    package var taken: Int { granted.count + extraSlots }

    /// How many tickets wait.
    package var waitingCount: Int { waiting.count }

    /// Whether the ticket waits.
    package func isWaiting(_ ticket: Ticket) -> Bool { waiting[ticket] != nil }
}

// MARK: - Joining and leaving

@available(FairDial 0.1, *)
extension FairQueue {
    /// A ticket joins the queue; `grantNext` gives out the slots.
    ///
    /// - Parameter isFast: whether its name was lately answered fast, so that a reserved slot may be spent on it.
    /// - Returns: `false` when the queue is full, and the ticket is not in it.
    package mutating func join(_ ticket: Ticket, for fairnessKey: FairnessKey, isFast: Bool) -> Bool {
        guard waiting[ticket] == nil, granted[ticket] == nil else { return true }
        guard waiting.count < configuration.waitingLimit || canGrantAtOnce(fairnessKey, isFast: isFast) else {
            return false
        }
        waiting[ticket] = Waiting(fairnessKeys: [], isFast: isFast)
        if isFast { fast.append(ticket) }
        enqueue(ticket, for: fairnessKey)
        return true
    }

    /// Another fairness key waits for the same ticket: it holds the best slot that any of them is owed (rule 3).
    package mutating func add(_ fairnessKey: FairnessKey, to ticket: Ticket) {
        if let slot = granted[ticket], !slot.fairnessKeys.contains(fairnessKey) {
            granted[ticket]?.fairnessKeys.append(fairnessKey)
        }
        guard let entry = waiting[ticket], !entry.fairnessKeys.contains(fairnessKey) else { return }
        enqueue(ticket, for: fairnessKey)
    }

    /// No caller wants the ticket any more.
    ///
    /// - Returns: `false` when it was not waiting.
    package mutating func cancel(_ ticket: Ticket) -> Bool {
        guard let entry = waiting.removeValue(forKey: ticket) else { return false }
        leaveLine(entry)
        return true
    }

    /// The ticket's work is done: its slot is free.
    package mutating func release(_ ticket: Ticket) {
        guard let slot = granted.removeValue(forKey: ticket) else { return }
        isHeld = false
        endTurn(of: slot.fairnessKey)
    }

    /// A granted ticket gives its slot back undone and waits again, first among each of its fairness keys'; nothing is
    /// granted until some other slot falls free, because the thread or descriptor that it needed cannot be had.
    package mutating func putBack(_ ticket: Ticket) {
        guard let slot = granted.removeValue(forKey: ticket) else { return }
        waiting[ticket] = Waiting(fairnessKeys: [], isFast: slot.isFast)
        if slot.isFast { fast.prepend(ticket) }
        for fairnessKey in slot.fairnessKeys { enqueue(ticket, for: fairnessKey, isFirst: true) }
        endTurn(of: slot.fairnessKey)
        isHeld = taken > 0
    }

    /// Takes one more slot for work that has one already, if fewer than half of all slots are taken.
    package mutating func takeExtraPlace() -> Bool {
        guard !isHeld, taken * 2 < configuration.slots else { return false }
        extraSlots += 1
        return true
    }

    /// Gives a slot back that `takeExtraPlace` gave.
    package mutating func releaseExtraPlace() {
        guard extraSlots > 0 else { return }
        extraSlots -= 1
        isHeld = false
    }

    private func canGrantAtOnce(_ fairnessKey: FairnessKey, isFast: Bool) -> Bool {
        if isHeld { return false }
        if taken < configuration.slots { return waiting.isEmpty }
        return isFast ? taken < fastLimit : fairnessKeys[fairnessKey] == nil && taken < idleLimit
    }

    private mutating func enqueue(_ ticket: Ticket, for fairnessKey: FairnessKey, isFirst: Bool = false) {
        if isFirst {
            fairnessKeys[fairnessKey, default: KeyState()].line.prepend(ticket)
        } else {
            fairnessKeys[fairnessKey, default: KeyState()].line.append(ticket)
        }
        fairnessKeys[fairnessKey]?.waiting += 1
        waiting[ticket]?.fairnessKeys.append(fairnessKey)
        turns.append(fairnessKey)
        if fairnessKeys[fairnessKey]?.inFlight == 0 { idle.append(fairnessKey) }
    }

    private mutating func leaveLine(_ entry: Waiting) {
        if fast.count > 2 * waiting.count + 32 { fast.removeAll { waiting[$0] == nil } }
        for fairnessKey in entry.fairnessKeys {
            guard var state = fairnessKeys[fairnessKey] else { continue }
            state.waiting -= 1
            // Cancelled tickets leave gaps behind; a queue of little else is compacted.
            if state.line.count > 2 * state.waiting + 32 { state.line.removeAll { waiting[$0] == nil } }
            fairnessKeys[fairnessKey] = state
            forgetIfGone(fairnessKey)
        }
    }

    private mutating func endTurn(of fairnessKey: FairnessKey) {
        fairnessKeys[fairnessKey]?.inFlight -= 1
        if let state = fairnessKeys[fairnessKey], state.inFlight == 0, state.waiting > 0 { idle.append(fairnessKey) }
        forgetIfGone(fairnessKey)
    }

    private mutating func forgetIfGone(_ fairnessKey: FairnessKey) {
        guard let state = fairnessKeys[fairnessKey], state.inFlight == 0, state.waiting == 0 else { return }
        fairnessKeys[fairnessKey] = nil
        if turns.count > 2 * fairnessKeys.count + 32 { turns.removeAll { fairnessKeys[$0] == nil } }
        if idle.count > 2 * fairnessKeys.count + 32 { idle.removeAll { fairnessKeys[$0] == nil } }
    }
}

// MARK: - Granting

@available(FairDial 0.1, *)
extension FairQueue {
    /// Up to this many taken slots, a fairness key with nothing in flight may take a reserved one.
    private var idleLimit: Int {
        fastLimit - configuration.reservedSlots / 4 - (2...3 ~= configuration.reservedSlots ? 1 : 0)
    }

    /// Up to this many taken slots, a fast name may: the last quarter of the reserved slots is for fast names alone, so
    /// that a burst of new fairness keys cannot take them all.
    private var fastLimit: Int { configuration.slots + configuration.reservedSlots }

    /// How many slots a fairness key may have while keys with fewer than that wait.
    private var share: Int { max(1, configuration.slots / max(1, fairnessKeys.count)) }

    /// Gives a free slot to the next ticket, if there are both; call it until it returns `nil`.
    package mutating func grantNext() -> Ticket? {
        guard !waiting.isEmpty, !isHeld else { return nil }
        if taken < configuration.slots { return grantInTurn() }
        if taken < idleLimit, let ticket = grantToIdle() { return ticket }
        if taken < fastLimit { return grantToFast() }
        return nil
    }

    private mutating func grantInTurn() -> Ticket? {
        let share = share
        var passedOver: FairnessKey?
        for _ in 0..<turns.count {
            guard let fairnessKey = turns.popFirst() else { break }
            guard let state = fairnessKeys[fairnessKey], state.waiting > 0 else { continue }
            turns.append(fairnessKey)
            if state.inFlight < share { return grantFirst(of: fairnessKey) }
            passedOver = passedOver ?? fairnessKey
        }
        // Every key that waits has its share, and a free slot is never left empty: the turns simply go on.
        guard let passedOver, let next = turns.popFirst() else { return nil }
        assert(next == passedOver, "a whole round has left the order as it was")
        turns.append(next)
        return grantFirst(of: next)
    }

    private mutating func grantToIdle() -> Ticket? {
        while let fairnessKey = idle.popFirst() {
            guard let state = fairnessKeys[fairnessKey], state.inFlight == 0, state.waiting > 0 else { continue }
            return grantFirst(of: fairnessKey)
        }
        return nil
    }

    private mutating func grantToFast() -> Ticket? {
        while let ticket = fast.popFirst() {
            guard let fairnessKey = waiting[ticket]?.fairnessKeys.first else { continue }
            return grant(ticket, to: fairnessKey)
        }
        return nil
    }

    private mutating func grantFirst(of fairnessKey: FairnessKey) -> Ticket? {
        while let ticket = fairnessKeys[fairnessKey]?.line.popFirst() {
            if waiting[ticket] != nil { return grant(ticket, to: fairnessKey) }
        }
        return nil
    }

    private mutating func grant(_ ticket: Ticket, to fairnessKey: FairnessKey) -> Ticket {
        if let entry = waiting.removeValue(forKey: ticket) {
            granted[ticket] = Granted(fairnessKey: fairnessKey, fairnessKeys: entry.fairnessKeys, isFast: entry.isFast)
            fairnessKeys[fairnessKey]?.inFlight += 1
            leaveLine(entry)
        }
        return ticket
    }
}

/// Fairness keys in the order in which they came, each once.
@available(FairDial 0.1, *)
private struct Turns: Sendable {
    private var order = Deque<FairnessKey>()
    private var members: Set<FairnessKey> = []

    var count: Int { order.count }

    mutating func append(_ fairnessKey: FairnessKey) {
        if members.insert(fairnessKey).inserted { order.append(fairnessKey) }
    }

    mutating func popFirst() -> FairnessKey? {
        guard let first = order.popFirst() else { return nil }
        members.remove(first)
        return first
    }

    mutating func removeAll(where isGone: (FairnessKey) -> Bool) {
        order.removeAll(where: isGone)
        members = Set(order)
    }
}
