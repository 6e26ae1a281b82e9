// SPDX-License-Identifier: Apache-2.0

import ConnectionRacing
import IPAddresses
import NameResolution

/// What one dial is about, decided before it starts.
package struct DialQuestion: Sendable {
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
    var target: Target
    var goal: Goal
    /// What to look up; `nil` when the destinations are known.
    var lookup: LookupQuestion?
    var budgets: Budgets
    var deadline: Duration?
    var race = RaceConfiguration.standard
    /// What may be dialed; `nil` for anything.
    var policy: AddressPolicy?
    /// The families that are left out because there is no local address to dial them from.
    var skipped: AddressFamilies = []
    /// Whether something must be awaited after the connection, so that the handshake's clock is shown.
    var awaitsReadiness: Bool
    /// Whether somebody wants to know when the first attempt starts.
    var tellsStart = false
}
