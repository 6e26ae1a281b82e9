// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NIOCore
import NameResolution

/// All that a driver needs to carry out one dial. A reference, because it is passed around more often than it is read.
@available(FairDial 0.1, *)
final class DialPlan: Sendable {
    /// Where a dial begins.
    enum Start: Sendable {
        /// With a lookup.
        case lookUp
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
    /// `nil` where no observer wants to know.
    let observation: DialObservation?
    /// Told of the winner's binding before the initializer runs.
    let onBinding: (@Sendable (ServiceBinding) -> Void)?
    /// Told of the winner before the initializer runs.
    let onWinner: (@Sendable (DialWinner) -> Void)?
    let cancellation: DialCancellation?
    let fairnessKey: FairnessKey
    let sockets: SocketSetup
    let readiness: Readiness?
    let holdsReads: Bool
    let onStart: (@Sendable () -> Void)?
    /// Told what there is of an answer while one family is silent; `nil` where the caller waits for all of it.
    let onEarlyAnswer: (@Sendable (_ addresses: [IPAddress], DialReport, _ timeToLive: Duration?) -> Void)?
    /// Asked before the first attempt starts; `nil` where the dial has no owner.
    let admission: (@Sendable (_ admit: @escaping @Sendable () -> Void) -> Void)?
    /// Runs once, on the winner, before anything is read.
    let initializer: @Sendable (any Channel) -> EventLoopFuture<Void>

    init(
        question: DialQuestion,
        start: Start,
        setup: DialerSetup,
        observation: DialObservation?,
        onBinding: (@Sendable (ServiceBinding) -> Void)?,
        onWinner: (@Sendable (DialWinner) -> Void)?,
        cancellation: DialCancellation?,
        fairnessKey: FairnessKey,
        sockets: SocketSetup,
        readiness: Readiness?,
        holdsReads: Bool,
        onStart: (@Sendable () -> Void)?,
        onEarlyAnswer: (@Sendable ([IPAddress], DialReport, Duration?) -> Void)?,
        admission: (@Sendable (_ admit: @escaping @Sendable () -> Void) -> Void)?,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) {
        self.question = question
        self.start = start
        self.setup = setup
        self.observation = observation
        self.onBinding = onBinding
        self.onWinner = onWinner
        self.cancellation = cancellation
        self.fairnessKey = fairnessKey
        self.sockets = sockets
        self.readiness = readiness
        self.holdsReads = holdsReads
        self.onStart = onStart
        self.onEarlyAnswer = onEarlyAnswer
        self.admission = admission
        self.initializer = initializer
    }

    var resolver: any AddressResolver { setup.configuration.resolver }
    var connector: any Connector { setup.configuration.connector }
}
