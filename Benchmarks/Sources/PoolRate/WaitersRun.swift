// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairPool
import NIOConcurrencyHelpers
import NIOCore

/// 10,000 callers wait for 20 connections, which each of them uses for a millisecond. And the same without a pool:
/// 20 callers, each of which waits for a millisecond 500 times.
struct WaitersRun {
    private static let callers = 10_000
    private static let size = 20

    /// When each caller had its connection.
    private typealias Times = [ContinuousClock.Instant]

    let isAsync: Bool
    let port: Int

    func run() async throws {
        var configuration = PoolConfiguration()
        configuration.maximumSize = Self.size
        configuration.minimumSize = Self.size
        let pool = ConnectionPool(to: [try Target(host: "127.0.0.1", port: port)], configuration)
        _ = try await pool.takeTogether(Self.size)
        let times = NIOLockedValueBox(Times())
        times.withLockedValue { $0.reserveCapacity(Self.callers) }
        let alone = try await ContinuousClock().measure { try await withoutPool() }
        // All connections are held until all callers wait.
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let holders = (0..<Self.size).map { _ in
            Task {
                let lease = try await pool.checkOut()
                for await _ in gate {}
                lease.giveBack()
            }
        }
        while pool.counts.inUse < Self.size { try await Task.sleep(for: .milliseconds(1)) }
        let callers = isAsync ? tasks(of: pool, times) : futures(of: pool, times)
        while pool.counts.waiting < Self.callers { try await Task.sleep(for: .milliseconds(1)) }
        let start = ContinuousClock.now
        open.finish()
        try await callers.value
        for holder in holders { try await holder.value }
        let took = start.duration(to: .now)
        await pool.close()
        let noted = times.withLockedValue { $0 }
        try say([
            "took": took.milliseconds, "alone": alone.milliseconds,
            "longest_wait": noted.map { start.duration(to: $0).milliseconds }.max() ?? 0, "callers": noted.count,
        ])
    }

    private func withoutPool() async throws {
        let group = Dialer.shared.configuration.group
        let count = Self.callers / Self.size
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for _ in 0..<Self.size {
                let loop = group.next()
                tasks.addTask {
                    if isAsync {
                        for _ in 0..<count { try await loop.scheduleTask(in: .milliseconds(1)) {}.futureResult.get() }
                    } else {
                        try await Self.wait(count, on: loop).get()
                    }
                }
            }
            try await tasks.waitForAll()
        }
    }

    /// Waits for this number of milliseconds, one after the other.
    private static func wait(_ count: Int, on loop: any EventLoop) -> EventLoopFuture<Void> {
        let done = loop.makePromise(of: Void.self)
        @Sendable func step(_ left: Int) {
            if left == 0 { return done.succeed() }
            loop.scheduleTask(in: .milliseconds(1)) {}.futureResult.whenSuccess { step(left - 1) }
        }
        step(count)
        return done.futureResult
    }

    private func tasks(of pool: ConnectionPool<any Channel>, _ times: NIOLockedValueBox<Times>) -> Task<Void, any Error>
    {
        Task {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<Self.callers {
                    group.addTask {
                        try await pool.withConnection { connection in
                            times.withLockedValue { $0.append(.now) }
                            let loop = connection.channel.eventLoop
                            try await loop.scheduleTask(in: .milliseconds(1)) {}.futureResult.get()
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    private func futures(of pool: ConnectionPool<any Channel>, _ times: NIOLockedValueBox<Times>) -> Task<
        Void, any Error
    > {
        let loop = Dialer.shared.configuration.group.next()
        let uses = (0..<Self.callers).map { _ in
            pool.withConnection(on: loop) { connection in
                times.withLockedValue { $0.append(.now) }
                return connection.channel.eventLoop.scheduleTask(in: .milliseconds(1)) {}.futureResult
            }
        }
        return Task { try await EventLoopFuture.andAllSucceed(uses, on: loop).get() }
    }
}
