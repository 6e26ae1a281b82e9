// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// How long each stage of one dial may run, where that differs from the dialer's; what is not set is the dialer's.
@available(FairDial 0.1, *)
public struct DialTimeouts: Hashable, Sendable {
    /// For a slot of the resolver's queue, or for a descriptor; `nil` for the dialer's.
    public var queue: Duration?

    /// For the first usable address, and for further answers while no attempt is in flight; `nil` for the dialer's.
    public var lookup: Duration?

    /// While at least one attempt is in flight; `nil` for the dialer's.
    public var connect: Duration?

    /// From the connection until the channel is ready; `nil` for the dialer's.
    public var handshake: Duration?

    /// Timeouts that differ from the dialer's. A negative one counts as zero, one of more than 10⁹ s as that.
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
    package init(_ timeouts: Timeouts) {
        self.init(
            queue: timeouts.queue,
            lookup: timeouts.lookup,
            connect: timeouts.connect,
            handshake: timeouts.handshake
        )
    }

    /// What holds for a dial.
    ///
    /// - Parameter dialer: the dialer's, within bounds already.
    func filled(from dialer: Timeouts) -> Timeouts {
        // Nearly every dial takes the dialer's.
        if queue == nil, lookup == nil, connect == nil, handshake == nil { return dialer }
        return Timeouts(
            queue: queue?.bounded ?? dialer.queue,
            lookup: lookup?.bounded ?? dialer.lookup,
            connect: connect?.bounded ?? dialer.connect,
            handshake: handshake?.bounded ?? dialer.handshake
        )
    }
}
