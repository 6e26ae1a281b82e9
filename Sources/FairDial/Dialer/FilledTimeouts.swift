// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// Timeouts with nothing left to inherit, each within what a dial can count with: what one dial goes by.
@available(FairDial 0.1, *)
package struct FilledTimeouts: Hashable, Sendable {
    package var queue: Duration
    package var lookup: Duration
    package var connect: Duration
    package var handshake: Duration

    /// The defaults of a dialer, but for what is given.
    package init(
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
