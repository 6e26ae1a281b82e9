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

    fileprivate struct Racing: Sendable {
        var awaited: AddressFamilies
        var untried: [Destination] = []
        var inFlight: [Destination] = []
        /// Everything that was ever started, so that no address is tried twice.
        var started: Set<Destination> = []
        /// Who went last, so that the families take turns (RFC 8305 §4).
        var lastFamily: AddressFamily?
        /// Until when the first attempt waits for an IPv6 answer; `nil` when it need not.
        var heldUntil: Duration?
        /// When the attempt under way has been silent for long enough.
        var nextStart: Duration = .zero
        /// Until when no socket can be had; `nil` when one can, as far as is known.
        var shortUntil: Duration?
    }

    private enum State: Sendable {
        case racing(Racing)
        case over
    }

    private let delays: RaceDelays
    private var state: State

    /// A race in which nothing has come yet.
    ///
    /// - Parameters:
    ///   - awaited: the families about which answers are still to come.
    ///   - delays: RFC 8305 §8's.
    public init(awaiting awaited: AddressFamilies, delays: RaceDelays = .standard) {
        self.delays = delays
        self.state = .racing(Racing(awaited: awaited))
    }

    /// When to call `advance(to:)` next; `nil` when only an event can change anything.
    public var wakeTime: Duration? {
        guard case .racing(let racing) = state, !racing.untried.isEmpty else { return nil }
        if let shortUntil = racing.shortUntil { return shortUntil }
        if let heldUntil = racing.heldUntil { return heldUntil }
        return racing.nextStart
    }

    /// Whether at least one attempt is under way.
    public var isUnderWay: Bool {
        guard case .racing(let racing) = state else { return false }
        return !racing.inFlight.isEmpty
    }

    /// Whether the next attempt waits for a socket that the machine could not give.
    public var isShortOfSockets: Bool {
        guard case .racing(let racing) = state else { return false }
        return racing.shortUntil != nil && !racing.untried.isEmpty
    }

    /// The families about which an answer is awaited.
    public var awaited: AddressFamilies {
        guard case .racing(let racing) = state else { return [] }
        return racing.awaited
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
        guard case .racing(var racing) = state else { return [] }
        racing.awaited.subtract(families)
        var seen = racing.started
        racing.untried = destinations.filter { seen.insert($0).inserted }
        let hasIPv6 = racing.untried.contains { $0.family == .ipv6 }
        if racing.started.isEmpty, !racing.untried.isEmpty, !hasIPv6, racing.awaited.contains(.ipv6) {
            racing.heldUntil = racing.heldUntil ?? now + delays.resolution
        } else {
            racing.heldUntil = nil
        }
        state = .racing(racing)
        return advance(to: now)
    }

    /// No more answers will come, in any family.
    public mutating func answersEnded(at now: Duration) -> [Action] {
        guard case .racing(var racing) = state else { return [] }
        racing.awaited = []
        racing.heldUntil = nil
        state = .racing(racing)
        return advance(to: now)
    }

    /// An attempt has ended with a definite "no".
    public mutating func failed(_ destination: Destination, at now: Duration) -> [Action] {
        guard case .racing(var racing) = state, racing.end(destination) else { return [] }
        racing.nextStart = now
        // Its socket has been given back, so there may be one for whoever waits for it.
        racing.shortUntil = nil
        state = .racing(racing)
        return advance(to: now)
    }

    /// An attempt could not begin, because the machine had no socket to give: no address is to blame, and it goes first
    /// when there may be one again.
    public mutating func postponed(_ destination: Destination, until retry: Duration) -> [Action] {
        guard case .racing(var racing) = state, racing.end(destination) else { return [] }
        racing.started.remove(destination)
        racing.untried.insert(destination, at: 0)
        racing.lastFamily = nil
        racing.shortUntil = retry
        state = .racing(racing)
        return []
    }

    /// An attempt has connected.
    public mutating func connected(_ destination: Destination) -> [Action] {
        // Closing is a request: a loser may connect after the race is over.
        guard case .racing(let racing) = state else { return [.abandon(destination)] }
        guard racing.inFlight.contains(destination) else { return [] }
        state = .over
        return racing.inFlight.filter { $0 != destination }.map(Action.abandon) + [.succeed(destination)]
    }

    /// The race is called off: everything under way is abandoned.
    public mutating func cancel() -> [Action] {
        guard case .racing(let racing) = state else { return [] }
        state = .over
        return racing.inFlight.map(Action.abandon)
    }

    /// Time has passed.
    public mutating func advance(to now: Duration) -> [Action] {
        guard case .racing(var racing) = state else { return [] }
        if let heldUntil = racing.heldUntil {
            guard now >= heldUntil else { return [] }
            racing.heldUntil = nil
        }
        if let shortUntil = racing.shortUntil {
            guard now >= shortUntil else { return [] }
            racing.shortUntil = nil
        }
        var actions: [Action] = []
        if !racing.untried.isEmpty, racing.inFlight.isEmpty || now >= racing.nextStart {
            actions.append(.start(racing.startNext()))
            racing.nextStart = now + delays.attempt
        }
        if racing.untried.isEmpty, racing.inFlight.isEmpty, racing.awaited.isEmpty {
            state = .over
            return actions + [.exhaust]
        }
        state = .racing(racing)
        return actions
    }
}

extension ConnectionRace.Racing {
    /// Takes the next destination: the best of the family whose turn it is, else the best of all.
    fileprivate mutating func startNext() -> Destination {
        let turn = lastFamily.flatMap { last in untried.firstIndex { $0.family != last } } ?? 0
        let next = untried.remove(at: turn)
        started.insert(next)
        inFlight.append(next)
        lastFamily = next.family
        return next
    }

    /// - Returns: whether the attempt was under way.
    fileprivate mutating func end(_ destination: Destination) -> Bool {
        guard let index = inFlight.firstIndex(of: destination) else { return false }
        inFlight.remove(at: index)
        return true
    }
}
