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

    @Test func `lets in a client that waits when there is one again`() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit(rlim_cur: 256, rlim_max: 256)
            #if canImport(Darwin)
                setrlimit(RLIMIT_NOFILE, &limit)
            #else
                setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
            #endif
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
}
