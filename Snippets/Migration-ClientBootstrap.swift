// SPDX-License-Identifier: Apache-2.0

// From `ClientBootstrap` to `FairBootstrap`. The article Migration of FairDial's documentation shows these lines.

import FairDial
import NIOCore
import NIOPosix

func connectBefore(on group: any EventLoopGroup) async throws -> any Channel {
    // snippet.before
    let channel = try await ClientBootstrap(group: group)
        .connectTimeout(.seconds(2))
        .channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(BackPressureHandler())
            }
        }
        .connect(host: "db.example.org", port: 27017).get()
    // snippet.end
    return channel
}

func connectAfter(on group: any EventLoopGroup) async throws -> any Channel {
    // snippet.after
    let channel = try await FairBootstrap(group: group)
        .connectTimeout(.seconds(2))
        .channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(BackPressureHandler())
            }
        }
        .connect(host: "db.example.org", port: 27017).get()
    // snippet.end
    return channel
}

func keepErrors(on group: any EventLoopGroup) async throws -> any Channel {
    // snippet.errors
    var bootstrap = FairBootstrap(group: group)
    bootstrap.errors = .nio  // ChannelError, IOError
    bootstrap.onFailure = { error in print(error) }  // the DialError, with its report
    // snippet.end
    return try await bootstrap.connect(host: "db.example.org", port: 27017).get()
}

func boundAndCancel(on group: any EventLoopGroup) async throws -> any Channel {
    // snippet.options
    let cancellation = DialCancellation()
    var bootstrap = FairBootstrap(group: group, dialer: Dialer(timeouts: Timeouts(lookup: .seconds(5))))
    bootstrap.options.deadline = .seconds(10)  // the whole dial
    bootstrap.options.cancellation = cancellation  // `cancellation.cancel()` ends it, from any thread
    bootstrap.options.readiness = .tlsHandshake  // with a TLS handler: connected means after the handshake
    // snippet.end
    return try await bootstrap.connect(host: "db.example.org", port: 27017).get()
}

func wrapBefore(on group: any EventLoopGroup) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
    // snippet.asyncBefore
    let connection = try await ClientBootstrap(group: group)
        .connect(host: "db.example.org", port: 27017) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
    // snippet.end
    return connection
}

func wrapAfter() async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
    // snippet.asyncAfter
    let connection = try await Dialer.shared.connect(to: "db.example.org", port: 27017) { channel in
        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
    }
    print(connection.report)
    // snippet.end
    return connection.output
}
