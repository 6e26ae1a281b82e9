// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairPool
import NIOCore

/// A pool grows from 1 connection to 20 while 500 names are looked up that take a second each.
struct StormRun {
    static let feeds = 500
    static let size = 20

    let host: String
    let port: Int

    func run() async throws {
        var configuration = PoolConfiguration()
        configuration.maximumSize = Self.size
        let pool = ConnectionPool(to: [try Target(host: host, port: port)], configuration)
        // The one connection that it has before. It also makes what a process makes once.
        try await pool.checkOut().giveBack()
        let alone = try await Self.growth(to: host, port: port)
        let feeds = Storm(feeds: Self.feeds, port: port)
        // All of them have begun, as with `fairdial connect --while-resolving`.
        try await Task.sleep(for: .milliseconds(100))
        let before = Dialer.shared.lookupsInFlight.count
        let ready = try await pool.takeTogether(Self.size)
        let after = Dialer.shared.lookupsInFlight.count
        let (connected, took) = await feeds.end()
        await pool.close()
        try say([
            "alone": alone, "ready": ready, "lookups_before": before, "lookups_after": after,
            "feeds_connected": connected, "feeds_took": took.milliseconds,
        ])
    }

    /// Another pool's growth where nothing else goes on.
    private static func growth(to host: String, port: Int) async throws -> [Double] {
        var configuration = PoolConfiguration()
        configuration.maximumSize = size
        let pool = ConnectionPool(to: [try Target(host: host, port: port)], configuration)
        try await pool.checkOut().giveBack()
        let times = try await pool.takeTogether(size)
        await pool.close()
        return times
    }
}

/// Dials of names that are slow, in the same process, by the same dialer.
struct Storm {
    private let task: Task<(connected: Int, took: Duration), Never>

    init(feeds: Int, port: Int) {
        task = Task {
            let start = ContinuousClock.now
            var options = DialOptions()
            options.label = "feeds"
            let dialOptions = options
            let connected = await withTaskGroup(of: Bool.self) { group in
                for feed in 0..<feeds {
                    group.addTask {
                        let connection = try? await Dialer.shared.connect(
                            to: "n\(feed).slow.test",
                            port: port,
                            options: dialOptions
                        )
                        try? await connection?.output.close()
                        return connection != nil
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            return (connected, start.duration(to: .now))
        }
    }

    func end() async -> (connected: Int, took: Duration) { await task.value }
}
