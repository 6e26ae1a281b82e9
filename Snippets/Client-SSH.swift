// SPDX-License-Identifier: Apache-2.0

// A client that takes a connection and adds its handlers then, to a server that speaks first. The article SSH of
// FairDialDoor's documentation shows parts of this, and a test runs it against a server: `Client-SSH HOST PORT`.

import FairDial
import Foundation
import NIOCore
import NIOPosix

/// As much of a client as it takes to see that a connection serves: it reads who the server says it is, and says who it
/// is itself.
enum Shell {
    struct HungUp: Error {}

    /// Takes a connection over. A real client would go on from here.
    ///
    /// - Returns: the server's first line.
    static func connect(on channel: any Channel) async throws -> String {
        let stream = try await channel.eventLoop.submit {
            try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }.get()
        // snippet.handlers
        // The handlers are there: now whatever the server has said may come.
        try await channel.setOption(.autoRead, value: true).get()
        // snippet.end
        return try await stream.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: "SSH-2.0-fair\r\n"))
            var received: [UInt8] = []
            for try await part in inbound {
                received += part.readableBytesView
                guard let end = received.firstIndex(of: UInt8(ascii: "\r")) else { continue }
                return String(decoding: received[..<end], as: UTF8.self)
            }
            throw HungUp()
        }
    }
}

func connectBefore(on group: any EventLoopGroup) async throws -> String {
    // snippet.before
    let channel = try await ClientBootstrap(group: group)
        .channelOption(.autoRead, value: false)  // else the server's first line may be lost
        .connect(host: "login.example.org", port: 22).get()
    let banner = try await Shell.connect(on: channel)
    // snippet.end
    return banner
}

func connectAfter(to target: Target) async throws -> String {
    // snippet.after
    var options = DialOptions()
    options.holdsReads = true
    let channel = try await Dialer.shared.connect(to: target, options: options).output
    let banner = try await Shell.connect(on: channel)
    // snippet.end
    return banner
}

let arguments = CommandLine.arguments
guard arguments.count == 3, let port = Int(arguments[2]) else {
    print("usage: Client-SSH HOST PORT")
    exit(2)
}
print(try await connectAfter(to: try Target(host: arguments[1], port: port)))
