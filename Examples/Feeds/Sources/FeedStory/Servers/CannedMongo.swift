// SPDX-License-Identifier: Apache-2.0

import BSON
import FairDial
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A MongoDB server of a few commands, on the loopback of both families: it says hello, keeps what is inserted, and
/// finds all of it again. It has no filters, no users and no disk.
package final class CannedMongo: Sendable {
    package let port: Int
    private let listener: Listener
    private let shelf: NIOLockedValueBox<CannedShelf>

    private init(listener: Listener, shelf: NIOLockedValueBox<CannedShelf>) {
        self.listener = listener
        self.shelf = shelf
        port = listener.endpoints.first.map { Int($0.port) } ?? 0
    }

    /// - Parameter port: 0 lets the system choose one.
    package static func start(port: Int = 0) async throws -> CannedMongo {
        let shelf = NIOLockedValueBox(CannedShelf())
        // Not every hosts file gives localhost both addresses.
        var configuration = DialerConfiguration()
        configuration.overrides = ["localhost": [.v6(.loopback, zone: nil), .v4(.loopback)]]
        let listener = try await Listener.bind(host: "localhost", port: port, dialer: Dialer(configuration)) {
            $0.serverChannelOption(.backlog, value: 1_024)
                .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let decoder = NIOSingleStepByteToMessageProcessor(
                            WireDecoder(),
                            maximumBufferSize: WireMessage.longest
                        )
                        try channel.pipeline.syncOperations.addHandler(CannedMongoHandler(decoder, shelf))
                    }
                }
        }
        return CannedMongo(listener: listener, shelf: shelf)
    }

    /// The address, by a name, as most programs write it, and with a small pool, as many have one.
    package var uri: String { "mongodb://localhost:\(port)/?maxPoolSize=20" }

    /// How many documents each collection has been given, by its name with the database's: `story.links`.
    package var inserted: [String: Int] { shelf.withLockedValue { $0.counts } }

    package func stop() async {
        await listener.close()
    }
}
