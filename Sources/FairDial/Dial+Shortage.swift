// SPDX-License-Identifier: Apache-2.0

import ConnectionRacing
import NameResolution

/// What a dial does when there is something missing: on this machine, or room at the peer.
extension Dial {
    /// What this machine has none of.
    enum Shortage: Sendable {
        case descriptors
        case threads
    }

    /// An attempt got no socket, or nobody to watch it: the machine has no descriptor or no thread left. The dial waits
    /// in the queue for one, and no address is blamed.
    mutating func outOfDescriptors(
        _ destination: Destination,
        _ shortage: Shortage = .descriptors,
        at now: Duration
    ) -> ActionList<DialAction> {
        guard case .dialing = phase else { return ActionList() }
        attempts.removeAll { $0.destination == destination && $0.outcome == nil }
        if !retries.isEmpty { retries.removeAll { $0.destination == destination } }
        socketShortage = shortage
        return carryOut(race.postponed(destination, until: now + pause()), at: now)
    }

    /// An attempt's peer has no room for another connection: its backlog is full. The attempt goes on, on the connect
    /// clock, and is made again in a while.
    mutating func backlogFull(_ destination: Destination, at now: Duration) -> ActionList<DialAction> {
        guard case .dialing = phase,
            let index = attempts.lastIndex(where: { $0.destination == destination && $0.outcome == nil }),
            !awaitsRetry(destination)
        else { return ActionList() }
        attempts[index].reason = "its backlog is full"
        retries.append((destination, now + pause()))
        return ActionList()
    }

    /// Whether an attempt has no socket, because it is to be made again.
    func awaitsRetry(_ destination: Destination) -> Bool {
        !retries.isEmpty && retries.contains { $0.destination == destination }
    }

    /// Makes the attempts again whose time has come.
    mutating func retryDue(at now: Duration) -> ActionList<DialAction> {
        var actions = ActionList<DialAction>()
        for retry in retries where retry.due <= now { actions.append(.open(retry.destination)) }
        retries.removeAll { $0.due <= now }
        return actions
    }

    /// How long to wait before asking again for a descriptor, or for room. Nobody tells when some other part of the
    /// process closes a file, so we ask again, less and less often.
    mutating func pause() -> Duration {
        let longest = 100
        defer { postponements += 1 }
        return .milliseconds(min(5 << min(postponements, 5), longest))
    }

    /// What the dial waits for, for a socket or for its look-up; `nil` where nothing is short.
    var shortage: Shortage? {
        if case .postponed(_, let error) = lookup { return error.kind == .noThread ? .threads : .descriptors }
        return race.isShortOfSockets ? socketShortage : nil
    }

    /// Whether every attempt that was made ended because the system refused an option.
    var hasOnlyOptionFailures: Bool {
        optionFailures > 0 && optionFailures == attempts.count { $0.outcome != .vetoed }
    }
}
