// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NameResolution

/// Has everything read that has come, before a dial's time is called (rule 6).
extension DialDriver {
    /// How the host is called among those who catch up; no target has this name.
    static let hostCatchingUp = ""

    func catchUp(late: Duration) {
        if let winner, let descriptor = winnerDescriptor {
            guard winner.isActive, plan.connector.hasUnread(descriptor) else { return caughtUp() }
            // The loop reads before it comes to its timers: one more turn, and it has.
            _ = loop.scheduleTask(in: .milliseconds(1)) { self.caughtUp() }
            return
        }
        // What they tell comes by post, so nobody can have caught up before all have been asked.
        var asked: Set<String> = []
        if let lookup, lookup.catchUp(late: late) { asked.insert(Self.hostCatchingUp) }
        for (name, target) in services?.targets ?? [:] where target.lookup?.catchUp(late: late) ?? false {
            asked.insert(name)
        }
        catchingUp = asked
        if asked.isEmpty { caughtUp() }
    }

    /// One look-up has told all that had come, or has ended.
    func hasCaughtUp(_ name: String) {
        guard catchingUp?.remove(name) != nil, catchingUp?.isEmpty ?? false else { return }
        caughtUp()
    }

    private func caughtUp() {
        catchingUp = nil
        carryOut(dial.caughtUp())
        setTimer()
    }
}
