// SPDX-License-Identifier: Apache-2.0

import DNSResolution
import NIOCore

/// What a dialer is made of, once for all its copies: a dial passes one reference on, and not a dozen.
final class DialerSetup: Sendable {
    let configuration: DialerConfiguration

    /// The caller's loops, or NIO's singleton where that could be had when the dialer was made; `nil` where it is asked
    /// for again by each dial.
    let group: (any EventLoopGroup)?

    /// Whether NIO can make a channel of a descriptor on the group's loops; sockets and answers go with any.
    let isGroupSupported: Bool

    init(_ configuration: DialerConfiguration) {
        self.configuration = configuration
        group = configuration.ownGroup ?? (try? ProcessLoops.group())
        isGroupSupported = configuration.ownGroup.map(SupportedLoops.contains) ?? true
    }
}
