// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import SystemSupport

/// Happy Eyeballs as a pure state machine: addresses, ends of attempts and the time go in, actions come out.
///
/// Times are durations since one start that the driver chooses. Early, late and repeated events are harmless.
///
/// ```
///             answered (later groups, other families: at any time, again and again)
///                │
///                ▼   held: a better answer is awaited, for the resolution delay at most
///            untried ──start──▶ in flight ──connected──▶ succeed, and abandon for all others: over
///                ▲                  │ failed, or silent for too long (giveUp): the next one starts at once
///                └──postponed───────┤ silent for the attempt delay: the next one starts beside it
///                                   ▼
///                                 ended      none untried, in flight or awaited: exhaust, over
/// ```
/// The order of calls: `answered` as answers come, `answersEnded` when none will; for each `start` one of `connected`,
/// `failed` or `postponed`; `advance(to:)` at `wakeTime`, or later.
///
/// - Source: RFC 8305 §§3–5; `RaceRules` names a later edition. A definite failure starts the next attempt at once: the
///   delay guards against a silent attempt, not against a "no".
@available(FairDial 0.1, *)
struct ConnectionRace: Sendable {
    /// What the driver is to do, in order.
    enum Action: Hashable, Sendable {
        /// Open a socket and connect it.
        case start(Destination)
        /// Close this attempt's socket: it has been silent for as long as it may.
        case giveUp(Destination)
        /// Close this attempt's socket: it has lost, or the race is cancelled.
        case abandon(Destination)
        /// This attempt has won. Every loser's `abandon` came before.
        case succeed(Destination)
        /// Nothing is in flight, untried, or awaited: no attempt can win any more.
        case exhaust
        /// The race's time is over. Every attempt's `giveUp` came before.
        case expire
    }

    private let configuration: RaceConfiguration
    private var isOver = false

    /// The families about which an answer is awaited.
    private(set) var awaited: AddressFamilies
    /// Whether an answer about service bindings (SVCB, HTTPS) is awaited.
    private(set) var awaitsServices: Bool
    /// The family whose answer version 3 waits for.
    private let preferred: AddressFamily
    private var lineup = Lineup()
    /// The destination that goes first in any order, because the machine had no socket for it when its turn came.
    private var postponed: Destination?
    private var roundTrips: [Destination: Duration] = [:]
    /// The family of the last attempt, so that the families take turns (RFC 8305 §4).
    private var lastFamily: AddressFamily?
    /// How many more of the first family may start before the other one has its turn.
    private var leadLeft: Int
    /// Until when the first attempt waits for better answers; `nil` when it need not.
    private var heldUntil: Duration?
    /// When the latest attempt has been silent for long enough, so that the next one starts.
    private var nextStart: Duration = .zero
    /// When the first attempt started.
    private var firstStart: Duration?
    /// Whether no socket can be had, until the driver says `socketMayBeHad` or one is given back.
    private var isShort = false

    /// A race in which nothing has come yet.
    ///
    /// - Parameters:
    ///   - awaited: the families about which answers are still to come.
    ///   - services: whether an answer about service bindings is still to come.
    ///   - configuration: rules, delays and bounds.
    init(
        awaiting awaited: AddressFamilies,
        services: Bool = false,
        _ configuration: RaceConfiguration = .standard
    ) {
        self.configuration = configuration
        self.awaited = awaited
        awaitsServices = services
        preferred = awaited == .ipv4 ? .ipv4 : .ipv6
        leadLeft = max(configuration.firstFamilyCount, 1)
    }

    /// How many are known and have not been tried.
    var untriedCount: Int { lineup.untriedCount }

    private var mayStartAnother: Bool {
        untriedCount > 0 && lineup.inFlightCount < max(configuration.concurrentAttemptLimit, 1)
    }

    /// When to call `advance(to:)` next; `nil` when only an event can change anything.
    var wakeTime: Duration? {
        guard !isOver else { return nil }
        var wake = mayStartAnother && !isShort ? heldUntil ?? nextStart : nil
        if let end { wake = min(wake ?? end, end) }
        if let nextTimeout { wake = min(wake ?? nextTimeout, nextTimeout) }
        return wake
    }

    /// When the race's time is over.
    private var end: Duration? {
        guard let timeout = configuration.timeout, let firstStart else { return nil }
        return firstStart.saturating(plus: timeout)
    }

    /// When the next of the attempts in flight has been silent for as long as it may.
    private var nextTimeout: Duration? {
        guard let timeout = configuration.attemptTimeout else { return nil }
        return lineup.entrants.reduce(nil) { earliest, entrant in
            guard case .inFlight(let since) = entrant.stage else { return earliest }
            let end = since.saturating(plus: timeout)
            return min(earliest ?? end, end)
        }
    }

    /// Whether at least one attempt is in flight.
    var isInFlight: Bool {
        !isOver && lineup.inFlightCount > 0
    }

    /// Whether the next attempt waits for a socket that the machine could not give.
    var isShortOfSockets: Bool {
        !isOver && isShort && untriedCount > 0
    }
}

// MARK: - Answers

@available(FairDial 0.1, *)
extension ConnectionRace {
    /// Addresses or service bindings have come, or some turned out to have none; because of them, others may be awaited
    /// that were not.
    ///
    /// - Parameters:
    ///   - candidates: all that are known by now, in the order in which to prefer them (RFC 6724), those that came
    ///     earlier included. What is missing and was not tried is not tried any more; attempts in flight stay.
    ///   - families: about which answers are still to come, for any name.
    ///   - services: whether something is still to come that belongs before all that is known.
    mutating func answered(
        _ candidates: Candidates,
        awaiting families: AddressFamilies,
        services: Bool,
        at now: Duration
    ) -> ActionList<Action> {
        guard !isOver else { return ActionList() }
        awaited = families
        awaitsServices = services
        lineup.replace(by: candidates)
        heldUntil = mustHold ? heldUntil ?? now.saturating(plus: configuration.resolutionDelay) : nil
        return proceed(at: now)
    }

    /// No more answers will come, in any family, nor about services.
    mutating func answersEnded(at now: Duration) -> ActionList<Action> {
        guard !isOver else { return ActionList() }
        awaited = []
        awaitsServices = false
        heldUntil = nil
        return proceed(at: now)
    }

    /// What a connection to a destination took in the past: should its attempt be silent, the next one starts when its
    /// first packet's retransmission is to be expected.
    mutating func expect(_ roundTrip: Duration, to destination: Destination) {
        roundTrips[destination] = roundTrip
    }

    /// Whether the first attempt must wait for better answers, for a while.
    private var mustHold: Bool {
        guard firstStart == nil, untriedCount > 0 else { return false }
        switch configuration.rules {
        case .rfc8305:
            return awaited.contains(.ipv6) && !lineup.hasUntried(of: .ipv6)
        case .version3:
            return awaitsServices || awaited.contains(preferred) && !lineup.hasUntried(of: preferred)
        }
    }
}

// MARK: - Attempts

@available(FairDial 0.1, *)
extension ConnectionRace {
    /// An attempt has ended with a definite "no".
    mutating func failed(_ destination: Destination, at now: Duration) -> ActionList<Action> {
        guard !isOver, lineup.end(destination) else { return ActionList() }
        nextStart = now
        // Its socket has been given back, so there may be one for an attempt that waits for it.
        isShort = false
        return proceed(at: now)
    }

    /// An attempt could not begin, because the machine had no socket to give: no address is to blame, and it goes first
    /// when there may be one again. No attempt starts until then.
    mutating func postponed(_ destination: Destination) -> ActionList<Action> {
        guard !isOver, lineup.takeBack(destination) else { return ActionList() }
        postponed = destination
        isShort = true
        // An attempt that could not begin starts no clock.
        if lineup.entrants.allSatisfy(\.isUntried) { firstStart = nil }
        return ActionList()
    }

    /// The machine may have a socket to give again.
    mutating func socketMayBeHad(at now: Duration) -> ActionList<Action> {
        guard !isOver, isShort else { return ActionList() }
        isShort = false
        return proceed(at: now)
    }

    /// An attempt has connected.
    mutating func connected(_ destination: Destination) -> ActionList<Action> {
        // Closing is a request: a loser may connect after the race is over.
        guard !isOver else { return ActionList(.abandon(destination)) }
        guard lineup.end(destination) else { return ActionList() }
        var actions = ActionList<Action>()
        for entrant in lineup.entrants where entrant.isInFlight {
            actions.append(.abandon(entrant.destination))
        }
        isOver = true
        actions.append(.succeed(destination))
        return actions
    }

    /// The race is cancelled: every attempt in flight is abandoned.
    mutating func cancel() -> ActionList<Action> {
        guard !isOver else { return ActionList() }
        isOver = true
        var actions = ActionList<Action>()
        for entrant in lineup.entrants where entrant.isInFlight {
            actions.append(.abandon(entrant.destination))
        }
        return actions
    }

    /// Time has passed. Timeouts are checked here alone, so the driver must have asked every socket before.
    mutating func advance(to now: Duration) -> ActionList<Action> {
        guard !isOver else { return ActionList() }
        if let end, now >= end {
            isOver = true
            var actions = ActionList<Action>()
            for entrant in lineup.entrants where entrant.isInFlight {
                actions.append(.giveUp(entrant.destination))
            }
            actions.append(.expire)
            return actions
        }
        return giveUpTheSilent(at: now) + proceed(at: now)
    }

    /// Starts the next attempt if it is its time, or finds that no attempt can win any more.
    private mutating func proceed(at now: Duration) -> ActionList<Action> {
        if let heldUntil {
            guard now >= heldUntil else { return ActionList() }
            self.heldUntil = nil
        }
        guard mayStartAnother else {
            guard untriedCount == 0, lineup.inFlightCount == 0, awaited.isEmpty, !awaitsServices else {
                return ActionList()
            }
            isOver = true
            return ActionList(.exhaust)
        }
        guard !isShort, lineup.inFlightCount == 0 || now >= nextStart else { return ActionList() }
        let next = lineup.start(at: nextIndex(), now)
        firstStart = firstStart ?? now
        let delay = configuration.attemptDelay(expecting: roundTrips.isEmpty ? nil : roundTrips[next])
        nextStart = now.saturating(plus: delay)
        if lastFamily == nil || lastFamily == next.family { leadLeft -= 1 } else { leadLeft = 0 }
        lastFamily = next.family
        return ActionList(.start(next))
    }

    /// Ends the attempts that have been silent for too long; a definite end, after which the next one starts at once.
    private mutating func giveUpTheSilent(at now: Duration) -> ActionList<Action> {
        guard let timeout = configuration.attemptTimeout else { return ActionList() }
        var actions = ActionList<Action>()
        lineup.endSilent(for: timeout, at: now) { actions.append(.giveUp($0)) }
        if !actions.isEmpty {
            nextStart = now
            isShort = false
        }
        return actions
    }

    /// Which destination starts next: of the first group with an untried one, the best of the family whose turn it is,
    /// else the best of all.
    private mutating func nextIndex() -> Int {
        if let destination = postponed {
            postponed = nil
            if let index = lineup.entrants.firstIndex(where: { $0.isUntried && $0.destination == destination }) {
                return index
            }
        }
        guard let best = lineup.entrants.firstIndex(where: \.isUntried) else {
            preconditionFailure("somebody was untried when another attempt might start")
        }
        guard let lastFamily else { return best }
        let group = lineup.entrants[best].group
        let isLeading = leadLeft > 0
        let turn = lineup.entrants.firstIndex { entrant in
            entrant.isUntried && entrant.group == group && (entrant.destination.family == lastFamily) == isLeading
        }
        return turn ?? best
    }
}
