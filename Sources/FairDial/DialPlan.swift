// SPDX-License-Identifier: Apache-2.0

import ConnectionRacing
import IPAddresses
import NIOCore
import NameResolution

/// All that a driver needs to carry out one dial.
struct DialPlan: Sendable {
    /// Where a dial begins.
    enum Start: Sendable {
        /// With a look-up; its addresses are dialed at this port.
        case lookUp(port: UInt16)
        /// With destinations that are known.
        case known([Destination], LookupSource?)
    }

    var question: DialQuestion
    var start: Start
    var resolver: any Resolver
    var asker: Asker
    var families: AddressFamilies
    var transport: Transport
    var localEndpoint: Endpoint?
    var socketOptions: [SocketOption]
    var readiness: Readiness?
    var onStart: (@Sendable () -> Void)?
    /// Runs once, on the winner, before anything is read.
    var initializer: @Sendable (any Channel) -> EventLoopFuture<Void>
}
