// SPDX-License-Identifier: Apache-2.0

import SystemSupport

/// The wait of a dial whose owner says when its first attempt may start: on the queue clock, with no socket open.
@available(FairDial 0.1, *)
extension Dial {
    /// Whether the first attempt may start.
    enum Admission: Sendable {
        /// The dial has no owner to ask, or the owner has let it in.
        case given
        /// There is nothing to dial yet.
        case unasked
        /// The owner has been asked.
        case awaited
    }

    /// Whether attempts may start.
    var isAdmitted: Bool { if case .given = admission { true } else { false } }

    /// Whether nothing but the owner's word is missing.
    var awaitsAdmission: Bool {
        guard case .dialing = phase, case .awaited = admission else { return false }
        return race.isShortOfSockets
    }

    /// There is a first attempt: it is held back, and the owner is asked once.
    mutating func askForAdmission(of destination: Destination) -> ActionList<DialAction> {
        // No attempt starts until the race hears of a socket.
        _ = race.postponed(destination)
        guard case .unasked = admission else { return ActionList() }
        admission = .awaited
        return ActionList(.askForAdmission)
    }

    /// The owner lets the dial's attempts start. Where the dial's timeout has passed by then, that ends it.
    mutating func admitted(at time: Duration, toldAt now: Duration) -> ActionList<DialAction> {
        guard case .awaited = admission else { return ActionList() }
        let waits = awaitsAdmission
        admission = .given
        guard waits, time < verdictTime else { return ActionList() }
        return carryOut(race.socketMayBeHad(at: now), at: now)
    }
}
