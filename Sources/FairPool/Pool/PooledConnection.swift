// SPDX-License-Identifier: Apache-2.0

public import FairDial
public import NIOCore

/// A connection of a pool, as its user has it.
@available(FairDial 0.1, *)
public final class PooledConnection<Output: Sendable>: Sendable {
    /// Its number in the pool.
    public let id: PooledConnectionID

    /// What the pool's initializer made of the channel.
    public let output: Output

    /// The channel itself.
    public let channel: any Channel

    /// Where the time of its dial went.
    public let report: DialReport

    init(id: PooledConnectionID, _ connection: Connection<Output>) {
        self.id = id
        output = connection.output
        channel = connection.channel
        report = connection.report
    }
}
