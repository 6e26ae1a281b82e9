// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// How long each clock of a dial may run before the dial fails with that clock's own error.
///
/// The clocks never overlap, so a timeout pays for its own stage alone: a full queue cannot eat the time to connect.
@available(FairDial 0.1, *)
public struct Timeouts: Hashable, Sendable {
    /// For a slot in the resolver's queue, or for a descriptor. Default 30 s.
    public var queue: Duration

    /// For the first usable address, and for further answers while no attempt is in flight. Default 10 s.
    public var lookup: Duration

    /// While at least one attempt is in flight. Default 10 s.
    public var connect: Duration

    /// From the connection until the channel is ready: the initializer, and `Readiness` (TLS above all). Default 10 s.
    public var handshake: Duration

    /// Timeouts for the four clocks. A negative one counts as zero: that stage fails as soon as it must wait. One of
    /// more than 10⁹ s counts as that.
    public init(
        queue: Duration = .seconds(30),
        lookup: Duration = .seconds(10),
        connect: Duration = .seconds(10),
        handshake: Duration = .seconds(10)
    ) {
        self.queue = queue
        self.lookup = lookup
        self.connect = connect
        self.handshake = handshake
    }

    /// The same, each brought within what a dial can count with.
    var bounded: Timeouts {
        Timeouts(queue: queue.bounded, lookup: lookup.bounded, connect: connect.bounded, handshake: handshake.bounded)
    }

    subscript(clock: DialClock) -> Duration {
        switch clock {
        case .queue: queue
        case .lookup: lookup
        case .connect: connect
        case .handshake: handshake
        }
    }
}
