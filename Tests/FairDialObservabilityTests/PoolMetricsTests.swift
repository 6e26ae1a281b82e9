// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import FairDial
import FairDialObservability
import FairPool
import MetricsTestKit
import NIOCore
import NIOPosix
import Testing

/// What is counted and timed of pools, and how many time series there are at most.
@Suite(.timeLimit(.minutes(15))) struct `Pools in metrics` {
    private static let name = "db.client.connection.pool.name"

    private let metrics = TestMetrics()

    private func observer(poolLimit: Int = 100) -> PoolMetrics {
        var configuration = ObservabilityConfiguration()
        configuration.metricsFactory = metrics
        configuration.poolLimit = poolLimit
        return PoolMetrics(configuration)
    }

    private func last(_ label: String, of pool: String, _ state: String? = nil) -> Double? {
        let dimensions = [(Self.name, pool)] + (state.map { [("db.client.connection.state", $0)] } ?? [])
        return try? metrics.expectMeter("db.client.connection.\(label)", dimensions).lastValue
    }

    private func times(_ label: String, of pool: String) -> [Int64]? {
        try? metrics.expectTimer("db.client.connection.\(label)", [(Self.name, pool)]).values
    }

    @Test func `have OpenTelemetry's names, and go up and down`() throws {
        let pool = ObservedPool(name: "orders", minimumSize: 2, maximumSize: 9)
        let tell = try #require(observer().poolBegins(pool))
        #expect(last("max", of: "orders") == 9)
        #expect(last("idle.max", of: "orders") == 9)
        #expect(last("idle.min", of: "orders") == 2)
        tell(.checkOutStarted, PoolCounts(waiting: 3))
        #expect(last("pending_requests", of: "orders") == 3)
        tell(.connectionReady(1, after: .milliseconds(4)), PoolCounts(idle: 1, waiting: 2))
        tell(.checkedOut(1, after: .milliseconds(6)), PoolCounts(inUse: 1, waiting: 2))
        tell(.checkOutFailed(.timeout, after: .seconds(1)), PoolCounts(inUse: 1, waiting: 1))
        tell(.checkOutFailed(.cancelled, after: .seconds(1)), PoolCounts(inUse: 1))
        #expect(last("count", of: "orders", "used") == 1)
        #expect(last("count", of: "orders", "idle") == 0)
        #expect(last("pending_requests", of: "orders") == 0)
        tell(.checkedIn(1, after: .milliseconds(8)), PoolCounts(idle: 1))
        #expect(last("count", of: "orders", "used") == 0)
        #expect(last("count", of: "orders", "idle") == 1)
        #expect(times("create_time", of: "orders") == [4_000_000])
        #expect(times("wait_time", of: "orders") == [6_000_000])
        #expect(times("use_time", of: "orders") == [8_000_000])
        #expect(
            metrics.counterTotal(label: "db.client.connection.timeouts", dimensions: [(Self.name, "orders")]) == 1
        )
    }

    @Test func `have a least size also where that is none, and show no password`() throws {
        let pool = ObservedPool(name: "app:secret@db.test:5432", maximumSize: 3)
        let tell = try #require(observer().poolBegins(pool))
        #expect(last("idle.min", of: "…@db.test:5432") == 0)
        #expect(last("max", of: "…@db.test:5432") == 3)
        withExtendedLifetime(tell) {}
        #expect(metrics.meters(label: "db.client.connection.max").count == 1)
    }

    @Test func `of one name are added up, and one that has closed takes back what it added`() throws {
        let observer = observer()
        let first = try #require(observer.poolBegins(ObservedPool(name: "a", minimumSize: 1, maximumSize: 5)))
        let second = try #require(observer.poolBegins(ObservedPool(name: "a", maximumSize: 7)))
        first(.checkOutStarted, PoolCounts(idle: 2, inUse: 1, waiting: 1))
        second(.checkOutStarted, PoolCounts(idle: 1, inUse: 1))
        #expect(last("max", of: "a") == 12)
        #expect(last("count", of: "a", "idle") == 3)
        first(.closed, PoolCounts(inUse: 1))
        // One is in use still.
        #expect(last("max", of: "a") == 12)
        #expect(last("count", of: "a", "used") == 2)
        first(.connectionClosed(3, .poolClosed), PoolCounts())
        first(.checkOutStarted, PoolCounts())
        #expect(last("max", of: "a") == 7)
        #expect(last("idle.min", of: "a") == 0)
        #expect(last("count", of: "a", "idle") == 1)
        #expect(last("count", of: "a", "used") == 1)
        #expect(last("pending_requests", of: "a") == 0)
    }

    @Test func `of one name are added up whoever observes them`() throws {
        let first = try #require(observer().poolBegins(ObservedPool(name: "a", minimumSize: 1, maximumSize: 5)))
        first(.checkOutStarted, PoolCounts(idle: 2, inUse: 3, waiting: 4))
        let second = try #require(observer().poolBegins(ObservedPool(name: "a", minimumSize: 2, maximumSize: 7)))
        #expect(last("count", of: "a", "idle") == 2)
        #expect(last("count", of: "a", "used") == 3)
        #expect(last("pending_requests", of: "a") == 4)
        #expect(last("idle.min", of: "a") == 3)
        #expect(last("max", of: "a") == 12)
        second(.checkOutStarted, PoolCounts(inUse: 1))
        first(.closed, PoolCounts())
        #expect(last("count", of: "a", "used") == 1)
        #expect(last("max", of: "a") == 7)
    }

    @Test func `that are dropped take back what they added`() throws {
        let observer = observer()
        do {
            let tell = try #require(observer.poolBegins(ObservedPool(name: "a", maximumSize: 5)))
            tell(.checkOutStarted, PoolCounts(inUse: 1))
        }
        #expect(last("max", of: "a") == 0)
        #expect(last("count", of: "a", "used") == 0)
    }

    @Test(arguments: [(10, 11), (0, 1), (-1, 1)])
    func `are named up to a limit, and all others have one name`(limit: Int, names: Int) {
        let observer = observer(poolLimit: limit)
        for number in 0..<10_000 { _ = observer.poolBegins(ObservedPool(name: "pool \(number)")) }
        let found = Set(metrics.meters(label: "db.client.connection.max").flatMap { $0.dimensions.map(\.1) })
        #expect(found.count == names)
        #expect(found.contains("other"))
    }

    @Test func `of a real pool are right, and are nothing when it has closed`() async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { $0.eventLoop.makeSucceededVoidFuture() }
            .bind(host: "127.0.0.1", port: 0).get()
        var configuration = PoolConfiguration()
        configuration.name = "real"
        configuration.observer = observer()
        let target = try Target(host: "127.0.0.1", port: #require(server.localAddress?.port))
        let pool = ConnectionPool(to: target, configuration: configuration) { $0.eventLoop.makeSucceededFuture($0) }
        let events = pool.events()
        try await pool.withConnection { _ in
            for await event in events { if case .checkedOut = event { break } }
            #expect(last("count", of: "real", "used") == 1)
        }
        for await event in events { if case .checkedIn = event { break } }
        #expect(last("count", of: "real", "used") == 0)
        #expect(last("count", of: "real", "idle") == 1)
        await pool.close()
        #expect(last("count", of: "real", "idle") == 0)
        #expect(last("max", of: "real") == 0)
        for label in ["create_time", "wait_time", "use_time"] { #expect(times(label, of: "real")?.count == 1) }
        try await server.close()
    }
}
