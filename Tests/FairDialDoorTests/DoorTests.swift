// SPDX-License-Identifier: Apache-2.0

import Dispatch
import FairDial
import FairDialTestKit
import Foundation
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TestHelpers
import Testing

@testable import FairDialDoor

/// Real sockets, on loopback alone.
@Suite(.timeLimit(.minutes(15))) struct `An HTTP door` {
    /// A door, closed with all that is inside when the body has ended.
    private func withDoor(
        _ configure: (inout DialerConfiguration, inout DoorConfiguration) -> Void = { _, _ in },
        _ body: (Door) async throws -> Void
    ) async throws {
        var (dialing, doorConfiguration) = (DialerConfiguration(), DoorConfiguration())
        configure(&dialing, &doorConfiguration)
        let door = try await Door.http(dialer: Dialer(dialing), configuration: doorConfiguration)
        do { try await body(door) } catch { Issue.record(error) }
        await door.shutDown(within: .zero)
        #expect(door.counts.open == 0)
    }

    @Test func `leads to the target, with what is behind the head, and ends as the target ends`() async throws {
        let server = try await Server.start(.echo)
        try await withDoor { door in
            let client = try Peer(to: door.address)
            let head = try await client.ask(door, for: "127.0.0.1:\(server.port)", and: "hello ")
            #expect(head == "HTTP/1.1 200 Connection Established\r\n\r\n")
            try await client.send("world")
            #expect(try await client.read(11) == "hello world")
            client.endOutput()
            #expect(try await client.readAll() == ("", .end))
            #expect(await Patience.untilTrue { door.counts.open == 0 && server.counts.open == 0 })
            #expect(door.counts.accepted == 1)
            #expect(door.lastError == nil)
        }
        try await server.stop()
    }

    @Test func `dials nothing for those without the secret`() async throws {
        let server = try await Server.start(.echo)
        try await withDoor { door in
            for authorization in ["", "Proxy-Authorization: Bearer 0123\r\n"] {
                let client = try Peer(to: door.address)
                try await client.send("CONNECT 127.0.0.1:\(server.port) HTTP/1.1\r\n\(authorization)\r\n")
                let (text, end) = try await client.readAll()
                #expect(text.hasPrefix("HTTP/1.1 407 "))
                #expect(text.contains("\r\nProxy-Authenticate: Bearer"))
                #expect(end == .end)
            }
            #expect(server.counts.accepted == 0)
        }
        try await server.stop()
    }

    @Test func `says why a dial failed, and keeps the error`() async throws {
        let refusing = try #require(RefusingPort())
        try await withDoor { door in
            let client = try Peer(to: door.address)
            let head = try await client.ask(door, for: "127.0.0.1:\(refusing.number)")
            #expect(head.hasPrefix("HTTP/1.1 502 "))
            #expect(head.contains("\r\nProxy-Status: FairDial; error=connection_refused; details=\""))
            client.endOutput()
            #expect(try await client.readAll() == ("", .end))
            let error = door.lastError(forHost: "127.0.0.1", port: refusing.number)
            #expect(error?.code == .allAttemptsFailed)
            #expect(error?.report.attempts.map(\.outcome) == [.refused])
            #expect(door.lastError(forHost: "127.0.0.1", port: 1) == nil)
            #expect(door.lastError?.code == .allAttemptsFailed)
        }
    }

    @Test func `bears a head of a mebibyte, and garbage`() async throws {
        try await withDoor { door in
            let long = try Peer(to: door.address)
            // The door hangs up in the middle: then sending fails, and the answer has come all the same.
            try? await long.send([UInt8](repeating: 0x41, count: 1 << 20))
            #expect(try await long.read(13) == "HTTP/1.1 431 ")
            let garbage = try Peer(to: door.address)
            try await garbage.send("\u{16}\u{3}\u{1}\u{0}garbage\r\n\r\n")
            #expect(try await garbage.readAll().text.hasPrefix("HTTP/1.1 400 "))
            #expect(await Patience.untilTrue { door.counts.open == 0 })
        }
    }

    @Test func `hangs up on silence`() async throws {
        try await withDoor({ $1.headTimeout = .milliseconds(20) }) { door in
            let silent = try Peer(to: door.address)
            #expect(try await silent.readAll().text.hasPrefix("HTTP/1.1 408 "))
            #expect(await Patience.untilTrue { door.counts.open == 0 })
        }
    }

    @Test func `lets no more in than it may`() async throws {
        let server = try await Server.start(.echo)
        try await withDoor({ $1.maxConnections = 1 }) { door in
            let first = try Peer(to: door.address)
            _ = try await first.ask(door, for: "127.0.0.1:\(server.port)")
            let second = try Peer(to: door.address)
            let (text, _) = try await second.readAll()
            #expect(text.hasPrefix("HTTP/1.1 503 "))
            #expect(text.contains("error=connection_limit_reached"))
            #expect(door.counts == DoorCounts(open: 1, accepted: 1, refused: 1))
            first.endOutput()
            #expect(try await first.readAll() == ("", .end))
            #expect(await Patience.untilTrue { door.counts.open == 0 })
            let third = try Peer(to: door.address)
            #expect(try await third.ask(door, for: "127.0.0.1:\(server.port)").hasPrefix("HTTP/1.1 200 "))
        }
        try await server.stop()
    }

    @Test func `passes the client's end on, and what the target says after it`() async throws {
        let server = try await Server.start(.countsUntilEnd)
        try await withDoor { door in
            let client = try Peer(to: door.address)
            _ = try await client.ask(door, for: "127.0.0.1:\(server.port)")
            try await client.send([UInt8](repeating: 1, count: 3_000_000))
            client.endOutput()
            #expect(try await client.readAll() == ("3000000", .end))
        }
        try await server.stop()
    }

    @Test func `passes the target's end on, and what the client says after it`() async throws {
        let server = try await Server.start(.pumps(1_000))
        try await withDoor { door in
            let client = try Peer(to: door.address)
            _ = try await client.ask(door, for: "127.0.0.1:\(server.port)")
            #expect(try await client.readAll() == (String(repeating: "a", count: 1_000), .end))
            try await client.send("still here")
            #expect(server.counts.open == 1)
            client.endOutput()
            #expect(await Patience.untilTrue { door.counts.open == 0 })
        }
        try await server.stop()
    }

    @Test func `passes resets on, either way`() async throws {
        let resetting = try await Server.start(.resets)
        let echoing = try await Server.start(.echo)
        try await withDoor { door in
            let client = try Peer(to: door.address)
            _ = try await client.ask(door, for: "127.0.0.1:\(resetting.port)")
            try await client.send("x")
            #expect(try await client.readAll().end == .reset)
            do {
                let other = try Peer(to: door.address)
                _ = try await other.ask(door, for: "127.0.0.1:\(echoing.port)", and: "x")
                #expect(try await other.read(1) == "x")
                other.makeCloseReset()
            }
            #expect(await Patience.untilTrue { echoing.counts.resets == 1 })
            #expect(await Patience.untilTrue { door.counts.open == 0 })
        }
        try await resetting.stop()
        try await echoing.stop()
    }

    @Test func `gives a target up that ignores the client's end`() async throws {
        let server = try await Server.start(.ignoresEnd)
        try await withDoor({ $1.halfClosedTimeout = .milliseconds(50) }) { door in
            do {
                let client = try Peer(to: door.address)
                #expect(try await client.ask(door, for: "127.0.0.1:\(server.port)").hasPrefix("HTTP/1.1 200 "))
            }
            #expect(await Patience.untilTrue { door.counts.open == 0 })
            // The end has come, and nothing else.
            #expect(await Patience.untilTrue { server.counts.inputsEnded == 1 })
            #expect(server.counts.resets == 0)
            // One that still listens is told that this was not all.
            let client = try Peer(to: door.address)
            _ = try await client.ask(door, for: "127.0.0.1:\(server.port)")
            client.endOutput()
            #expect(try await client.readAll().end == .reset)
        }
        server.resetConnections()
        #expect(await Patience.untilTrue { server.counts.open == 0 })
        try await server.stop()
    }

    @Test func `tells a reset that only a write finds out`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try await Server.start(.echo)
        try await withDoor({ dialing, _ in dialing.group = group }) { door in
            let client = try Peer(to: door.address)
            _ = try await client.ask(door, for: "127.0.0.1:\(server.port)", and: "x")
            #expect(try await client.read(1) == "x")
            // While the door's loop does something else the client ends, and then the target is gone: the loop hears of
            // the client first, and finds out by sending the end on.
            let (isHeld, gate) = (NIOLockedValueBox(false), DispatchSemaphore(value: 0))
            group.next().execute {
                isHeld.withLockedValue { $0 = true }
                _ = gate.wait(timeout: .now() + 30)
            }
            #expect(await Patience.untilTrue { isHeld.withLockedValue { $0 } })
            client.endOutput()
            server.resetConnections()
            #expect(await Patience.untilTrue { server.counts.open == 0 })
            gate.signal()
            #expect(try await client.readAll() == ("", .reset))
        }
        try await server.stop()
        try await group.shutdownGracefully()
    }

    @Test func `has a place for its own clients, whatever others take`() async throws {
        let server = try await Server.start(.echo)
        try await withDoor({
            $1.maxConnections = 8
            $1.headTimeout = .seconds(60)
        }) { door in
            // They say nothing, and would stay for a minute.
            let silent = try (0..<4).map { _ in try Peer(to: door.address) }
            #expect(await Patience.untilTrue { door.counts.open == 4 })
            var own: [Peer] = []
            for _ in 0..<8 {
                // Until one of the others has had the time that it may take.
                for _ in 0..<10_000 {
                    let client = try Peer(to: door.address)
                    guard try await client.ask(door, for: "127.0.0.1:\(server.port)").hasPrefix("HTTP/1.1 200 ") else {
                        try await Task.sleep(for: .milliseconds(1))
                        continue
                    }
                    own.append(client)
                    break
                }
            }
            #expect(own.count == 8)
            #expect(door.counts.open == 8)
            for peer in silent { #expect(try await peer.readAll().text.hasPrefix("HTTP/1.1 503 ")) }
        }
        try await server.stop()
    }

    /// Something that a door keeps as long as anything of it is left.
    private final class Token: Sendable {}

    private struct WeakToken: Sendable {
        weak let token: Token?
    }

    @Test func `keeps nothing until its limit when it has closed before`() async throws {
        let server = try await Server.start(.echo)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var dialing = DialerConfiguration()
        dialing.group = group
        let setting = dialing
        func token() async throws -> WeakToken {
            let token = Token()
            var configuration = DoorConfiguration()
            // However slow the machine: the others are told of the end, and not that they are late.
            configuration.headTimeout = .seconds(60)
            configuration.options.readiness = .when { [token] channel in
                withExtendedLifetime(token) { channel.eventLoop.makeSucceededVoidFuture() }
            }
            let door = try await Door.http(dialer: Dialer(setting), configuration: configuration)
            let client = try Peer(to: door.address)
            _ = try await client.ask(door, for: "127.0.0.1:\(server.port)")
            let others = try (0..<4).map { _ in try Peer(to: door.address) }
            #expect(await Patience.untilTrue { door.counts.open == 5 })
            async let closed: Void = door.shutDown(within: .seconds(3_600))
            // Told on the same loop, one after the other: when those have heard of it, the splice has.
            for other in others { #expect(try await other.readAll().text.hasPrefix("HTTP/1.1 503 ")) }
            try await group.next().submit {}.get()
            client.endOutput()
            #expect(try await client.readAll() == ("", .end))
            await closed
            return WeakToken(token: token)
        }
        let left = try await token()
        #expect(await Patience.untilTrue { left.token == nil })
        try await server.stop()
        try await group.shutdownGracefully()
    }

    /// The third number of a line of tcp(7)'s: to how many bytes a socket's buffer grows by itself.
    private static func longestBuffer(_ name: String) throws -> Int {
        let line = try String(contentsOfFile: "/proc/sys/net/ipv4/\(name)", encoding: .utf8)
        return try #require(line.split(whereSeparator: \.isWhitespace).last.flatMap { Int($0) })
    }

    @Test func `holds a fast target back for a slow client`() async throws {
        // The kernel may keep so much for either end of each of the two connections; the door, a mebibyte at most.
        let most = 2 * (try Self.longestBuffer("tcp_rmem") + Self.longestBuffer("tcp_wmem")) + (1 << 20)
        let total = max(256 << 20, 2 * most)
        let server = try await Server.start(.pumps(total))
        try await withDoor { door in
            let client = try Peer(to: door.address)
            _ = try await client.ask(door, for: "127.0.0.1:\(server.port)")
            #expect(await Patience.untilTrue { server.counts.isHeldBack })
            var read = 0
            while case .bytes(let count) = try await client.readOnce(upTo: 1 << 20) {
                #expect(server.counts.sent - read <= most)
                read += count
            }
            #expect(read == total)
        }
        try await server.stop()
    }

    @Test func `ends dials and splices when it is closed`() async throws {
        let silent = try #require(SilentPort())
        let server = try await Server.start(.echo)
        let door = try await Door.http()
        let dialing = try Peer(to: door.address)
        let authorization = try #require(door.secret).authorization
        let fields = "Proxy-Authorization: \(authorization)\r\n\r\n"
        try await dialing.send("CONNECT 127.0.0.1:\(silent.number) HTTP/1.1\r\n\(fields)")
        let spliced = try Peer(to: door.address)
        _ = try await spliced.ask(door, for: "127.0.0.1:\(server.port)")
        #expect(await Patience.untilTrue { door.counts.open == 2 })
        try await withThrowingTaskGroup { group in
            group.addTask { await door.shutDown(within: .zero) }
            let (text, _) = try await dialing.readAll()
            #expect(text.hasPrefix("HTTP/1.1 503 "))
            dialing.endOutput()
            let (_, end) = try await spliced.readAll()
            #expect(end == .reset)
        }
        #expect(door.counts.open == 0)
        #expect(throws: Peer.Failure.self) { try Peer(to: door.address) }
        // What goes on is waited for, and may go on.
        await door.shutDown()
        #expect(await Patience.untilTrue { server.counts.open == 0 })
        try await server.stop()
    }

    @Test func `lets a splice end by itself when it is closed`() async throws {
        let server = try await Server.start(.echo)
        let door = try await Door.http()
        let client = try Peer(to: door.address)
        _ = try await client.ask(door, for: "127.0.0.1:\(server.port)")
        try await withThrowingTaskGroup { group in
            group.addTask { await door.shutDown(within: .seconds(60)) }
            try await client.send("more")
            let text = try await client.read(4)
            #expect(text == "more")
            client.endOutput()
            let (_, end) = try await client.readAll()
            #expect(end == .end)
        }
        #expect(door.counts.open == 0)
        try await server.stop()
    }

    @Test func `serves a client on loops of its own, and refuses loops that are none`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try await Server.start(.echo, on: group)
        try await withDoor { door in
            let channel = try await ClientBootstrap(group: group)
                .connect(host: "127.0.0.1", port: try #require(door.address.port)).get()
            let head =
                "CONNECT 127.0.0.1:\(server.port) HTTP/1.1\r\n"
                + "Proxy-Authorization: \(try #require(door.secret).authorization)\r\n\r\n"
            try await channel.writeAndFlush(ByteBuffer(string: head))
            #expect(await Patience.untilTrue { server.counts.open == 1 })
            try await channel.close()
        }
        try await server.stop()
        try await group.shutdownGracefully()
        var configuration = DialerConfiguration()
        configuration.group = ManualClock().loop
        let dialer = Dialer(configuration)
        await #expect(throws: DialError.self) { try await Door.http(dialer: dialer) }
        let target = try Target("127.0.0.1:80")
        let error = await #expect(throws: DialError.self) { try await Door.unixSocket(to: target, dialer: dialer) }
        #expect(error?.code == .unsupportedEventLoop)
    }

    @Test func `dials no spelling of a host that is not public, where the policy says so`() async throws {
        let server = try await Server.start(.echo)
        try await withDoor({ dialing, _ in
            dialing.policy = .publicInternetOnly
            dialing.overrides["inside.test"] = [.v4(.loopback)]
        }) { door in
            #expect(ForbiddenHosts.all.count >= 1_300)
            for host in ["inside.test", "localhost"] + ForbiddenHosts.all.map(\.host) {
                let client = try Peer(to: door.address)
                let authority = host.contains(":") ? "[\(host)]" : host
                let head = try await client.ask(door, for: "\(authority):\(server.port)")
                #expect(head.hasPrefix("HTTP/1.1 502 "), "\(host)")
                #expect(head.contains("error=destination_ip_prohibited"), "\(host)")
                #expect(door.lastError?.report.attempts.allSatisfy { $0.outcome == .vetoed } == true, "\(host)")
            }
            #expect(server.counts.accepted == 0)
        }
        try await server.stop()
    }
}
