// SPDX-License-Identifier: Apache-2.0

// A client whose pool of one connection makes it by a closure. The article MongoKitten of FairDialDoor's documentation
// shows parts of this, and a test runs it against a server: `Client-MongoKitten HOST PORT`.

import FairDial
import Foundation
import NIOCore
import NIOPosix

/// What a client's connections share.
struct ClientContext: Sendable {}

/// As much of a connection as it takes to see that it serves.
struct ClientConnection: Sendable {
    let channel: any Channel
    let context: ClientContext

    /// Adds what reads the server's messages. A real client adds its parser here.
    static func addHandlers(to channel: any Channel, context: ClientContext) -> EventLoopFuture<Void> {
        channel.eventLoop.makeSucceededVoidFuture()
    }
}

/// A pool that makes its only connection anew when that is closed.
actor SingleConnectionPool {
    typealias BuildConnection = @Sendable () async throws -> ClientConnection

    private let buildConnection: BuildConnection
    private var connection: ClientConnection?

    init(buildConnection: @escaping BuildConnection) {
        self.buildConnection = buildConnection
    }

    func next() async throws -> ClientConnection {
        if let connection, connection.channel.isActive { return connection }
        let connection = try await buildConnection()
        self.connection = connection
        return connection
    }
}

func poolBefore(_ host: String, _ port: Int) -> SingleConnectionPool {
    // snippet.before
    let pool = SingleConnectionPool {
        let context = ClientContext()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { ClientConnection.addHandlers(to: $0, context: context) }
            .connect(host: host, port: port).get()
        return ClientConnection(channel: channel, context: context)
    }
    // snippet.end
    return pool
}

func poolAfter(_ target: Target) -> SingleConnectionPool {
    // snippet.after
    let pool = SingleConnectionPool {
        let context = ClientContext()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let channel = try await Dialer.shared.connect(to: target, on: loop) {
            ClientConnection.addHandlers(to: $0, context: context)
        }.get().channel
        return ClientConnection(channel: channel, context: context)
    }
    // snippet.end
    return pool
}

let arguments = CommandLine.arguments
guard arguments.count == 3, let port = Int(arguments[2]) else {
    print("usage: Client-MongoKitten HOST PORT")
    exit(2)
}
let target = try Target(host: arguments[1], port: port)
let pool = poolAfter(target)
let first = try await pool.next()
let same = try await pool.next()
print("kept:", first.channel === same.channel)
try await first.channel.close().get()
// Only now is it inactive for those on other threads, too.
try await first.channel.closeFuture.get()
let second = try await pool.next()
print("dialed again:", second.channel.remoteAddress?.port ?? 0)
try await second.channel.close().get()
