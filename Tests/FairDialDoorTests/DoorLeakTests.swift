// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialTestKit
import Foundation
import TestHelpers
import Testing

@testable import FairDialDoor

/// What hostile and hapless clients leave behind, counted in a process of its own: nothing. Each does everything twice:
/// what is made once is there before the first count.
@Suite(.timeLimit(.minutes(15))) struct `A door is left as it was found by` {
    /// KiB by which the memory may differ: the allocator's own keeping.
    private static let mostGrown = 8_192

    private enum Course {
        case wrongSecret, longHead, silence, garbage, hurrying, vanishing, tarpits, dialing, splicing
    }

    /// Ends the process: 0 where nothing is left behind, else a status that says what.
    private static func run(_ course: Course, times: Int) async throws -> Never {
        let server = try await Server.start(course == .tarpits ? .ignoresEnd : .pumps(2 << 20))
        var configuration = DoorConfiguration()
        // No client of the others is late, however slow the machine.
        configuration.headTimeout = course == .silence ? .milliseconds(100) : .seconds(60)
        if course == .tarpits { configuration.halfClosedTimeout = .milliseconds(100) }
        let silent = SilentPort()
        let door = try await Door.http(configuration: configuration)
        guard let silent else { exit(9) }
        func round(_ count: Int) async throws {
            for start in stride(from: 0, to: count, by: 50) {
                try await batch(course, min(50, count - start), door, server, silent.number)
                guard await Patience.untilTrue({ door.counts.open == 0 }) else { exit(10) }
                // Those end when their own side does.
                if course == .tarpits { server.resetConnections() }
                guard await Patience.untilTrue({ server.counts.open == 0 }) else { exit(11) }
            }
        }
        try await round(max(50, times / 4))
        // The first sleep makes a descriptor for all of them; a round on a slow machine needs none.
        try await Task.sleep(for: .milliseconds(1))
        let before = try ProcessCounts.now()
        let accepted = door.counts.accepted
        try await round(times)
        let after = try ProcessCounts.now()
        // Who is gone before it is accepted need not be counted.
        let comeToDoor = course != .dialing && course != .splicing && course != .hurrying
        guard !comeToDoor || door.counts.accepted - accepted == times else { exit(12) }
        let dials = [.hurrying, .vanishing, .tarpits, .splicing].contains(course)
        guard dials || server.counts.accepted == 0 else { exit(13) }
        // Fewer, where one of the first round was on its way out still when they were counted.
        let most = before.descriptors
        let isGivenBack = await Patience.untilTrue {
            (try? ProcessCounts.now()).map { $0.descriptors <= most } ?? false
        }
        guard isGivenBack else { exit(14) }
        guard after.threads <= before.threads else { exit(15) }
        guard after.memory - before.memory <= mostGrown else { exit(16) }
        await door.shutDown()
        exit(0)
    }

    private static func batch(
        _ course: Course,
        _ count: Int,
        _ door: Door,
        _ server: Server,
        _ silent: Int
    ) async throws {
        // Those two close a door; it is one of their own.
        if course == .dialing || course == .splicing {
            let own = try await Door.http()
            let knocks = try (0..<count).map { _ in try Knock(at: own) }
            for knock in knocks { knock.ask(own, for: "127.0.0.1:\(course == .dialing ? silent : server.port)") }
            guard await Patience.untilTrue({ own.counts.open == count }) else { exit(20) }
            if course == .splicing { for knock in knocks where knock.read(20_000).utf8.count < 20_000 { exit(21) } }
            async let closed: Void = own.shutDown(within: .zero)
            // They are told, and hang up.
            if course == .dialing {
                for knock in knocks {
                    guard knock.read(13) == "HTTP/1.1 503 " else { exit(22) }
                    knock.endOutput()
                }
            }
            await closed
            return
        }
        // Those go one by one; the others all stay until the end.
        if course == .hurrying {
            for _ in 0..<count { try hurry(door, server) }
            // They are accepted in their order: when one who stays is served, all have been.
            let last = try Knock(at: door)
            last.ask(door, for: "127.0.0.1:\(server.port)")
            if last.read(13) != "HTTP/1.1 200 " { exit(28) }
            return
        }
        let knocks = try (0..<count).map { _ in try Knock(at: door) }
        for (number, knock) in knocks.enumerated() {
            switch course {
            case .wrongSecret:
                let wrong = String(repeating: "0", count: 64)
                knock.send(
                    "CONNECT 127.0.0.1:\(server.port) HTTP/1.1\r\nProxy-Authorization: Bearer \(wrong)\r\n\r\n"
                )
                guard knock.read(13) == "HTTP/1.1 407 " else { exit(23) }
            case .longHead:
                knock.send([UInt8](repeating: 0x41, count: 1 << 20))
                guard knock.read(13) == "HTTP/1.1 431 " else { exit(24) }
            case .silence: if number == count - 1, knock.read(13) != "HTTP/1.1 408 " { exit(25) }
            case .garbage:
                var random = SeededGenerator(seed: UInt64(number))
                let bytes = (0..<1_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                knock.send(bytes + Array("\r\n\r\n".utf8))
                guard knock.read(13) == "HTTP/1.1 400 " else { exit(26) }
            case .vanishing:
                knock.ask(door, for: "127.0.0.1:\(server.port)")
                guard knock.read(100_000).utf8.count == 100_000 else { exit(27) }
                if number % 2 == 0 { knock.makeCloseReset() }
            case .tarpits:
                knock.ask(door, for: "127.0.0.1:\(server.port)")
                // All of it: what is not read would make a reset of the end.
                guard knock.read(39) == "HTTP/1.1 200 Connection Established\r\n\r\n" else { exit(29) }
            case .hurrying, .dialing, .splicing: break
            }
        }
    }

    /// Asks, and is gone before it can be answered.
    private static func hurry(_ door: Door, _ server: Server) throws {
        let knock = try Knock(at: door)
        knock.ask(door, for: "127.0.0.1:\(server.port)")
        knock.makeCloseReset()
    }

    @Test func `a thousand who do not know the secret`() async {
        await #expect(processExitsWith: .success) { try await Self.run(.wrongSecret, times: 1_000) }
    }

    @Test func `two hundred heads of a mebibyte`() async {
        await #expect(processExitsWith: .success) { try await Self.run(.longHead, times: 200) }
    }

    @Test func `two hundred who say nothing`() async {
        await #expect(processExitsWith: .success) { try await Self.run(.silence, times: 200) }
    }

    @Test func `a thousand who talk nonsense`() async {
        await #expect(processExitsWith: .success) { try await Self.run(.garbage, times: 1_000) }
    }

    @Test func `a thousand who ask and are gone at once`() async {
        await #expect(processExitsWith: .success) { try await Self.run(.hurrying, times: 1_000) }
    }

    @Test func `a thousand who vanish in the middle of much`() async {
        await #expect(processExitsWith: .success) { try await Self.run(.vanishing, times: 1_000) }
    }

    @Test func `two hundred whose targets ignore that they are gone`() async {
        await #expect(processExitsWith: .success) { try await Self.run(.tarpits, times: 200) }
    }

    @Test func `its own end, while it dials for many`() async {
        await #expect(processExitsWith: .success) { try await Self.run(.dialing, times: 400) }
    }

    @Test func `its own end, in the middle of many splices`() async {
        await #expect(processExitsWith: .success) { try await Self.run(.splicing, times: 400) }
    }
}
