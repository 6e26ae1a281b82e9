// SPDX-License-Identifier: Apache-2.0

import DequeModule

/// One bounded line in front of a bounded number of places, served round-robin by asker (rule 4).
///
/// Pure: tickets go in, grants come out. A ticket is one piece of work that any number of askers may wait for.
public struct FairLine: Sendable {
    /// Names one piece of work in the line.
    public typealias Ticket = UInt64

    /// How many places there are, and for whom.
    public struct Configuration: Hashable, Sendable {
        /// Places for everybody. Default 512.
        public var places: Int

        /// Places beyond those, kept for askers with nothing under way and for names lately answered fast. Default 8.
        public var kept: Int

        /// How many may wait; beyond it the line is full. Default 65,536.
        public var waitingLimit: Int

        /// A configuration; each number is brought to what makes sense: a place at least, nothing negative.
        public init(places: Int = 512, kept: Int = 8, waitingLimit: Int = 65_536) {
            self.places = max(1, places)
            self.kept = max(0, kept)
            self.waitingLimit = max(0, waitingLimit)
        }
    }

    private struct Waiting: Sendable {
        var askers: [Asker]
        let isFast: Bool
    }

    private struct Granted: Sendable {
        /// Whose place it is.
        let asker: Asker
        /// Who else is owed one for it, should it be put back.
        var askers: [Asker]
        let isFast: Bool
    }

    private struct AskerState: Sendable {
        var underWay = 0
        var waiting = 0
        /// Tickets in order of arrival; one that was granted or withdrawn meanwhile is skipped when it comes up.
        var line = Deque<Ticket>()
    }

    private let configuration: Configuration
    private var waiting: [Ticket: Waiting] = [:]
    private var granted: [Ticket: Granted] = [:]
    /// Everybody with something waiting or under way, and nobody else.
    private var askers: [Asker: AskerState] = [:]
    /// Askers in the order in which their turns come; one without anything waiting is dropped when it comes up.
    private var turns = Turns()
    /// Askers that are owed a kept place because they have nothing under way; one that has is dropped when it comes up.
    private var idle = Turns()
    /// Tickets that are owed one because their names are fast; one that waits no more is skipped when it comes up.
    private var fast = Deque<Ticket>()
    private var extraPlaces = 0
    private var isHeld = false

    /// An empty line.
    public init(_ configuration: Configuration = Configuration()) {
        // What was set after it was made is brought to what makes sense here: without a place nothing would ever be
        // granted.
        self.configuration = Configuration(
            places: configuration.places,
            kept: configuration.kept,
            waitingLimit: configuration.waitingLimit
        )
    }

    /// How many places are taken, kept ones included.
    public var taken: Int { granted.count + extraPlaces }

    /// How many tickets wait.
    public var waitingCount: Int { waiting.count }

    /// Whether the ticket waits.
    public func isWaiting(_ ticket: Ticket) -> Bool { waiting[ticket] != nil }
}

// MARK: - Joining and leaving

extension FairLine {
    /// A ticket joins the line; `grantNext` gives out the places.
    ///
    /// - Parameter isFast: whether its name was lately answered fast, so that a kept place may be spent on it.
    /// - Returns: `false` when the line is full, and the ticket is not in it.
    public mutating func join(_ ticket: Ticket, for asker: Asker, isFast: Bool) -> Bool {
        guard waiting[ticket] == nil, granted[ticket] == nil else { return true }
        guard waiting.count < configuration.waitingLimit || canGrantAtOnce(asker, isFast: isFast) else { return false }
        waiting[ticket] = Waiting(askers: [], isFast: isFast)
        if isFast { fast.append(ticket) }
        enqueue(ticket, for: asker)
        return true
    }

    /// Another asker waits for the same ticket: it holds the best place that any of them is owed (rule 3).
    public mutating func add(_ asker: Asker, to ticket: Ticket) {
        if let place = granted[ticket], !place.askers.contains(asker) { granted[ticket]?.askers.append(asker) }
        guard let entry = waiting[ticket], !entry.askers.contains(asker) else { return }
        enqueue(ticket, for: asker)
    }

    /// Nobody wants the ticket any more.
    ///
    /// - Returns: `false` when it was not waiting.
    public mutating func withdraw(_ ticket: Ticket) -> Bool {
        guard let entry = waiting.removeValue(forKey: ticket) else { return false }
        leaveLine(entry)
        return true
    }

    /// The ticket's work is done: its place is free.
    public mutating func release(_ ticket: Ticket) {
        guard let place = granted.removeValue(forKey: ticket) else { return }
        isHeld = false
        endTurn(of: place.asker)
    }

    /// A granted ticket gives its place back undone and waits again, first among each of its askers'; nothing is granted
    /// until some other place falls free, because whatever the place needed cannot be had.
    public mutating func putBack(_ ticket: Ticket) {
        guard let place = granted.removeValue(forKey: ticket) else { return }
        waiting[ticket] = Waiting(askers: [], isFast: place.isFast)
        if place.isFast { fast.prepend(ticket) }
        for asker in place.askers { enqueue(ticket, for: asker, isFirst: true) }
        endTurn(of: place.asker)
        isHeld = taken > 0
    }

    /// Takes one more place for work that has one already, if fewer than half of all places are taken.
    public mutating func takeExtraPlace() -> Bool {
        guard !isHeld, taken * 2 < configuration.places else { return false }
        extraPlaces += 1
        return true
    }

    /// Gives a place back that `takeExtraPlace` gave.
    public mutating func releaseExtraPlace() {
        guard extraPlaces > 0 else { return }
        extraPlaces -= 1
        isHeld = false
    }

    private func canGrantAtOnce(_ asker: Asker, isFast: Bool) -> Bool {
        if isHeld { return false }
        if taken < configuration.places { return waiting.isEmpty }
        return isFast ? taken < fastLimit : askers[asker] == nil && taken < idleLimit
    }

    private mutating func enqueue(_ ticket: Ticket, for asker: Asker, isFirst: Bool = false) {
        if isFirst {
            askers[asker, default: AskerState()].line.prepend(ticket)
        } else {
            askers[asker, default: AskerState()].line.append(ticket)
        }
        askers[asker]?.waiting += 1
        waiting[ticket]?.askers.append(asker)
        turns.append(asker)
        if askers[asker]?.underWay == 0 { idle.append(asker) }
    }

    private mutating func leaveLine(_ entry: Waiting) {
        if fast.count > 2 * waiting.count + 32 { fast.removeAll { waiting[$0] == nil } }
        for asker in entry.askers {
            guard var state = askers[asker] else { continue }
            state.waiting -= 1
            // Withdrawn tickets leave gaps behind; a line of little else is closed up.
            if state.line.count > 2 * state.waiting + 32 { state.line.removeAll { waiting[$0] == nil } }
            askers[asker] = state
            forgetIfGone(asker)
        }
    }

    private mutating func endTurn(of asker: Asker) {
        askers[asker]?.underWay -= 1
        if let state = askers[asker], state.underWay == 0, state.waiting > 0 { idle.append(asker) }
        forgetIfGone(asker)
    }

    private mutating func forgetIfGone(_ asker: Asker) {
        guard let state = askers[asker], state.underWay == 0, state.waiting == 0 else { return }
        askers[asker] = nil
        if turns.count > 2 * askers.count + 32 { turns.removeAll { askers[$0] == nil } }
        if idle.count > 2 * askers.count + 32 { idle.removeAll { askers[$0] == nil } }
    }
}

// MARK: - Granting

extension FairLine {
    /// Up to here an asker with nothing under way may take a kept place.
    private var idleLimit: Int { fastLimit - configuration.kept / 4 - (2...3 ~= configuration.kept ? 1 : 0) }

    /// Up to here a fast name may: the last quarter of the kept places is for those alone, so that a burst of new askers
    /// cannot take them all.
    private var fastLimit: Int { configuration.places + configuration.kept }

    /// How many places an asker may have while others below theirs wait.
    private var share: Int { max(1, configuration.places / max(1, askers.count)) }

    /// Gives a free place to whoever is next, if there is both; call it until it returns `nil`.
    public mutating func grantNext() -> Ticket? {
        guard !waiting.isEmpty, !isHeld else { return nil }
        if taken < configuration.places { return grantInTurn() }
        if taken < idleLimit, let ticket = grantToIdle() { return ticket }
        if taken < fastLimit { return grantToFast() }
        return nil
    }

    private mutating func grantInTurn() -> Ticket? {
        let share = share
        var passedOver: Asker?
        for _ in 0..<turns.count {
            guard let asker = turns.popFirst() else { break }
            guard let state = askers[asker], state.waiting > 0 else { continue }
            turns.append(asker)
            if state.underWay < share { return grantFirst(of: asker) }
            passedOver = passedOver ?? asker
        }
        // Everybody who waits has its share, and a free place is never left empty: the turns simply go on.
        guard let passedOver, let next = turns.popFirst() else { return nil }
        assert(next == passedOver, "a whole round has left the order as it was")
        turns.append(next)
        return grantFirst(of: next)
    }

    private mutating func grantToIdle() -> Ticket? {
        while let asker = idle.popFirst() {
            guard let state = askers[asker], state.underWay == 0, state.waiting > 0 else { continue }
            return grantFirst(of: asker)
        }
        return nil
    }

    private mutating func grantToFast() -> Ticket? {
        while let ticket = fast.popFirst() {
            guard let asker = waiting[ticket]?.askers.first else { continue }
            return grant(ticket, to: asker)
        }
        return nil
    }

    private mutating func grantFirst(of asker: Asker) -> Ticket? {
        while let ticket = askers[asker]?.line.popFirst() {
            if waiting[ticket] != nil { return grant(ticket, to: asker) }
        }
        return nil
    }

    private mutating func grant(_ ticket: Ticket, to asker: Asker) -> Ticket {
        if let entry = waiting.removeValue(forKey: ticket) {
            granted[ticket] = Granted(asker: asker, askers: entry.askers, isFast: entry.isFast)
            askers[asker]?.underWay += 1
            leaveLine(entry)
        }
        return ticket
    }
}

/// Askers in the order in which they came, each once.
private struct Turns: Sendable {
    private var order = Deque<Asker>()
    private var members: Set<Asker> = []

    var count: Int { order.count }

    mutating func append(_ asker: Asker) {
        if members.insert(asker).inserted { order.append(asker) }
    }

    mutating func popFirst() -> Asker? {
        guard let first = order.popFirst() else { return nil }
        members.remove(first)
        return first
    }

    mutating func removeAll(where isGone: (Asker) -> Bool) {
        order.removeAll(where: isGone)
        members = Set(order)
    }
}
