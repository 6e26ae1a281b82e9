// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NameResolution

/// What one dial is about, decided before it starts. A reference, because both plan and machine keep it, and it is
/// large.
@available(FairDial 0.1, *)
package final class DialQuestion: Sendable {
    /// What the dial is to bring.
    package enum Goal: Sendable {
        /// A connected socket, to be handed over and made ready.
        case channel
        /// A connected socket.
        case socket
        /// The answer of the lookup alone.
        case answer
        /// The targets of a service alone.
        case targets
    }

    /// What was asked for, for messages.
    let target: Target
    let goal: Goal
    /// What to look up; `nil` when the destinations are known.
    ///
    /// Of a service it is the name and the families wanted of its targets.
    let lookup: LookupQuestion?
    /// What may lead to further names; `nil` for nearly every dial.
    let names: NamesQuestion?
    let timeouts: FilledTimeouts
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
    /// Whether the caller wants to know when the first attempt starts.
    let tellsStart: Bool
    /// Whether the caller wants to know what there is of an answer while one family is silent.
    let tellsEarlyAnswer: Bool
    /// Whether the first attempt waits for the caller's word.
    let awaitsAdmission: Bool
    /// What puts addresses into the order in which to prefer them.
    let order: AddressOrder
    /// Whether what is remembered also orders the destinations that are known from the start.
    let remembersKnown: Bool

    /// Inlined: a dial's plan has all of it in registers.
    @inline(__always)
    init(
        target: Target,
        goal: Goal,
        lookup: LookupQuestion?,
        names: NamesQuestion? = nil,
        timeouts: FilledTimeouts,
        deadline: Duration? = nil,
        race: RaceConfiguration = .standard,
        policy: AddressPolicy? = nil,
        origin: SocketOrigin? = nil,
        skipped: AddressFamilies = [],
        awaitsReadiness: Bool = false,
        tellsStart: Bool = false,
        tellsEarlyAnswer: Bool = false,
        awaitsAdmission: Bool = false,
        order: AddressOrder = AddressOrder(routes: NoRoutes()),
        remembersKnown: Bool = false
    ) {
        self.target = target
        self.goal = goal
        self.lookup = lookup
        self.names = names
        self.timeouts = timeouts
        self.deadline = deadline
        self.race = race
        self.policy = policy
        self.origin = origin
        self.skipped = skipped
        self.awaitsReadiness = awaitsReadiness
        self.tellsStart = tellsStart
        self.tellsEarlyAnswer = tellsEarlyAnswer
        self.awaitsAdmission = awaitsAdmission
        self.order = order
        self.remembersKnown = remembersKnown
    }
}
