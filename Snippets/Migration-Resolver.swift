// SPDX-License-Identifier: Apache-2.0

// To `FairResolver`, where the bootstrap stays. The article Migration of FairDial's documentation shows these lines.

import FairDial
import NIOCore
import NIOPosix

func connectBefore(on group: any EventLoopGroup) async throws -> any Channel {
    // snippet.before
    let channel = try await ClientBootstrap(group: group)
        .connectTimeout(.seconds(10))
        .connect(host: "db.example.org", port: 27017).get()
    // snippet.end
    return channel
}

func connectAfter(on group: any EventLoopGroup) async throws -> any Channel {
    // snippet.after
    let channel = try await ClientBootstrap(group: group)
        .resolver(FairResolver.shared)
        .connectTimeout(.seconds(10))
        .connect(host: "db.example.org", port: 27017).get()
    // snippet.end
    return channel
}

func ownResolver() -> FairResolver {
    // snippet.dialer
    var configuration = DialerConfiguration()
    configuration.timeouts.lookup = .seconds(5)
    configuration.policy = .publicInternetOnly
    let resolver = FairResolver(Dialer(configuration))
    // snippet.end
    return resolver
}
