// SPDX-License-Identifier: Apache-2.0

import FairDial
import Foundation
import TestHelpers
import Testing

@testable import FairDialDoor

@Suite(.timeLimit(.minutes(3))) struct `A door without descriptors` {
    /// Takes every descriptor that there is to be had.
    private static func all() -> [CInt] {
        var taken: [CInt] = []
        while case let descriptor = dup(0), descriptor >= 0 { taken.append(descriptor) }
        return taken
    }

    private static func limit(to count: rlim_t) {
        var limit = rlimit(rlim_cur: count, rlim_max: count)
        #if canImport(Darwin)
            setrlimit(RLIMIT_NOFILE, &limit)
        #else
            setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
        #endif
    }

    @Test func `lets in a client that waits when there is one again`() async {
        await #expect(processExitsWith: .success) {
            Self.limit(to: 256)
            let server = try await Server.start(.echo)
            let door = try await Door.http()
            // What is made once is there by now.
            do { _ = try await Peer(to: door.address).ask(door, for: "127.0.0.1:\(server.port)") }
            guard await Patience.untilTrue({ door.counts.open == 0 && server.counts.open == 0 }) else { exit(1) }
            var taken = Self.all()
            close(taken.removeLast())
            // It has that one; the door has none to accept it with.
            let knock = try Knock(at: door)
            for descriptor in taken { close(descriptor) }
            knock.ask(door, for: "127.0.0.1:\(server.port)")
            guard knock.read(13) == "HTTP/1.1 200 " else { exit(2) }
            await door.shutDown(within: .zero)
            exit(0)
        }
    }

    @Test func `knows its own process with the last descriptor`() async {
        await #expect(processExitsWith: .success) {
            let server = try await Server.start(.echo)
            let door = try await Door.loopback(to: Target(host: "127.0.0.1", port: server.port))
            do {
                let peer = try Peer(to: door.address)
                try await peer.send("x")
                guard try await peer.read(1) == "x" else { exit(1) }
            }
            guard await Patience.untilTrue({ door.counts.open == 0 && server.counts.open == 0 }) else { exit(2) }
            Self.limit(to: 256)
            var taken = Self.all()
            // One for the client, and one for the door to accept it with; the dial waits for the next.
            for _ in 0..<2 { close(taken.removeLast()) }
            let knock = try Knock(at: door)
            guard await Patience.untilTrue({ door.counts.accepted == 2 || door.counts.refused > 0 }) else { exit(3) }
            guard door.counts.refused == 0 else { exit(4) }
            for descriptor in taken { close(descriptor) }
            knock.send("y")
            guard knock.read(1) == "y" else { exit(5) }
            await door.shutDown(within: .zero)
            exit(0)
        }
    }
}
