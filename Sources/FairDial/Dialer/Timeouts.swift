// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// How long each clock of a dial may run before the dial fails with that clock's own error.
///
/// The clocks never overlap, so a timeout pays for its own stage alone: a full queue cannot eat the time to connect.
///
/// What is not set (`nil`) is inherited: a dial's (`DialOptions.timeouts`) is the dialer's, a dialer's
/// (`DialerConfiguration.timeouts`) is the default. A negative one counts as zero: that stage fails as soon as it must
/// wait. One of more than 10⁹ s counts as that.
@available(FairDial 0.1, *)
public struct Timeouts: Hashable, Sendable {
    /// For a slot in the resolver's queue, or for a descriptor. Default 30 s.
    public var queue: Duration?

    /// For the first usable address, and for further answers while no attempt is in flight. Default 10 s.
    public var lookup: Duration?

    /// While at least one attempt is in flight. Default 10 s.
    public var connect: Duration?

    /// From the connection until the channel is ready: the initializer, and `Readiness` (TLS above all). Default 10 s.
    public var handshake: Duration?

    /// Timeouts for the four clocks; those that are not given are inherited.
    public init(
        queue: Duration? = nil,
        lookup: Duration? = nil,
        connect: Duration? = nil,
        handshake: Duration? = nil
    ) {
        self.queue = queue
        self.lookup = lookup
        self.connect = connect
        self.handshake = handshake
    }

    /// All four of them.
    package init(_ filled: FilledTimeouts) {
        self.init(queue: filled.queue, lookup: filled.lookup, connect: filled.connect, handshake: filled.handshake)
    }

    /// These timeouts, with an inherited one for each that is not set.
    ///
    /// - Parameter inherited: what is taken for each that is not set, within bounds already.
    package func filled(from inherited: FilledTimeouts = FilledTimeouts()) -> FilledTimeouts {
        // Nearly every dial takes the dialer's.
        if queue == nil, lookup == nil, connect == nil, handshake == nil { return inherited }
        return FilledTimeouts(
            queue: queue?.bounded ?? inherited.queue,
            lookup: lookup?.bounded ?? inherited.lookup,
            connect: connect?.bounded ?? inherited.connect,
            handshake: handshake?.bounded ?? inherited.handshake
        )
    }
}
