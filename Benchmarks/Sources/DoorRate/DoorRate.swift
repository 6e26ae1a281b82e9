// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialDoor
import Foundation
import NIOCore
import NIOPosix

/// What a door costs beside a direct connection: `Benchmarks/door` runs it and says what is to be reached.
///
/// `latency COUNT` prints the medians of as many round trips of a byte, in µs, of a blocking client; `looped COUNT`
/// the same of clients on event loops; `throughput BYTES` the seconds that as many bytes take; each directly and
/// through the door in turn. `slow BYTES` prints by how many KiB the process has grown at most while a client reads as
/// many bytes far more slowly than the server sends them, from a server that stays to the end and from one that does
/// not; `once COUNT` opens, uses and closes a tunnel so often, for a tool that counts what that takes. All print JSON.
@main
struct DoorRate {
    /// Not asynchronous itself: the main thread of such a program waits in a way that valgrind cannot follow.
    static func main() throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let opened = loop.makePromise(of: Door.self)
        opened.completeWithTask { try await Door.http() }
        let door = try opened.futureResult.wait()
        let words = Array(CommandLine.arguments.dropFirst())
        guard words.count == 2, let count = Int(words[1]), count > 0 else { usage() }
        let run = DoorRun(door)
        switch words[0] {
        case "latency": try say(try run.latency(count))
        case "looped": try say(try run.looped(count))
        case "throughput": try say(try run.throughput(count))
        case "slow": try say(try run.slow(count))
        case "once": try run.once(count)
        default: usage()
        }
    }

    private static func usage() -> Never {
        print("usage: DoorRate latency COUNT | looped COUNT | throughput BYTES | slow BYTES | once COUNT")
        exit(2)
    }

    private static func say(_ facts: [String: Double]) throws {
        print(
            String(decoding: try JSONSerialization.data(withJSONObject: facts, options: [.sortedKeys]), as: UTF8.self)
        )
    }
}
