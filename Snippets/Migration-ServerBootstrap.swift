// SPDX-License-Identifier: Apache-2.0

// From `ServerBootstrap` to `Listener`. The article Migration of FairDial's documentation shows these lines.

import FairDial
import NIOCore
import NIOPosix

typealias Peer = NIOAsyncChannel<ByteBuffer, ByteBuffer>

func serveBefore(on group: any EventLoopGroup, _ serve: @Sendable (Peer) async throws -> Void) async throws {
    // snippet.before
    let server = try await ServerBootstrap(group: group)
        .bind(host: "localhost", port: 8080) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
    try await server.executeThenClose { connections in
        for try await connection in connections { try await serve(connection) }
    }
    // snippet.end
}

func serveAfter(_ serve: @Sendable (Peer) async throws -> Void) async throws {
    // snippet.after
    let accepted = try await Listener.accept(host: "localhost", port: 8080) { channel in
        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
    }
    for await connection in accepted { try await serve(connection) }
    // snippet.end
}

func bindWithHandlers() async throws -> Listener {
    // snippet.handlers
    let listener = try await Listener.bind(host: "localhost", port: 8080) { bootstrap in
        bootstrap.childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(BackPressureHandler())
            }
        }
    }
    print(listener.endpoints)  // one port, on every address of the host
    // snippet.end
    return listener
}
