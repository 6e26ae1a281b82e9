// SPDX-License-Identifier: Apache-2.0

import ConnectionRacing
import IPAddresses
import NameResolution

/// One dial as a machine without I/O: budgets, stopwatch, look-up and race, composed.
///
/// Events and the time since the dial's start go in, actions come out; `DialDriver` carries them out. Timers are looked
/// at by `advance(to:)` alone, so whatever has happened by then counts, however late it is told (rule 6). It is large, so nobody
/// may copy it.
struct Dial: ~Copyable, Sendable {
    enum Phase: Sendable {
        case unstarted
        /// From the look-up to the end of the race.
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
        /// There was no descriptor to ask with; asked again later.
        case postponed(until: Duration, ResolutionError)
        case ended(ResolutionError?)
    }

    let question: DialQuestion
    var phase: Phase = .unstarted
    var lookup: Lookup
    var race: ConnectionRace
    var stopwatch: Stopwatch
    private var source: LookupSource?
    var server: Endpoint?
    var isStale = false
    private var unanswered: AddressFamilies
    var attempts: [AttemptReport] = []
    /// Whether there is anything to answer with, which matters when the goal is the answer.
    var hasAddresses = false
    /// Why a binding's target could not be looked up, the first one; kept apart, for nearly no dial has any.
    var targetFailure: TargetFailure?
    /// What was short, full or refused; `nil` for nearly every dial.
    var troubles: Troubles?
    /// Whether what has come is being read before time is called.
    var catchUp = CatchUp.notNeeded
    private var hasReachedStart = false
    /// When the winner was handed over, which a late loop does after it has connected.
    private var handedOver: Duration = .zero

    init(_ question: DialQuestion) {
        self.question = question
        unanswered = question.lookup?.families ?? []
        lookup = question.lookup == nil ? .unneeded : .asked
        race = ConnectionRace(awaiting: unanswered, services: question.lookup?.service != nil, question.race)
        stopwatch = Stopwatch(running: .lookup, at: .zero)
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
        if case .postponed(let until, _) = lookup { wake = min(wake, until) }
        for retry in troubles?.retries ?? [] { wake = min(wake, retry.due) }
        if let raceWake = race.wakeTime, question.goal != .answer { wake = min(wake, raceWake) }
        return wake
    }

    /// Where the time has gone so far.
    var splits: Splits {
        var splits = Splits()
        splits.queue = stopwatch[.queue]
        splits.lookup = stopwatch[.lookup]
        splits.connect = stopwatch[.connect]
        splits.source = source
        splits.server = server
        splits.isStale = isStale
        splits.unanswered = unanswered
        splits.skipped = question.skipped
        splits.attempts = attempts
        return splits
    }
}

// MARK: - Events

extension Dial {
    /// The dial starts with a look-up.
    mutating func start(at now: Duration) -> ActionList<DialAction> {
        guard case .unstarted = phase, question.lookup != nil else { return ActionList() }
        phase = .dialing
        return ActionList(.lookUp)
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
        if question.goal == .answer {
            hasAddresses = areAnswerable(destinations, at: now)
            return hasAddresses ? finishAnswer(at: now) : fail(.exhaustion, at: now)
        }
        hasAddresses = !destinations.isEmpty
        return carryOut(race.answered(permitted(destinations, at: now), settling: .both, at: now), at: now)
    }

    /// The look-up has been asked for, and nothing has come at once: it waits for its place.
    mutating func lookupQueued(at now: Duration) {
        guard case .dialing = phase, case .asked = lookup else { return }
        lookup = .queued
        runClock(at: now)
    }

    /// There was no descriptor to look the name up with, or one of several: it is to be asked for again in a while.
    mutating func lookupPostponed(_ error: ResolutionError, at now: Duration) {
        guard case .dialing = phase else { return }
        switch lookup {
        case .unneeded, .postponed, .ended: return
        case .asked, .queued, .running: break
        }
        lookup = .postponed(until: now + pause(), error)
        runClock(at: now)
    }

    /// The look-up has its place.
    mutating func lookupStarted(at now: Duration) {
        guard case .dialing = phase else { return }
        switch lookup {
        case .asked, .queued: lookup = .running
        case .unneeded, .running, .postponed, .ended: return
        }
        runClock(at: now)
    }

    /// Addresses have come.
    ///
    /// - Parameter destinations: all that are known by now, in destination order (RFC 6724).
    mutating func answered(_ answer: LookupAnswer, all destinations: [Destination], at now: Duration) -> ActionList<
        DialAction
    > {
        guard case .dialing = phase else { return ActionList() }
        note(answer)
        guard question.goal != .answer else {
            hasAddresses = areAnswerable(destinations, at: now)
            runClock(at: now)
            return ActionList()
        }
        hasAddresses = !destinations.isEmpty
        let permitted = permitted(destinations, at: now)
        return carryOut(race.answered(permitted, settling: answer.families, at: now), at: now)
    }

    /// Who has answered what.
    mutating func note(_ answer: LookupAnswer, ofHost isOfHost: Bool = true) {
        switch lookup {
        case .asked, .queued: lookup = .running
        case .unneeded, .running, .postponed, .ended: break
        }
        // A family that has nothing says nothing of where the addresses came from.
        if source == nil || !hasAddresses { source = answer.source }
        server = server ?? answer.server
        isStale = isStale || answer.isStale
        if isOfHost { unanswered.subtract(answer.families) }
    }

    /// What a connection to a destination took in the past; it times the attempt after its own.
    mutating func expect(_ roundTrip: Duration, to destination: Destination) {
        race.expect(roundTrip, to: destination)
    }

    /// The look-up has ended.
    mutating func lookupEnded(_ error: ResolutionError?, at now: Duration) -> ActionList<DialAction> {
        guard case .dialing = phase else { return ActionList() }
        switch lookup {
        case .unneeded, .postponed, .ended: return ActionList()
        case .asked, .queued, .running: break
        }
        if let error, error.isShortage, !hasAddresses {
            lookupPostponed(error, at: now)
            return ActionList()
        }
        lookup = .ended(error)
        if question.goal == .answer {
            return hasAddresses ? finishAnswer(at: now) : fail(.exhaustion, at: now)
        }
        return carryOut(race.answersEnded(at: now), at: now)
    }

    /// An attempt has connected; one that waits for room has no socket that could.
    mutating func connected(_ destination: Destination, at now: Duration) -> ActionList<DialAction> {
        // A loser's socket has been closed by the time the race is over: what was on its way says nothing any more.
        guard case .dialing = phase else { return ActionList() }
        return carryOut(race.connected(destination), at: now)
    }

    /// An attempt has ended with a definite "no".
    ///
    /// - Parameters:
    ///   - time: when it ended.
    ///   - now: when that is told, and the next attempt starts; later, where the loop was late. No attempt pays for that.
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

    /// The winner is being made a channel. The handshake has its whole budget from here, however late the loop came to it.
    mutating func handOverBegins(at now: Duration) {
        handedOver = now
    }

    /// The channel exists and is ready, or nothing had to be awaited.
    mutating func ready(at now: Duration) -> ActionList<DialAction> {
        guard case .handshaking(let destination) = phase else { return ActionList() }
        stopwatch.run(.handshake, at: now)
        phase = .over
        var splits = splits
        splits.handshake = question.awaitsReadiness ? stopwatch[.handshake] : nil
        return ActionList(.finish(.connected(destination, splits)))
    }

    /// The channel could not be made, or did not become ready.
    mutating func handshakeFailed(_ code: DialError.Code, _ error: any Error, at now: Duration) -> ActionList<
        DialAction
    > {
        guard case .handshaking = phase else { return ActionList() }
        return fail(.channel(code, error), at: now)
    }

    /// The caller calls the dial off.
    mutating func cancel(at now: Duration) -> ActionList<DialAction> {
        switch phase {
        case .unstarted, .dialing, .handshaking: fail(.cancellation, at: now)
        case .over: ActionList()
        }
    }

    /// Time has passed. The driver has asked the sockets and read its post before.
    mutating func advance(to now: Duration) -> ActionList<DialAction> {
        switch phase {
        case .unstarted, .over: return ActionList()
        case .dialing, .handshaking: break
        }
        if let deadline = question.deadline, now >= deadline { return fail(.deadline, at: now) }
        if now >= budgetEnd {
            if question.goal == .answer, stopwatch.running == .lookup, hasAddresses { return finishAnswer(at: now) }
            return fail(.budget(stopwatch.running), at: now)
        }
        if case .postponed(let until, _) = lookup, now >= until {
            lookup = .asked
            runClock(at: now)
            return ActionList(.lookUp)
        }
        guard question.goal != .answer else { return ActionList() }
        if troubles != nil { return retryDue(at: now) + carryOut(race.advance(to: now), at: now) }
        return carryOut(race.advance(to: now), at: now)
    }
}

// MARK: - What follows

extension Dial {
    /// The clock that runs in this state (rule 5): a property of the state, so it cannot disagree with it.
    var clock: DialClock {
        if case .handshaking = phase { return .handshake }
        return race.isUnderWay ? .connect : idleClock
    }

    /// The clock that runs while no attempt is under way.
    private var idleClock: DialClock {
        if isShort { return .queue }
        if case .queued = lookup { return .queue }
        return .lookup
    }

    mutating func runClock(at now: Duration) {
        stopwatch.run(clock, at: now)
    }

    /// When the running clock will have used its budget up.
    var budgetEnd: Duration {
        let budget = question.budgets[stopwatch.running]
        let end = stopwatch.instant(when: budget)
        return stopwatch.running == .handshake ? max(end, handedOver + budget) : end
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
                pending = pending + race.failed(destination, at: now)
            case .start(let destination):
                if !hasReachedStart, question.tellsStart { actions.append(.reachStartingLine) }
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
                let won = win(with: destination, at: now)
                return actions.isEmpty && left.isEmpty ? won : actions + left + won
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

    private mutating func win(with destination: Destination, at now: Duration) -> ActionList<DialAction> {
        switch question.goal {
        case .channel:
            phase = .handshaking(destination)
            runClock(at: now)
            return ActionList(.handOver(destination))
        case .socket, .answer:
            // The stopwatch stops where it runs: on the connect clock.
            stopwatch.run(stopwatch.running, at: now)
            phase = .over
            return ActionList(.finish(.connected(destination, splits)))
        }
    }

    private mutating func finishAnswer(at now: Duration) -> ActionList<DialAction> {
        stopwatch.run(stopwatch.running, at: now)
        let left = leaveLookup()
        phase = .over
        return left + ActionList(.finish(.answered(splits)))
    }

    mutating func leaveLookup() -> ActionList<DialAction> {
        if case .unstarted = phase { return ActionList() }
        switch lookup {
        case .unneeded, .ended: return ActionList()
        case .postponed where question.lookup?.service == nil: return ActionList()
        // Where one of several look-ups has been put off, the others are under way.
        case .asked, .queued, .running, .postponed:
            lookup = .ended(nil)
            return ActionList(.leaveLookup)
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
