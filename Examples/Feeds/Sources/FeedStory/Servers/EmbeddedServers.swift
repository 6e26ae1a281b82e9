// SPDX-License-Identifier: Apache-2.0

import DNSResolution
package import FairDial
package import FairDialTestKit
import IPAddresses
import NIOPosix
import NameResolution

/// Everything that the story needs of the world: slow names, feeds behind them, a database.
package struct EmbeddedServers: Sendable {
    package let names: SlowNames
    package let nameServer: DNSServer
    package let feedServer: FeedServer
    package let mongo: CannedMongo

    /// - Parameters:
    ///   - delay: how long each feed's name takes to look up.
    ///   - isSystems: whether the system asks our name server, because the process is in the sandbox.
    package static func start(delay: Duration, isSystems: Bool) async throws -> EmbeddedServers {
        let names = SlowNames(delay: delay)
        let domainPort = 53
        return EmbeddedServers(
            names: names,
            nameServer: try await DNSServer.start(port: isSystems ? domainPort : 0) { names.respond(to: $0) },
            feedServer: try await FeedServer.start(on: MultiThreadedEventLoopGroup.singleton),
            mongo: try await CannedMongo.start()
        )
    }

    /// The addresses of so many feeds.
    package func addresses(_ count: Int) -> [FeedAddress] {
        (0..<count).map { FeedAddress(host: SlowNames.name($0), port: feedServer.port, target: "/feed") }
    }

    /// A dialer that asks our name server, for a process whose system does not.
    package var dialer: Dialer {
        var resolving = DNSResolverConfiguration()
        resolving.servers = [NameServer(Endpoint(address: .v4(.loopback), port: UInt16(clamping: nameServer.port)))]
        var configuration = DialerConfiguration()
        configuration.resolver = NameResolver(DNSResolver(resolving))
        return Dialer(configuration)
    }

    package func stop() async {
        await mongo.stop()
        await feedServer.stop()
        await nameServer.stop()
    }
}
