// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import FairDial
public import FairPool
import IPAddresses
import NIOConcurrencyHelpers

/// Shows pools of connections in metrics, under OpenTelemetry's names.
///
/// ```swift
/// var configuration = PoolConfiguration()
/// configuration.name = "orders"
/// configuration.observer = PoolMetrics()
/// ```
///
/// | metric | kind | what |
/// |---|---|---|
/// | `db.client.connection.count` | meter | connections; `db.client.connection.state` is `idle` or `used` |
/// | `db.client.connection.idle.max` | meter | how many may be idle: as many as there may be |
/// | `db.client.connection.idle.min` | meter | how many are kept idle |
/// | `db.client.connection.max` | meter | how many there may be |
/// | `db.client.connection.pending_requests` | meter | callers that wait |
/// | `db.client.connection.timeouts` | counter | callers whose wait timeout has ended |
/// | `db.client.connection.create_time` | timer | from a connection's place in the pool to its use |
/// | `db.client.connection.wait_time` | timer | what a caller waited who got a connection |
/// | `db.client.connection.use_time` | timer | from a connection's way out to its way back |
///
/// Each has the dimension `db.client.connection.pool.name`. Pools of one name are added up. A pool that has closed
/// takes back what it has added. A connection that closes itself while it is in use has no `use_time`.
///
/// Make one, and give it to every pool: it keeps each metric once. What several of them tell one back end is added up,
/// too.
///
/// - Source: OpenTelemetry, "Semantic conventions for database client metrics", connection pools.
@available(FairDial 0.1, *)
public final class PoolMetrics: PoolObserver {
    private struct Kept: Sendable {
        var pools: [String: PoolInstruments] = [:]
    }

    private let factory: any MetricsFactory
    private let poolLimit: Int
    private let kept = NIOLockedValueBox(Kept())

    /// - Parameter configuration: `metricsFactory` and `poolLimit` are used.
    public init(_ configuration: ObservabilityConfiguration = ObservabilityConfiguration()) {
        factory = configuration.metricsFactory ?? MetricsSystem.factory
        poolLimit = max(configuration.poolLimit, 0)
    }

    /// Counts and times what happens in this pool.
    public func poolBegins(_ pool: ObservedPool) -> (@Sendable (PoolEvent, PoolCounts) -> Void)? {
        let reading = PoolReading(of: pool, into: instruments(for: pool.name.withoutUserInfo.printable))
        return { event, counts in reading.tell(event, counts) }
    }

    private func instruments(for name: String) -> PoolInstruments {
        let (known, name) = kept.withLockedValue { kept -> (PoolInstruments?, String) in
            let name = kept.pools[name] != nil || kept.pools.count < poolLimit ? name : "other"
            return (kept.pools[name], name)
        }
        if let known { return known }
        // Outside the lock: a factory may do as it likes.
        let made = PoolInstruments(of: name, by: factory)
        made.beginAtZero()
        return kept.withLockedValue { kept in
            if let other = kept.pools[name] { return other }
            kept.pools[name] = made
            return made
        }
    }
}
