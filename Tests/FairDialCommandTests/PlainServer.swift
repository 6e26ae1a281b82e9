// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// Accepts on loopback, and says nothing.
struct PlainServer {
    let channel: any Channel

    var port: String { "\(channel.localAddress?.port ?? 0)" }

    static func start(host: String = "127.0.0.1") async throws -> PlainServer {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1_024)
            .childChannelInitializer { $0.eventLoop.makeSucceededVoidFuture() }
            .bind(host: host, port: 0).get()
        return PlainServer(channel: channel)
    }

    func stop() async throws {
        try await channel.close()
    }
}
