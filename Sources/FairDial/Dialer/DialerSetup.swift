// SPDX-License-Identifier: Apache-2.0

import DNSResolution
import IPAddresses
import NIOCore
import NameResolution

/// What a dialer is made of, once for all its copies: a dial passes one reference on, and not a dozen.
@available(FairDial 0.1, *)
final class DialerSetup: Sendable {
    let configuration: DialerConfiguration

    /// The configuration's, brought within what a dial can count with: once here, and not by each dial.
    let timeouts: FilledTimeouts
    let race: RaceConfiguration

    /// The caller's loops, or NIO's singleton where that could be had when the dialer was made; `nil` where it is asked
    /// for again by each dial.
    let group: (any EventLoopGroup)?

    /// Whether NIO can make a channel of a descriptor on the group's loops; sockets and answers go with any.
    let isGroupSupported: Bool

    init(_ configuration: DialerConfiguration) {
        self.configuration = configuration
        timeouts = configuration.timeouts.filled()
        race = configuration.race.bounded
        group = configuration.ownGroup ?? (try? ProcessLoops.group())
        isGroupSupported = configuration.ownGroup.map(configuration.connector.makesChannels) ?? true
    }
}
