// SPDX-License-Identifier: Apache-2.0

/// How long each clock of a dial may run before the dial fails with that clock's own error.
///
/// The clocks never overlap, so a budget pays for its own stage alone: a full queue cannot eat the time to connect.
public struct Budgets: Hashable, Sendable {
    /// For a place in the resolver's line, or for a descriptor. Default 30 s.
    public var queue: Duration

    /// For the first usable address, and for further answers while no attempt is under way. Default 10 s.
    public var lookup: Duration

    /// While at least one attempt is under way. Default 10 s.
    public var connect: Duration

    /// From the connection until the channel is ready: the initializer, and `Readiness` (TLS above all). Default 10 s.
    public var handshake: Duration

    /// Budgets for the four clocks. A negative one counts as zero: that stage fails as soon as it must wait.
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

    subscript(clock: DialClock) -> Duration {
        switch clock {
        case .queue: queue
        case .lookup: lookup
        case .connect: connect
        case .handshake: handshake
        }
    }
}
