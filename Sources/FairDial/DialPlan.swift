// SPDX-License-Identifier: Apache-2.0

import ConnectionRacing
import IPAddresses
import NIOCore
import NameResolution

/// All that a driver needs to carry out one dial. A reference, because it is passed around more often than it is read.
final class DialPlan: Sendable {
    /// Where a dial begins.
    enum Start: Sendable {
        /// With a look-up; its addresses are dialed at this port.
        case lookUp(port: UInt16)
        /// With destinations that are known.
        case known([Destination], LookupSource?)

        /// Whether addresses may have been left out for their family; a literal that is dialed has no others.
        var mayHaveSkipped: Bool {
            guard case .known(let destinations, .numeric) = self else { return true }
            return destinations.isEmpty
        }
    }

    let question: DialQuestion
    let start: Start
    private let setup: DialerSetup
    /// The service bindings wanted; `nil` for none.
    let bindings: BindingRequest?
    let asker: Asker
    let families: AddressFamilies
    let sockets: SocketSetup
    let readiness: Readiness?
    let onStart: (@Sendable () -> Void)?
    /// Runs once, on the winner, before anything is read.
    let initializer: @Sendable (any Channel) -> EventLoopFuture<Void>

    init(
        question: DialQuestion,
        start: Start,
        setup: DialerSetup,
        bindings: BindingRequest?,
        asker: Asker,
        families: AddressFamilies,
        sockets: SocketSetup,
        readiness: Readiness?,
        onStart: (@Sendable () -> Void)?,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) {
        self.question = question
        self.start = start
        self.setup = setup
        self.bindings = bindings
        self.asker = asker
        self.families = families
        self.sockets = sockets
        self.readiness = readiness
        self.onStart = onStart
        self.initializer = initializer
    }

    var resolver: any Resolver { setup.configuration.resolver }
    var connector: any Connector { setup.configuration.connector }
    var overrides: [String: [IPAddress]] { setup.configuration.overrides }
    var random: RandomSource { setup.configuration.random }
    var memory: OutcomeMemory? { setup.configuration.memory }
}
