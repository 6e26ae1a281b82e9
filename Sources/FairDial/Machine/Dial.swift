// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NameResolution
import SystemSupport

/// One dial as a machine without I/O: lookups, timeouts, stopwatch and race, composed. It decides everything.
///
/// Events and the time since the dial's start go in, actions come out; `DialDriver` carries them out. Timers are looked
/// at by `advance(to:)` alone, so whatever has happened by then counts, however late it is told (rule 6). It is large,
/// so it cannot be copied.
///
/// ```
///             start(at:)           told(…): addresses, bindings, SRV records
///  unstarted ────────────▶ dialing ◀──┐  lookUp(id) · cancelLookup(id) · open · close
///      │ start(with:)         │ │ └───┘  connected · failed · outOfDescriptors · takeTurn
///      └──────────────────────┘ │
///                               │ connected                      ready
///                               ├──────────▶ handshaking ───────────────▶ over
///                               │  handOver      │ handshakeFailed         ▲
///                               └────────────────┴─────────────────────────┘
///                                  a timeout · deadline · cancel · nothing left: finish(failed)
/// ```
/// The order of calls: `start` once. For each `lookUp(id)`: the resolver is asked for `request(id)`, then comes
/// `noteQueue`, and `told` with each event. For each `open`: `connected`, `failed` or `outOfDescriptors`, unless
/// it is closed before.
///
/// After `handOver`: `handOverBegins`, then `ready` or `handshakeFailed`. `wake(at:)` at `wakeTime`, or later. `cancel`
/// and `loopEnded` at any time. `finish` is the last action, and the only one that comes once for sure; what is told
/// after it changes nothing.
@available(FairDial 0.1, *)
struct Dial: ~Copyable {
    enum Phase: Sendable {
        case unstarted
        /// From the lookup to the end of the race.
        case dialing
        /// Connected, and on the way to become ready.
        case handshaking(Destination)
        case over
    }

    enum Lookup: Sendable {
        case unneeded
        /// Asked for, and not known to wait: a local name never does (rule 2).
        case asked
        case queued
        case running
        /// There was no descriptor or thread to ask with; asked again when it is the dial's turn to have one.
        case postponed(ResolutionError)
        case ended(ResolutionError?)
    }

    let question: DialQuestion
    var phase: Phase = .unstarted
    var lookup: Lookup
    var race: ConnectionRace
    var stopwatch: Stopwatch
    var source: LookupSource?
    var server: Endpoint?
    var isStale = false
    /// Until when the answer may be used, where that is the goal and the zone has said.
    var expires: Duration?
    var unanswered: AddressFamilies
    var attempts: [AttemptReport] = []
    /// Where the answer is the goal: whether, and when, what there is of it is told ahead of the rest.
    var earlyAnswer: EarlyAnswer
    /// Whether there is anything to answer with, which matters when the goal is the answer.
    var hasAddresses = false
    /// The addresses that the lookup has brought, in the order in which to prefer them.
    var known = KnownAddresses()
    /// The table of lookups where there may be several names; `nil` for nearly every dial, whose one lookup is
    /// `lookup`.
    let names: NamesInFlight?
    /// What was short, full or refused; `nil` for nearly every dial.
    var troubles: Troubles?
    /// Whether what has come is being read before the timeout ends the dial.
    var catchUp = CatchUp.notNeeded
    /// The lookups that are reading what has come.
    var catchingUp: [LookupID] = []
    /// The loop's clock when the dial started, since that clock's own epoch: what is remembered is as old as that.
    let epoch: Duration
    /// Whether the owner of the dial still has to let its first attempt start.
    var admission: Admission
    private var hasReachedStart = false
    /// When the winner was handed over, which a late loop does after it has connected.
    private var handedOver: Duration = .zero

    /// A dial that has not begun.
    ///
    /// - Parameter epoch: the loop's clock when it starts.
    init(_ question: DialQuestion, at epoch: Duration = .zero) {
        self.question = question
        self.epoch = epoch
        unanswered = question.lookup?.families ?? []
        lookup = question.lookup == nil ? .unneeded : .asked
        names = question.names == nil ? nil : Self.names(for: question)
        race = ConnectionRace(awaiting: unanswered, services: names != nil, question.race)
        stopwatch = Stopwatch(running: .lookup, at: .zero)
        admission = question.awaitsAdmission ? .unasked : .given
        earlyAnswer = question.tellsEarlyAnswer ? .wanted : .unwanted
    }

    /// Whether `finish` has been said.
    var isOver: Bool {
        if case .over = phase { true } else { false }
    }

    /// When to call `advance(to:)` next; `nil` when the dial is over.
    var wakeTime: Duration? {
        switch phase {
        case .unstarted, .over: return nil
        case .dialing, .handshaking: break
        }
        if let catchUpEnd { return catchUpEnd }
        var wake = verdictTime
        for retry in troubles?.retries ?? [] { wake = min(wake, retry.due) }
        if question.goal == .answer {
            if case .due(let time) = earlyAnswer { wake = min(wake, time) }
        } else if let raceWake = race.wakeTime {
            wake = min(wake, raceWake)
        }
        if names != nil, let namesWake { wake = min(wake, namesWake) }
        return wake
    }

    /// Where the time has gone so far.
    var report: DialReport {
        var report = DialReport()
        report.queue = stopwatch[.queue]
        report.lookup = stopwatch[.lookup]
        report.connect = stopwatch[.connect]
        report.source = source
        report.server = server
        report.isStale = isStale
        report.unanswered = unanswered
        report.skipped = question.skipped
        report.attempts = attempts
        if let troubles { report.leftOut = troubles.leftOut }
        if names != nil { report.service = serviceReport }
        return report
    }
}

// MARK: - Events

@available(FairDial 0.1, *)
extension Dial {
    /// The dial starts with a lookup.
    mutating func start(at now: Duration) -> ActionList<DialAction> {
        guard case .unstarted = phase, question.lookup != nil else { return ActionList() }
        phase = .dialing
        return ActionList(.lookUp(.first))
    }

    /// The dial starts with destinations that are known: a literal, an override, an earlier answer, a path.
    mutating func start(with destinations: [Destination], from source: LookupSource?, at now: Duration) -> ActionList<
        DialAction
    > {
        guard case .unstarted = phase else { return ActionList() }
        phase = .dialing
        self.source = source
        lookup = .unneeded
        unanswered = []
        let destinations =
            destinations.count > LookupResult.familyLimit ? admitted(destinations, at: now) : destinations
        if question.goal == .answer {
            known = KnownAddresses(destinations.compactMap { $0.endpoint?.address })
            hasAddresses = areAnswerable(destinations, at: now)
            return hasAddresses ? finishAnswer(at: now) : fail(.exhaustion, at: now)
        }
        hasAddresses = !destinations.isEmpty
        let preferred = question.remembersKnown ? recalled(destinations, at: now) : destinations
        let permitted = permitted(Candidates(preferred), at: now)
        return carryOut(race.answered(permitted, awaiting: [], services: false, at: now), at: now)
    }

    /// An attempt has connected; one that waits for room has no socket that could.
    mutating func connected(_ destination: Destination, at now: Duration) -> ActionList<DialAction> {
        // A loser's socket has been closed by the time the race is over: an event that was in flight is ignored.
        guard case .dialing = phase else { return ActionList() }
        return carryOut(race.connected(destination), at: now)
    }

    /// An attempt has ended with a definite "no".
    ///
    /// - Parameters:
    ///   - time: when it ended.
    ///   - now: when that is told, and the next attempt starts; later, where the loop was late. No attempt pays for
    ///     that.
    mutating func failed(
        _ destination: Destination,
        _ failure: AttemptFailure,
        at time: Duration,
        toldAt now: Duration
    ) -> ActionList<DialAction> {
        guard case .dialing = phase else { return ActionList() }
        switch failure.kind {
        case .refused, .unreachable, .timedOut, .failed: break
        case .refusedOption, .noThread, .backlogFull: return metTrouble(destination, failure, at: time, toldAt: now)
        }
        end(destination, failure.outcome, at: time, errorNumber: failure.errorNumber, reason: failure.reason)
        if now > time, !attempts.contains(where: { $0.outcome == nil }) { stopwatch.run(idleClock, at: time) }
        return carryOut(race.failed(destination, at: now), at: now)
    }

    /// The winner is being made a channel. The handshake has its whole timeout from here, however late the loop came to
    /// it.
    mutating func handOverBegins(at now: Duration) {
        handedOver = now
    }

    /// The channel exists and is ready, or nothing had to be awaited.
    mutating func ready(at now: Duration) -> ActionList<DialAction> {
        guard case .handshaking(let destination) = phase else { return ActionList() }
        stopwatch.run(.handshake, at: now)
        phase = .over
        var report = report
        report.handshake = question.awaitsReadiness ? stopwatch[.handshake] : nil
        return ActionList(.finish(.connected(destination, report)))
    }

    /// The channel could not be made, or did not become ready.
    mutating func handshakeFailed(_ code: DialError.Code, _ error: any Error, at now: Duration) -> ActionList<
        DialAction
    > {
        guard case .handshaking = phase else { return ActionList() }
        return fail(.channel(code, error), at: now)
    }

    /// The caller cancels the dial.
    mutating func cancel(at now: Duration) -> ActionList<DialAction> {
        switch phase {
        case .unstarted, .dialing, .handshaking: fail(.cancellation, at: now)
        case .over: ActionList()
        }
    }

    /// Time has passed. The driver has asked the sockets and read its mailbox before.
    mutating func advance(to now: Duration) -> ActionList<DialAction> {
        switch phase {
        case .unstarted, .over: return ActionList()
        case .dialing, .handshaking: break
        }
        if let deadline = question.deadline, now >= deadline { return fail(.deadline, at: now) }
        if now >= timeoutEnd {
            if question.goal == .answer, stopwatch.running == .lookup, hasAddresses { return finishAnswer(at: now) }
            return fail(.timeout(stopwatch.running), at: now)
        }
        guard question.goal != .answer else { return advanceAnswer(to: now) }
        if names != nil { return advanceNames(to: now) }
        if troubles != nil { return retryDue(at: now) + carryOut(race.advance(to: now), at: now) }
        return carryOut(race.advance(to: now), at: now)
    }
}

// MARK: - What follows

@available(FairDial 0.1, *)
extension Dial {
    /// The clock that runs in this state (rule 5): a property of the state, so it cannot disagree with it.
    var clock: DialClock {
        if case .handshaking = phase { return .handshake }
        return race.isInFlight ? .connect : idleClock
    }

    /// The clock that runs while no attempt is in flight.
    private var idleClock: DialClock {
        if isShort { return .queue }
        if case .queued = lookup { return .queue }
        return .lookup
    }

    mutating func runClock(at now: Duration) {
        stopwatch.run(clock, at: now)
    }

    /// When the running clock will have used its timeout up.
    var timeoutEnd: Duration {
        let timeout = question.timeouts[stopwatch.running]
        let end = stopwatch.instant(when: timeout)
        return stopwatch.running == .handshake ? max(end, handedOver + timeout) : end
    }

    mutating func carryOut(_ raceActions: ActionList<ConnectionRace.Action>, at now: Duration) -> ActionList<
        DialAction
    > {
        var actions = ActionList<DialAction>()
        var failure: Failure?
        var pending = raceActions
        var next = 0
        while next < pending.count {
            let action = pending[next]
            next += 1
            switch action {
            case .start(let destination) where isVetoed(destination, at: now):
                // Asked again here: what it was when the answer came does not count any more.
                pending.append(contentsOf: race.failed(destination, at: now))
            case .start(let destination) where !isAdmitted:
                actions.append(contentsOf: askForAdmission(of: destination))
            case .start(let destination):
                if let names { names.tries(destination) }
                if !hasReachedStart, question.tellsStart { actions.append(.tellStart) }
                hasReachedStart = true
                attempts.append(AttemptReport(destination: destination, started: now))
                actions.append(.open(destination))
            case .giveUp(let destination):
                if giveUp(destination, at: now) { actions.append(.close(destination)) }
            case .abandon(let destination):
                if endClosing(destination, .abandoned, at: now) { actions.append(.close(destination)) }
            case .succeed(let destination):
                end(destination, .connected, at: now)
                let left = leaveLookup()
                if !left.isEmpty { actions.append(contentsOf: left) }
                switch question.goal {
                case .channel:
                    phase = .handshaking(destination)
                    runClock(at: now)
                    actions.append(.handOver(destination))
                case .socket, .answer, .targets:
                    // The stopwatch stops where it runs: on the connect clock.
                    stopwatch.run(stopwatch.running, at: now)
                    phase = .over
                    actions.append(.finish(.connected(destination, report)))
                }
                return actions
            case .exhaust:
                failure = .exhaustion
            case .expire:
                failure = .race
            }
        }
        runClock(at: now)
        guard let failure else { return actions }
        return actions + fail(failure, at: now)
    }

    mutating func finishAnswer(at now: Duration) -> ActionList<DialAction> {
        stopwatch.run(stopwatch.running, at: now)
        let left = leaveLookup()
        phase = .over
        return left + ActionList(.finish(.answered(report)))
    }

    mutating func leaveLookup() -> ActionList<DialAction> {
        if case .unstarted = phase { return ActionList() }
        switch lookup {
        case .unneeded, .ended: return ActionList()
        case .postponed where names == nil: return ActionList()
        // Where one of several lookups has been put off, the others are in flight.
        case .asked, .queued, .running, .postponed:
            lookup = .ended(nil)
            return names == nil ? ActionList(.cancelLookup(.first)) : leaveNames()
        }
    }

    mutating func end(
        _ destination: Destination,
        _ outcome: AttemptReport.Outcome,
        at now: Duration,
        errorNumber: Int32? = nil,
        reason: String? = nil
    ) {
        guard let index = attempts.lastIndex(where: { $0.destination == destination && $0.outcome == nil }) else {
            return
        }
        if troubles != nil { forgetRetry(of: destination) }
        attempts[index].end(outcome, at: now, errorNumber: errorNumber, reason: reason)
    }
}
