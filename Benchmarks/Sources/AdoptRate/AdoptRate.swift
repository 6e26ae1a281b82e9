// SPDX-License-Identifier: Apache-2.0

import FairDial
import Foundation
import NIOCore
import NIOPosix

/// A NIO program before and after one line of it was changed, where names are slow: `AdoptRate WHO WHAT PORT`, inside
/// `fairdial sandbox`.
///
/// Prints a JSON object, times in milliseconds, `null` where it failed: of `literal` how long 127.0.0.1 took alone and
/// behind 20 slow names, of `shared` how many of 20 connects to one slow name connected, of `silent` how long a name
/// took whose AAAA query is not answered.
@main
struct AdoptRate {
    /// Which line stands there.
    enum Who: String, CaseIterable {
        case stock, bootstrap, resolver
    }

    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard arguments.count == 3, let who = Who(rawValue: arguments[1]), let port = Int(arguments[3]) else {
            print("usage: AdoptRate \(Who.allCases.map(\.rawValue).joined(separator: "|")) literal|shared|silent PORT")
            exit(2)
        }
        // One loop, as in the worst case of stock NIO: each loop has its own queue for lookups.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let program = AdoptRate(who: who, group: group, port: port)
        switch arguments[2] {
        case "literal": await program.literal()
        case "shared": await program.shared()
        case "silent": await program.silent()
        default: exit(2)
        }
        try await group.shutdownGracefully()
    }

    let who: Who
    let group: MultiThreadedEventLoopGroup
    let port: Int

    /// The program's one function that connects.
    func connect(_ host: String) -> EventLoopFuture<any Channel> {
        switch who {
        case .stock: ClientBootstrap(group: group).connectTimeout(.seconds(1)).connect(host: host, port: port)
        case .bootstrap: FairBootstrap(group: group).connectTimeout(.seconds(1)).connect(host: host, port: port)
        case .resolver:
            ClientBootstrap(group: group).resolver(FairResolver.shared).connectTimeout(.seconds(1))
                .connect(host: host, port: port)
        }
    }

    private func milliseconds(_ host: String) async -> Double? {
        let start = ContinuousClock.now
        guard let channel = try? await connect(host).get() else { return nil }
        let took = start.duration(to: .now) / .milliseconds(1)
        try? await channel.close()
        return took
    }

    private func literal() async {
        // The first one makes caches and loops.
        _ = await milliseconds("127.0.0.1")
        var alone: [Double?] = []
        for _ in 0..<9 { alone.append(await milliseconds("127.0.0.1")) }
        let slow = (1...20).map { connect("n\($0).slow.test") }
        var behind: [Double?] = []
        let count = who == .stock ? 1 : 9
        for _ in 0..<count { behind.append(await milliseconds("127.0.0.1")) }
        for dial in slow { try? await dial.get().close() }
        say(["alone": median(alone), "behind": median(behind)])
    }

    private func shared() async {
        let dials = (1...20).map { _ in connect("one.slow.test") }
        var connected = 0.0
        for dial in dials {
            guard let channel = try? await dial.get() else { continue }
            connected += 1
            try? await channel.close()
        }
        say(["connected": connected])
    }

    private func silent() async {
        say(["took": await milliseconds("db.dropped.test")])
    }

    /// The middle one; `nil` where one of them failed.
    private func median(_ times: [Double?]) -> Double? {
        let known = times.compactMap { $0 }.sorted()
        return known.count == times.count ? known[known.count / 2] : nil
    }

    private func say(_ facts: [String: Double?]) {
        let parts = facts.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value.map { "\($0)" } ?? "null")" }
        print("{\(parts.joined(separator: ", "))}")
    }
}
