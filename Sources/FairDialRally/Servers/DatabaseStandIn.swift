// SPDX-License-Identifier: Apache-2.0

import FairDial
import IPAddresses
import NIOCore
import NIOPosix

/// A database's stand-in: it accepts, on the loopback of both families, and answers any bytes.
struct DatabaseStandIn {
    let port: Int
    /// Whether it listens on `::1` too, which takes a machine with IPv6.
    let hasIPv6: Bool
    private let listener: Listener

    static func start() async throws -> DatabaseStandIn {
        // Not every hosts file gives localhost both addresses.
        var configuration = DialerConfiguration()
        configuration.overrides = ["localhost": [.v6(.loopback, zone: nil), .v4(.loopback)]]
        let dialer = Dialer(configuration)
        let listener = try await Listener.bind(host: "localhost", port: 0, dialer: dialer) { bootstrap in
            bootstrap.serverChannelOption(.backlog, value: 1_024)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Echo())
                    }
                }
        }
        return DatabaseStandIn(
            port: listener.endpoints.first.map { Int($0.port) } ?? 0,
            hasIPv6: listener.endpoints.contains { $0.address.family == .ipv6 },
            listener: listener
        )
    }

    func stop() async {
        await listener.close()
    }

    private final class Echo: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(data, promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
