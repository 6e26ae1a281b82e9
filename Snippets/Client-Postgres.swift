// SPDX-License-Identifier: Apache-2.0

// PostgreSQL through a door, and over a connection that FairDial has dialed. The article PostgreSQL of FairDialDoor's
// documentation shows parts of this, and a test runs it against a server: `Client-Postgres HOST PORT`.

import FairDial
import FairDialDoor
import Foundation
import NIOCore
import NIOPosix

/// As much of a client as it takes to see that a connection serves: the sign-in of a user without a password, and a
/// query. It takes the connection as it is, as `PostgresConnection.Configuration(establishedChannel:)` does.
struct Database: Sendable {
    struct Refused: Error { let words: String }

    let establishedChannel: any Channel

    /// Runs a query, and closes the connection.
    ///
    /// - Returns: the first column of the last row.
    func run(_ query: String, as user: String = "postgres") async throws -> String {
        let stream = try await establishedChannel.eventLoop.submit {
            try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: establishedChannel)
        }.get()
        return try await stream.executeThenClose { inbound, outbound in
            try await outbound.write(Self.startup(as: user))
            var (received, value, hasAsked) = (ByteBuffer(), "", false)
            for try await var part in inbound {
                received.writeBuffer(&part)
                while let (kind, body) = Self.message(in: &received) {
                    switch kind {
                    case "E": throw Refused(words: String(buffer: body))
                    case "D": value = Self.firstColumn(of: body)
                    case "Z" where hasAsked: return value
                    case "Z":
                        hasAsked = true
                        try await outbound.write(Self.message("Q", query + "\0"))
                    default: break
                    }
                }
            }
            throw Refused(words: "it hung up")
        }
    }

    /// Version 3.0 of the protocol, and who asks for which database.
    private static func startup(as user: String) -> ByteBuffer {
        let words = "user\0\(user)\0database\0postgres\0\0"
        var bytes = ByteBuffer()
        bytes.writeInteger(Int32(8 + words.utf8.count))
        bytes.writeInteger(Int32(3 << 16))
        bytes.writeString(words)
        return bytes
    }

    private static func message(_ kind: String, _ body: String) -> ByteBuffer {
        var bytes = ByteBuffer(string: kind)
        bytes.writeInteger(Int32(4 + body.utf8.count))
        bytes.writeString(body)
        return bytes
    }

    /// The next message; `nil` where it is not there as a whole.
    private static func message(in bytes: inout ByteBuffer) -> (kind: String, body: ByteBuffer)? {
        var rest = bytes
        guard let kind = rest.readString(length: 1), let length: Int32 = rest.readInteger(), length >= 4,
            let body = rest.readSlice(length: Int(length) - 4)
        else { return nil }
        bytes = rest
        return (kind, body)
    }

    private static func firstColumn(of row: ByteBuffer) -> String {
        var row = row
        guard let count: Int16 = row.readInteger(), count > 0, let length: Int32 = row.readInteger(), length >= 0 else {
            return ""
        }
        return row.readString(length: Int(length)) ?? ""
    }
}

func connectBefore(on group: any EventLoopGroup) async throws -> Database {
    // snippet.before
    let channel = try await ClientBootstrap(group: group).connect(host: "db.example.org", port: 5432).get()
    let database = Database(establishedChannel: channel)
    // snippet.end
    return database
}

func connectAfter() async throws -> Database {
    // snippet.after
    let channel = try await Dialer.shared.connect(to: "db.example.org", port: 5432).output
    let database = Database(establishedChannel: channel)
    // snippet.end
    return database
}

let arguments = CommandLine.arguments
guard arguments.count == 3, let port = Int(arguments[2]) else {
    print("usage: Client-Postgres HOST PORT")
    exit(2)
}
let target = try Target(host: arguments[1], port: port)

// snippet.door
let door = try await Door.unixSocket(to: target, named: ".s.PGSQL.5432")
let path = door.address.path ?? ""  // where the client connects to
// snippet.end
let near = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
    .connect(unixDomainSocketPath: path).get()
print("through a door:", try await Database(establishedChannel: near).run("SELECT 6 * 7"))
await door.shutDown()

let dialed = try await Dialer.shared.connect(to: target).output
print("dialed:", try await Database(establishedChannel: dialed).run("SELECT inet_server_port()"))
