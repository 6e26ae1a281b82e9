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

/// Connects to 20 slow names, and then to an address of this machine.
func fair() async throws {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .bind(host: "127.0.0.1", port: 0).get()
    let port = server.localAddress?.port ?? 0

    var configuration = DialerConfiguration()
    configuration.resolver = NameResolver(SlowNames())
    let dialer = Dialer(configuration)
}

try await fair()
