// SPDX-License-Identifier: Apache-2.0

import ConnectionRacing
import IPAddresses
import NameResolution

/// What one dial is about, decided before it starts. A reference, because both plan and machine keep it, and it is large.
package final class DialQuestion: Sendable {
    /// What the dial is to bring.
    package enum Goal: Sendable {
        /// A connected socket, to be handed over and made ready.
        case channel
        /// A connected socket.
        case socket
        /// The answer of the look-up alone.
        case answer
    }

    /// What was asked for, for messages.
    let target: Target
    let goal: Goal
    /// What to look up; `nil` when the destinations are known.
    let lookup: LookupQuestion?
    let budgets: Budgets
    let deadline: Duration?
    let race: RaceConfiguration
    /// What may be dialed; `nil` for anything.
    let policy: AddressPolicy?
    /// Where the sockets are bound, which the policy must know; `nil` without one.
    let origin: SocketOrigin?
    /// The families that are left out because there is no local address to dial them from.
    let skipped: AddressFamilies
    /// Whether something must be awaited after the connection, so that the handshake's clock is shown.
    let awaitsReadiness: Bool
    /// Whether somebody wants to know when the first attempt starts.
    let tellsStart: Bool

    init(
        target: Target,
        goal: Goal,
        lookup: LookupQuestion?,
        budgets: Budgets,
        deadline: Duration? = nil,
        race: RaceConfiguration = .standard,
        policy: AddressPolicy? = nil,
        origin: SocketOrigin? = nil,
        skipped: AddressFamilies = [],
        awaitsReadiness: Bool = false,
        tellsStart: Bool = false
    ) {
        self.target = target
        self.goal = goal
        self.lookup = lookup
        self.budgets = budgets
        self.deadline = deadline
        self.race = race
        self.policy = policy
        self.origin = origin
        self.skipped = skipped
        self.awaitsReadiness = awaitsReadiness
        self.tellsStart = tellsStart
    }
}
