// SPDX-License-Identifier: Apache-2.0

/// A dial's wait for a descriptor or a thread: in one queue with the other dials, and on the queue clock.
@available(FairDial 0.1, *)
extension DialDriver {
    /// Joins the queue while the dial is short of something, and leaves it when it is not.
    func standInQueue() {
        guard dial.awaitsTurn else { return leaveQueue() }
        guard ticket == nil else { return }
        ticket = plan.connector.waitingRoom.join(on: loop, again: dial.hasBeenShort) { self.takeTurn($0) }
    }

    func leaveQueue() {
        if let ticket { plan.connector.waitingRoom.leave(ticket) }
        ticket = nil
    }

    private func takeTurn(_ called: ShortageQueue.Ticket) {
        // What has come is read first: it may be that nothing is waited for any more.
        readMailbox()
        guard called == ticket else { return }
        ticket = nil
        carryOut(dial.takeTurn(at: now))
        setTimer()
    }
}
