// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairPool
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A driver's pool over time: after a second, its callers become ten times as many, and 500 slow lookups begin.
struct PictureRun {
    static let size = 20
    static let waitTimeout = TimeAmount.seconds(5)
    /// How long a caller uses its connection.
    private static let use = TimeAmount.milliseconds(100)
    private static let host = "db.fast.test"
    private static let length = Duration.seconds(8)
    private static let calmCallers = 10
    private static let manyCallers = 100
    private static let stormBegins = Duration.seconds(1)
    private static let sampleInterval = Duration.milliseconds(20)

    private struct Ends: Sendable {
        var served = 0
        var failed = 0
    }

    let isFair: Bool
    let port: Int

    func run() async throws {
        let pool: any PicturedPool =
            isFair ? try FairPictured(host: Self.host, port: port) : FoulPool(host: Self.host, port: port)
        let ends = NIOLockedValueBox(Ends())
        try await pool.call(for: Self.use).get()
        let start = ContinuousClock.now
        var samples: [[Double]] = []
        var called = 0
        var isStorm = false
        while true {
            let now = start.duration(to: .now)
            if now >= Self.length { break }
            if !isStorm, now >= Self.stormBegins {
                isStorm = true
                pool.beginStorm(feeds: StormRun.feeds, port: port)
            }
            let wanted =
                now < Self.stormBegins
                ? now / .seconds(1) * Double(Self.calmCallers)
                : Double(Self.calmCallers) + (now - Self.stormBegins) / .seconds(1) * Double(Self.manyCallers)
            while Double(called) < wanted {
                called += 1
                pool.call(for: Self.use).whenComplete { result in
                    ends.withLockedValue {
                        if case .success = result { $0.served += 1 } else { $0.failed += 1 }
                    }
                }
            }
            let counts = pool.counts
            let (served, failed) = ends.withLockedValue { ($0.served, $0.failed) }
            samples.append(
                [now / .seconds(1), Double(counts.size), Double(counts.waiting), Double(served), Double(failed)]
            )
            try await Task.sleep(for: Self.sampleInterval)
        }
        try say(["samples": samples, "columns": ["time", "size", "waiting", "served", "failed"]])
    }
}

/// What both sides of the picture do.
protocol PicturedPool: Sendable {
    /// Connections that are there, and callers that wait.
    var counts: (size: Int, waiting: Int) { get }

    /// One caller.
    func call(for use: TimeAmount) -> EventLoopFuture<Void>

    func beginStorm(feeds: Int, port: Int)
}

/// Ours.
struct FairPictured: PicturedPool {
    private let pool: ConnectionPool<any Channel>

    init(host: String, port: Int) throws {
        var configuration = PoolConfiguration()
        configuration.maximumSize = PictureRun.size
        configuration.waitTimeout = .nanoseconds(PictureRun.waitTimeout.nanoseconds)
        pool = ConnectionPool(to: [try Target(host: host, port: port)], configuration)
    }

    var counts: (size: Int, waiting: Int) {
        let counts = pool.counts
        return (counts.idle + counts.inUse, counts.waiting)
    }

    func call(for use: TimeAmount) -> EventLoopFuture<Void> {
        pool.withConnection(on: Dialer.shared.configuration.group.next()) {
            $0.channel.eventLoop.scheduleTask(in: use) {}.futureResult
        }
    }

    func beginStorm(feeds: Int, port: Int) { _ = Storm(feeds: feeds, port: port) }
}
