// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairPool
import Foundation
import NIOCore
import NIOPosix

/// What a pool does under slow names and many callers: `Benchmarks/pools` runs it and says what is to be reached.
///
/// `storm HOST PORT`, `hanging PORT`, `timeout`, `waiters task|future PORT` and `picture fair|foul PORT` print JSON,
/// times in milliseconds; all but `waiters` run inside `fairdial sandbox`. `serve FACE PORT COUNT` takes and returns an
/// idle connection so often for each line on standard input, and prints how many nanoseconds one took; `once FACE PORT
/// COUNT` does it once, for a tool that counts what that takes.
@main
struct PoolRate {
    /// Not asynchronous itself: the main thread of such a program waits in a way that valgrind cannot follow.
    static func main() throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let done = loop.makePromise(of: Void.self)
        done.completeWithTask { try await run(Array(CommandLine.arguments.dropFirst())) }
        try done.futureResult.wait()
    }

    private static func run(_ words: [String]) async throws {
        let port = words.count > 2 ? Int(words[2]) : words.count > 1 ? Int(words[1]) : nil
        switch (words.first, words.count) {
        case ("storm", 3): try await StormRun(host: words[1], port: port ?? 0).run()
        case ("hanging", 2): try await HangingRun(port: port ?? 0).run()
        case ("timeout", 1): try await TimeoutRun().run()
        case ("waiters", 3): try await WaitersRun(isAsync: words[1] == "task", port: port ?? 0).run()
        case ("picture", 3): try await PictureRun(isFair: words[1] == "fair", port: port ?? 0).run()
        case ("serve", 4), ("once", 4):
            guard let face = IdleRun.Face(rawValue: words[1]), let count = Int(words[3]) else { fallthrough }
            let run = try await IdleRun(face, port: port ?? 0)
            // The first ones warm caches.
            try await run.run(1_000)
            if words[0] == "once" {
                try await run.run(count)
            } else {
                while readLine() != nil {
                    let took = try await ContinuousClock().measure { try await run.run(count) }
                    print(took / .nanoseconds(count))
                    fflush(nil)
                }
            }
            await run.pool.close()
        default:
            print("usage: PoolRate storm HOST PORT | hanging PORT | timeout | waiters task|future PORT |")
            print("       picture fair|foul PORT | serve|once task|lease|callback|future PORT COUNT")
            exit(2)
        }
    }
}

/// Prints facts as one JSON object.
func say(_ facts: [String: Any]) throws {
    print(String(decoding: try JSONSerialization.data(withJSONObject: facts, options: [.sortedKeys]), as: UTF8.self))
}

extension Duration {
    var milliseconds: Double { self / .milliseconds(1) }
}

extension ConnectionPool where Output == any Channel {
    /// A pool of bare channels.
    convenience init(to targets: [Target], dialer: Dialer = .shared, _ configuration: PoolConfiguration) {
        self.init(to: targets, dialer: dialer, configuration: configuration) { $0.eventLoop.makeSucceededFuture($0) }
    }

    /// Takes this number of connections, and gives them back when it has all of them.
    ///
    /// - Returns: how long each took, from the first call on, in milliseconds, in the order in which they came.
    func takeTogether(_ count: Int) async throws -> [Double] {
        let start = ContinuousClock.now
        let (came, comes) = AsyncStream.makeStream(of: Double.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<count {
                group.addTask {
                    let lease = try await self.checkOut()
                    comes.yield(start.duration(to: .now).milliseconds)
                    for await _ in gate {}
                    lease.giveBack()
                }
            }
            var times: [Double] = []
            for await time in came {
                times.append(time)
                if times.count == count { break }
            }
            open.finish()
            try await group.waitForAll()
            return times
        }
    }
}
