// SPDX-License-Identifier: Apache-2.0

/// What a dialer is made of, once for all its copies: a dial passes one reference on, and not a dozen.
final class DialerSetup: Sendable {
    let configuration: DialerConfiguration

    /// Whether NIO can make a channel of a descriptor on the group's loops; sockets and answers go with any.
    let isGroupSupported: Bool

    init(_ configuration: DialerConfiguration) {
        self.configuration = configuration
        isGroupSupported = configuration.ownGroup.map(SupportedLoops.contains) ?? true
    }
}
