// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// Happy Eyeballs as a pure state machine: addresses, ends of attempts and the time go in, actions come out.
///
/// Times are durations since one start that the driver chooses. Early, late and repeated events are harmless.
///
/// - Source: RFC 8305 §§3–5. A definite failure starts the next attempt at once: the delay guards against a silent
///   attempt, not against a "no".
public struct ConnectionRace: Sendable {
    /// What the driver is to do, in order.
    public enum Action: Hashable, Sendable {
        /// Open a socket and connect it.
        case start(Destination)
        /// Close this attempt's socket: it has lost, or the race is over.
        case abandon(Destination)
        /// This attempt has won. Every loser's `abandon` came before.
        case succeed(Destination)
        /// Nothing is under way, untried, or awaited: nobody can win any more.
        case exhaust
    }

    private let delays: RaceDelays
    private let mostAtOnce: Int
    private var isOver = false

    /// The families about which an answer is awaited.
    public private(set) var awaited: AddressFamilies
    private var untried: [Destination] = []
    private var inFlight: [Destination] = []
    /// Everything that was ever started, so that no address is tried twice.
    private var started: [Destination] = []
    /// Who went last, so that the families take turns (RFC 8305 §4).
    private var lastFamily: AddressFamily?
    /// Until when the first attempt waits for an IPv6 answer; `nil` when it need not.
    private var heldUntil: Duration?
    /// When the attempt under way has been silent for long enough.
    private var nextStart: Duration = .zero
    /// Until when no socket can be had; `nil` when one can, as far as is known.
    private var shortUntil: Duration?

    /// A race in which nothing has come yet.
    ///
    /// - Parameters:
    ///   - awaited: the families about which answers are still to come.
    ///   - delays: RFC 8305 §8's.
    ///   - mostAtOnce: how many attempts may be under way together, at least 1. What comes after them waits for one of
    ///     them to end, however long that takes.
    public init(awaiting awaited: AddressFamilies, delays: RaceDelays = .standard, mostAtOnce: Int = .max) {
        self.delays = delays
        self.mostAtOnce = max(mostAtOnce, 1)
        self.awaited = awaited
    }

    /// When to call `advance(to:)` next; `nil` when only an event can change anything.
    public var wakeTime: Duration? {
        guard !isOver, !untried.isEmpty, inFlight.count < mostAtOnce else { return nil }
        return shortUntil ?? heldUntil ?? nextStart
    }

    /// Whether at least one attempt is under way.
    public var isUnderWay: Bool {
        !isOver && !inFlight.isEmpty
    }

    /// Whether the next attempt waits for a socket that the machine could not give.
    public var isShortOfSockets: Bool {
        !isOver && shortUntil != nil && !untried.isEmpty
    }

    /// Addresses have come, or a family turned out to have none.
    ///
    /// - Parameters:
    ///   - destinations: all that are known by now, in the order in which to prefer them (RFC 6724), those that came
    ///     earlier included.
    ///   - families: about which nothing more will come.
    public mutating func answered(
        _ destinations: [Destination],
        settling families: AddressFamilies,
        at now: Duration
    ) -> [Action] {
        guard !isOver else { return [] }
        awaited.subtract(families)
        untried.removeAll(keepingCapacity: true)
        for destination in destinations where !started.contains(destination) && !untried.contains(destination) {
            untried.append(destination)
        }
        let mayWait = started.isEmpty && !untried.isEmpty && awaited.contains(.ipv6)
        heldUntil = mayWait && !untried.contains { $0.family == .ipv6 } ? heldUntil ?? now + delays.resolution : nil
        return advance(to: now)
    }

    /// No more answers will come, in any family.
    public mutating func answersEnded(at now: Duration) -> [Action] {
        guard !isOver else { return [] }
        awaited = []
        heldUntil = nil
        return advance(to: now)
    }

    /// An attempt has ended with a definite "no".
    public mutating func failed(_ destination: Destination, at now: Duration) -> [Action] {
        guard !isOver, end(destination) else { return [] }
        nextStart = now
        // Its socket has been given back, so there may be one for whoever waits for it.
        shortUntil = nil
        return advance(to: now)
    }

    /// An attempt could not begin, because the machine had no socket to give: no address is to blame, and it goes first
    /// when there may be one again.
    public mutating func postponed(_ destination: Destination, until retry: Duration) -> [Action] {
        guard !isOver, end(destination) else { return [] }
        started.removeAll { $0 == destination }
        untried.insert(destination, at: 0)
        lastFamily = nil
        shortUntil = retry
        return []
    }

    /// An attempt has connected.
    public mutating func connected(_ destination: Destination) -> [Action] {
        // Closing is a request: a loser may connect after the race is over.
        guard !isOver else { return [.abandon(destination)] }
        guard inFlight.contains(destination) else { return [] }
        isOver = true
        return inFlight.filter { $0 != destination }.map(Action.abandon) + [.succeed(destination)]
    }

    /// The race is called off: everything under way is abandoned.
    public mutating func cancel() -> [Action] {
        guard !isOver else { return [] }
        isOver = true
        return inFlight.map(Action.abandon)
    }

    /// Time has passed.
    public mutating func advance(to now: Duration) -> [Action] {
        guard !isOver else { return [] }
        if let heldUntil {
            guard now >= heldUntil else { return [] }
            self.heldUntil = nil
        }
        if let shortUntil {
            guard now >= shortUntil else { return [] }
            self.shortUntil = nil
        }
        if !untried.isEmpty, inFlight.count < mostAtOnce, inFlight.isEmpty || now >= nextStart {
            nextStart = now + delays.attempt
            return [.start(takeNext())]
        }
        guard untried.isEmpty, inFlight.isEmpty, awaited.isEmpty else { return [] }
        isOver = true
        return [.exhaust]
    }

    /// Takes the next destination: the best of the family whose turn it is, else the best of all.
    private mutating func takeNext() -> Destination {
        let turn = lastFamily.flatMap { last in untried.firstIndex { $0.family != last } } ?? 0
        let next = untried.remove(at: turn)
        started.append(next)
        inFlight.append(next)
        lastFamily = next.family
        return next
    }

    /// - Returns: whether the attempt was under way.
    private mutating func end(_ destination: Destination) -> Bool {
        guard let index = inFlight.firstIndex(of: destination) else { return false }
        inFlight.remove(at: index)
        return true
    }
}
