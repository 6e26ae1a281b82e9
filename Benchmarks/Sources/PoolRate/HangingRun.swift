// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairPool
import NIOCore

/// A pool grows to 20 connections to a good target, two at a time: alone, and beside a target whose name is not
/// answered.
struct HangingRun {
    private static let size = 20
    private static let rounds = 15

    let port: Int

    func run() async throws {
        let good = try Target(host: "127.0.0.1", port: port)
        let hanging = try Target(host: "hangs.slow.test", port: port)
        // What a process makes once.
        _ = try await growth(to: [good])
        var alone: [[Double]] = []
        var beside: [[Double]] = []
        for _ in 0..<Self.rounds {
            alone.append(try await growth(to: [good]))
            beside.append(try await growth(to: [hanging, good]))
        }
        try say([
            "alone_cold": median(alone.map { $0[0] }), "beside_cold": median(beside.map { $0[0] }),
            "alone_grown": median(alone.map { $0[1] }), "beside_grown": median(beside.map { $0[1] }),
        ])
    }

    /// How long a new pool takes to its whole size; and one that had a connection, and has known for 100 ms that one of
    /// its names hangs.
    private func growth(to targets: [Target]) async throws -> [Double] {
        var configuration = PoolConfiguration()
        configuration.maximumSize = Self.size
        let cold = ConnectionPool(to: targets, configuration)
        let coldTime = try await cold.takeTogether(Self.size).last ?? 0
        await cold.close()
        let grown = ConnectionPool(to: targets, configuration)
        try await grown.checkOut().giveBack()
        try await Task.sleep(for: .milliseconds(100))
        let grownTime = try await grown.takeTogether(Self.size).last ?? 0
        await grown.close()
        return [coldTime, grownTime]
    }

    private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}

/// A caller waits 500 ms at most, nothing is free, and the only name hangs.
struct TimeoutRun {
    // Less than the 10 s after which the lookup itself gives up.
    private static let rounds = 15

    func run() async throws {
        var configuration = PoolConfiguration()
        configuration.waitTimeout = .milliseconds(500)
        let pool = ConnectionPool(to: [try Target(host: "hangs.slow.test", port: 1)], configuration)
        var task: [Double] = []
        var future: [Double] = []
        for _ in 0..<Self.rounds {
            async let one = Self.failure { try await pool.checkOut().giveBack() }
            async let other = Self.failure {
                let loop = Dialer.shared.configuration.group.next()
                try await pool.withConnection(on: loop) { $0.channel.eventLoop.makeSucceededVoidFuture() }.get()
            }
            task.append(await one)
            future.append(await other)
        }
        await pool.close()
        try say(["task": task, "future": future])
    }

    /// After how long it failed by the wait's timeout; never, where it did not.
    private static func failure(_ body: () async throws -> Void) async -> Double {
        let start = ContinuousClock.now
        do { try await body() } catch let error as PoolError where error.code == .waitTimeout {
            return start.duration(to: .now).milliseconds
        } catch {}
        return .greatestFiniteMagnitude
    }
}
