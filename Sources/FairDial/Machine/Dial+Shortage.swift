// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NameResolution
import SystemSupport

/// What a dial does when this machine lacks something, or the peer has no room.
@available(FairDial 0.1, *)
extension Dial {
    /// What this machine has run out of.
    enum Shortage: Sendable {
        case descriptors
        case threads
    }

    /// Failures that are no peer's fault; kept apart, for nearly no dial has any.
    final class Troubles {
        /// How often the dial has been short of something.
        var shortageCount = 0
        /// How often it has found a peer's backlog full.
        var pauseCount = 0
        /// What the sockets that could not be opened or watched were short of.
        var socketShortage = Shortage.descriptors
        /// Attempts whose peer had no room, and when each is made again; their clock runs meanwhile.
        var retries: [(destination: Destination, due: Duration)] = []
        /// How many attempts ended because the system refused an option.
        var optionFailures = 0
        /// How many addresses are not dialed because there were so many.
        var leftOut = 0
        /// DNS servers that had not answered when the time was up.
        var silentServers: [Endpoint] = []
    }

    mutating func noteTroubles<Result>(_ body: (Troubles) -> Result) -> Result {
        let troubles = troubles ?? Troubles()
        self.troubles = troubles
        return body(troubles)
    }

    /// There was no descriptor to look the name up with, or one of several: it is to be asked for again.
    mutating func lookupPostponed(_ error: ResolutionError, at now: Duration) {
        guard case .dialing = phase else { return }
        switch lookup {
        case .unneeded, .postponed, .ended: return
        case .asked, .queued, .running: break
        }
        lookup = .postponed(error)
        noteTroubles { $0.shortageCount += 1 }
        runClock(at: now)
    }

    /// An attempt got no socket, or no thread to watch it: the machine has no descriptor or no thread left. The dial
    /// waits in the queue for one, and no address is blamed.
    mutating func outOfDescriptors(
        _ destination: Destination,
        _ shortage: Shortage = .descriptors,
        at now: Duration
    ) -> ActionList<DialAction> {
        guard case .dialing = phase else { return ActionList() }
        attempts.removeAll { $0.destination == destination && $0.outcome == nil }
        noteTroubles { troubles in
            troubles.retries.removeAll { $0.destination == destination }
            troubles.socketShortage = shortage
            troubles.shortageCount += 1
        }
        return carryOut(race.postponed(destination), at: now)
    }

    /// Whether the dial waits in the process's queue for what is short.
    var awaitsTurn: Bool {
        guard case .dialing = phase else { return false }
        if case .postponed = lookup { return true }
        return race.isShortOfSockets && isAdmitted
    }

    /// Whether it has been short before: then it has had its turn, or another attempt of its own has.
    var hasBeenShort: Bool { troubles.map { $0.shortageCount > 1 } ?? false }

    /// It is the dial's turn to have what is short: what was put off is tried again. Where the dial's timeout has
    /// passed by now, that ends it.
    mutating func takeTurn(at now: Duration) -> ActionList<DialAction> {
        guard awaitsTurn, now < verdictTime else { return ActionList() }
        guard case .postponed = lookup else { return carryOut(race.socketMayBeHad(at: now), at: now) }
        lookup = .asked
        runClock(at: now)
        let asked = names == nil ? ActionList(.lookUp(.first)) : askAgainForNames()
        return asked + carryOut(race.socketMayBeHad(at: now), at: now)
    }

    /// An attempt has come to nothing, and it was no peer that said so.
    @inline(never)
    mutating func metTrouble(
        _ destination: Destination,
        _ failure: AttemptFailure,
        at time: Duration,
        toldAt now: Duration
    ) -> ActionList<DialAction> {
        switch failure.kind {
        case .backlogFull: return backlogFull(destination, at: now)
        case .refusedOption: noteTroubles { $0.optionFailures += 1 }
        case .refused, .unreachable, .timedOut, .failed, .noThread: break
        }
        var failure = failure
        failure.kind = .failed
        return failed(destination, failure, at: time, toldAt: now)
    }

    /// An attempt's peer has no room for another connection: its backlog is full. The attempt goes on, on the connect
    /// clock, and is made again in a while.
    private mutating func backlogFull(_ destination: Destination, at now: Duration) -> ActionList<DialAction> {
        guard let index = attempts.lastIndex(where: { $0.destination == destination && $0.outcome == nil }),
            !awaitsRetry(destination)
        else { return ActionList() }
        attempts[index].reason = "its backlog is full"
        let due = now + pause()
        noteTroubles { $0.retries.append((destination, due)) }
        return ActionList()
    }

    /// Ends an attempt that has been silent for too long.
    ///
    /// - Returns: whether it has a socket, which is to be closed.
    mutating func giveUp(_ destination: Destination, at now: Duration) -> Bool {
        let attempt = attempts.last { $0.destination == destination && $0.outcome == nil }
        let silence = "silent for \((now - (attempt?.started ?? now)).readable)"
        return endClosing(destination, .timedOut, at: now, reason: attempt?.reason ?? silence)
    }

    /// Ends an attempt.
    ///
    /// - Returns: whether it has a socket, which is to be closed.
    mutating func endClosing(
        _ destination: Destination,
        _ outcome: AttemptReport.Outcome,
        at now: Duration,
        reason: String? = nil
    ) -> Bool {
        let isOpen = !awaitsRetry(destination)
        end(destination, outcome, at: now, reason: reason)
        return isOpen
    }

    func forgetRetry(of destination: Destination) {
        troubles?.retries.removeAll { $0.destination == destination }
    }

    /// Whether an attempt has no socket, because it is to be made again.
    @inline(__always)
    func awaitsRetry(_ destination: Destination) -> Bool {
        // Nearly no dial has any, and for those the call would cost more than the look.
        troubles != nil && isToBeMadeAgain(destination)
    }

    @inline(never)
    private func isToBeMadeAgain(_ destination: Destination) -> Bool {
        troubles?.retries.contains { $0.destination == destination } ?? false
    }

    /// Makes the attempts again whose time has come.
    mutating func retryDue(at now: Duration) -> ActionList<DialAction> {
        var actions = ActionList<DialAction>()
        for retry in troubles?.retries ?? [] where retry.due <= now { actions.append(.open(retry.destination)) }
        troubles?.retries.removeAll { $0.due <= now }
        return actions
    }

    /// How long to wait before trying again at a peer whose backlog is full, longer each time: nothing tells when there
    /// is room.
    private mutating func pause() -> Duration {
        let longest = 100
        return noteTroubles { troubles in
            defer { troubles.pauseCount += 1 }
            return .milliseconds(min(5 << min(troubles.pauseCount, 5), longest))
        }
    }

    /// Whether the dial waits for something that this machine does not have.
    var isShort: Bool {
        if case .postponed = lookup { return true }
        return race.isShortOfSockets
    }

    /// What the dial waits for, for a socket or for its lookup; `nil` where nothing is short.
    var shortage: Shortage? {
        if case .postponed(let error) = lookup { return error.kind == .noThread ? .threads : .descriptors }
        return race.isShortOfSockets && isAdmitted ? troubles?.socketShortage ?? .descriptors : nil
    }

    /// Whether every attempt that was made ended because the system refused an option.
    var hasOnlyOptionFailures: Bool {
        guard let troubles, troubles.optionFailures > 0 else { return false }
        return troubles.optionFailures == attempts.count { $0.outcome != .vetoed }
    }
}
