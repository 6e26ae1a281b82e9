// SPDX-License-Identifier: Apache-2.0

// The same dials with FairDial: the same slow names, one lookup at a time, and 127.0.0.1 connects at once.

import Dispatch
import FairDial
import Foundation
import NIOCore
import NIOPosix

/// The same slow names, and the same serial queue, as a resolver of the program's own.
final class SlowNames: AddressResolver {
    private struct Lookup: LookupHandle {
        // As with a thread inside getaddrinfo: a lookup that has been asked for cannot be called back.
        func cancel() -> Bool { false }
    }

    private let queue = DispatchQueue(label: "lookups, one at a time")

    func lookUp(
        _ question: LookupQuestion,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupHandle {
        queue.async {
            // The lookup has its turn: the queue's clock stops, the lookup's clock starts.
            receive(.started)
            Thread.sleep(forTimeInterval: 0.2)
            let result = LookupResult(
                families: question.families,
                addresses: [.v4(.loopback)],
                isInDestinationOrder: false,
                source: .system
            )
            receive(.answered(result))
            receive(.ended(nil))
        }
        return Lookup()
    }
}

/// How many milliseconds have passed.
func milliseconds(since start: ContinuousClock.Instant) -> Int {
    Int(start.duration(to: .now) / .milliseconds(1))
}

/// Connects to 20 slow names, and then to an address of this machine.
func fair() async throws {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .bind(host: "127.0.0.1", port: 0).get()
    let port = server.localAddress?.port ?? 0

    var configuration = DialerConfiguration()
    configuration.resolver = NameResolver(SlowNames())
    let dialer = Dialer(configuration)

    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let bootstrap = FairBootstrap(group: loop, dialer: dialer).connectTimeout(.seconds(1))
    let feeds = (1...20).map { bootstrap.connect(host: "feed\($0).slow.test", port: port) }
    let start = ContinuousClock.now
    let database = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
    let took = milliseconds(since: start)
    try await database.close()

    var connected = 0
    for feed in feeds {
        guard let channel = try? await feed.get() else { continue }
        connected += 1
        try? await channel.close()
    }
    try await server.close()
    print("fair: 127.0.0.1 connected after \(took) ms; \(connected) of \(feeds.count) feeds connected")
}

try await fair()
