// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// The use of one connection, until it is given back: a value that cannot be copied, nor used after its return.
///
/// One that is dropped without `giveBack` closes its connection: nobody knows what is left unread on it.
@available(FairDial 0.1, *)
public struct PoolLease<Output: Sendable>: ~Copyable, Sendable {
    private let pool: ConnectionPool<Output>
    private var isGivenBack = false

    /// The connection; of no use any more once the lease has ended.
    public let connection: PooledConnection<Output>

    init(_ connection: PooledConnection<Output>, of pool: ConnectionPool<Output>) {
        self.connection = connection
        self.pool = pool
    }

    /// What the pool's initializer made of the channel.
    public var output: Output { connection.output }

    /// The channel itself.
    public var channel: any Channel { connection.channel }

    /// Gives the connection back, for the next user.
    public consuming func giveBack() {
        isGivenBack = true
        pool.checkIn(connection, isBroken: false)
    }

    deinit {
        if !isGivenBack { pool.checkIn(connection, isBroken: true) }
    }
}
