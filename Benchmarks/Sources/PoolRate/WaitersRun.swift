// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairPool
import NIOConcurrencyHelpers
import NIOCore

/// 10,000 callers come at once; 20 connections, which each of them uses for a millisecond.
struct WaitersRun {
    private static let callers = 10_000
    private static let size = 20

    /// When each caller had its connection, and when it had used it, since the first one came.
    private struct Times: Sendable {
        var waits: [Double] = []
        var uses: [Double] = []
    }

    let isAsync: Bool
    let port: Int

    func run() async throws {
        var configuration = PoolConfiguration()
        configuration.maximumSize = Self.size
        configuration.minimumSize = Self.size
        let pool = ConnectionPool(to: [try Target(host: "127.0.0.1", port: port)], configuration)
        _ = try await pool.takeTogether(Self.size)
        let times = NIOLockedValueBox(Times())
        times.withLockedValue {
            $0.waits.reserveCapacity(Self.callers)
            $0.uses.reserveCapacity(Self.callers)
        }
        let start = ContinuousClock.now
        if isAsync {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<Self.callers {
                    group.addTask {
                        let came = ContinuousClock.now
                        try await pool.withConnection { connection in
                            let began = ContinuousClock.now
                            let loop = connection.channel.eventLoop
                            try await loop.scheduleTask(in: .milliseconds(1)) {}.futureResult.get()
                            Self.note(came, began, in: times)
                        }
                    }
                }
                try await group.waitForAll()
            }
        } else {
            let loop = Dialer.shared.configuration.group.next()
            let uses = (0..<Self.callers).map { _ in
                let came = ContinuousClock.now
                return pool.withConnection(on: loop) { connection in
                    let began = ContinuousClock.now
                    return connection.channel.eventLoop.scheduleTask(in: .milliseconds(1)) {
                        Self.note(came, began, in: times)
                    }.futureResult
                }
            }
            try await EventLoopFuture.andAllSucceed(uses, on: loop).get()
        }
        let took = start.duration(to: .now)
        await pool.close()
        let noted = times.withLockedValue { $0 }
        try say([
            "took": took.milliseconds, "longest_wait": noted.waits.max() ?? 0,
            "used": noted.uses.reduce(0, +) / Double(Self.size), "callers": noted.uses.count,
        ])
    }

    private static func note(
        _ came: ContinuousClock.Instant,
        _ began: ContinuousClock.Instant,
        in times: NIOLockedValueBox<Times>
    ) {
        let ended = ContinuousClock.now
        times.withLockedValue {
            $0.waits.append(came.duration(to: began).milliseconds)
            $0.uses.append(began.duration(to: ended).milliseconds)
        }
    }
}
