// SPDX-License-Identifier: Apache-2.0

import FairDial
import Foundation
import TestHelpers
import Testing

@testable import FairDialDoor

@Suite(.timeLimit(.minutes(3))) struct `A door without descriptors` {
    /// Seconds of a processor that this process has had.
    private static func processorTime() -> Double {
        var usage = rusage()
        #if canImport(Darwin)
            getrusage(RUSAGE_SELF, &usage)
        #else
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        #endif
        let (user, system) = (usage.ru_utime, usage.ru_stime)
        return Double(user.tv_sec + system.tv_sec) + Double(user.tv_usec + system.tv_usec) / 1_000_000
    }

    /// Takes every descriptor that there is to be had.
    private static func all() -> [CInt] {
        var taken: [CInt] = []
        while case let descriptor = dup(0), descriptor >= 0 { taken.append(descriptor) }
        return taken
    }

    @Test func `rests, and lets in those who wait when there is one again`() async {
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
            let before = Self.processorTime()
            try await Task.sleep(for: .seconds(1))
            // An accept that is tried all the time takes a whole second, or what the machine can spare.
            guard Self.processorTime() - before < 0.25 else { exit(2) }
            guard door.counts.accepted == 1 else { exit(3) }
            for descriptor in taken { close(descriptor) }
            knock.ask(door, for: "127.0.0.1:\(server.port)")
            guard knock.read(13) == "HTTP/1.1 200 " else { exit(4) }
            await door.shutDown(within: .zero)
            exit(0)
        }
    }
}
