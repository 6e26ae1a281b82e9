// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import SystemSupport

/// The mailbox before the clock (rule 6): before a dial's timeout ends it, everything that has come is read.
///
/// Sockets are asked at once, but a lookup's answer may be in a buffer that another thread reads, and a handshake's in
/// one that the loop has not come to: after a freeze the timer may well be the first to run.
@available(FairDial 0.1, *)
extension Dial {
    enum CatchUp: Sendable {
        case notNeeded
        /// Everything is being read that had come by then.
        case asked(since: Duration)
        /// It has been read.
        case done(since: Duration)
    }

    /// A lookup or channel that has not caught up within this time never will: the timeout counts all the same.
    private static let catchUpLimit = Duration.seconds(1)

    /// When the timeout or the deadline ends.
    var verdictTime: Duration {
        question.deadline.map { min(timeoutEnd, $0) } ?? timeoutEnd
    }

    /// Until when others are waited for who read what has come.
    var catchUpEnd: Duration? {
        if case .asked(let since) = catchUp { since + Self.catchUpLimit } else { nil }
    }

    /// How long ago the timeout ended when it was checked: perhaps as long as the process was stopped.
    var lateness: Duration {
        if case .asked(let since) = catchUp { since - verdictTime } else { .zero }
    }

    /// A timer has gone off. The driver has asked the sockets and read its mailbox before.
    ///
    /// - Parameter now: a moment before that: what has come by then has been read, however long reading took.
    mutating func wake(at now: Duration) -> ActionList<DialAction> {
        if isOver { return ActionList() }
        switch catchUp {
        case .asked:
            guard let catchUpEnd, now >= catchUpEnd else { return ActionList() }
            return caughtUp()
        case .done(let since) where since >= verdictTime:
            return advance(to: now)
        case .notNeeded, .done:
            guard now >= verdictTime, awaitsMail else { return advance(to: now) }
            catchUp = .asked(since: now)
            return ActionList(.catchUp)
        }
    }

    /// These lookups are reading what has come, and will say so; none of the others has anything to read.
    mutating func isCatchingUp(_ lookups: [LookupID]) -> ActionList<DialAction> {
        guard case .asked = catchUp else { return ActionList() }
        catchingUp = lookups
        return lookups.isEmpty ? caughtUp() : ActionList()
    }

    /// The time of a lookup is up, and these DNS servers have not answered yet: the error names them.
    mutating func awaitAnswers(of servers: [Endpoint]) {
        guard !servers.isEmpty else { return }
        noteTroubles { $0.silentServers = servers }
    }

    /// One lookup has told all that had come, or has ended.
    mutating func hasCaughtUp(_ id: LookupID) -> ActionList<DialAction> {
        guard let index = catchingUp.firstIndex(of: id) else { return ActionList() }
        catchingUp.remove(at: index)
        return catchingUp.isEmpty ? caughtUp() : ActionList()
    }

    /// Everything has been read and told that had come when `catchUp` was said.
    mutating func caughtUp() -> ActionList<DialAction> {
        guard case .asked(let since) = catchUp else { return ActionList() }
        catchUp = .done(since: since)
        catchingUp = []
        return advance(to: since)
    }

    /// Whether something may have come that is not for the driver to read.
    private var awaitsMail: Bool {
        switch phase {
        case .unstarted, .over: return false
        case .handshaking: return true
        case .dialing: break
        }
        switch lookup {
        case .unneeded, .ended: return false
        case .asked, .queued, .running, .postponed: return true
        }
    }
}
