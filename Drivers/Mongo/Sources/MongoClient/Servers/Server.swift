// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairPool

/// A server of a client: its pool, and who watches it.
final class Server: Sendable {
    let address: ServerAddress
    let pool: ConnectionPool<MongoConnection>
    let monitor: ServerMonitor

    init(_ address: ServerAddress, pool: ConnectionPool<MongoConnection>, monitor: ServerMonitor) {
        self.address = address
        self.pool = pool
        self.monitor = monitor
    }
}
