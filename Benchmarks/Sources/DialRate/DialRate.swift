// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Dials of `127.0.0.1`, 64 at once: ours of every face, and NIO's.
///
/// `serve KIND PORT DIALS` makes a round of dials for each line on standard input, and prints "seconds user-seconds".
/// `once KIND PORT DIALS` makes one round, for a tool that counts what that takes.
@main
struct DialRate {
    /// Not asynchronous itself: the main thread of such a program waits in a way that valgrind cannot follow.
    static func main() throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let done = group.next().makePromise(of: Void.self)
        done.completeWithTask { try await run(on: group) }
        try done.futureResult.wait()
    }

    private static func run(on group: MultiThreadedEventLoopGroup) async throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard arguments.count == 4, let dialing = Dialing(rawValue: arguments[2]), let port = Int(arguments[3]),
            let dials = Int(arguments[4])
        else {
            print("usage: DialRate serve|once \(Dialing.allCases.map(\.rawValue).joined(separator: "|")) PORT DIALS")
            exit(2)
        }
        let round = DialRound(dialing, port: port, on: group)
        // The first one warms caches and pools.
        try await round.run(dials: 2 * DialRound.atOnce)
        if arguments[1] == "once" { return try await round.run(dials: dials) }
        while readLine() != nil {
            let user = userTime
            let took = try await ContinuousClock().measure { try await round.run(dials: dials) }
            print(took / .seconds(1), userTime - user)
            fflush(nil)
        }
    }

    private static var userTime: Double {
        var usage = rusage()
        #if canImport(Glibc)
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        #else
            getrusage(RUSAGE_SELF, &usage)
        #endif
        return Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6
    }
}
