// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialTestKit
import Foundation
import NIOCore
import TestHelpers
import Testing

@testable import FairDialDoor

@Suite(.timeLimit(.minutes(15))) struct `A door to one target` {
    enum Way: CaseIterable {
        case unixSocket
        case loopback
    }

    private func open(_ way: Way, to target: Target, dialer: Dialer = .shared) async throws -> Door {
        switch way {
        case .unixSocket: try await .unixSocket(to: target, dialer: dialer)
        case .loopback: try await .loopback(to: target, dialer: dialer)
        }
    }

    @Test(arguments: Way.allCases)
    func `leads to it, ends included`(way: Way) async throws {
        let server = try await Server.start(.echo)
        let door = try await open(way, to: Target(host: "127.0.0.1", port: server.port))
        #expect(door.secret == nil)
        let client = try Peer(to: door.address)
        try await client.send("hello")
        #expect(try await client.read(5) == "hello")
        client.endOutput()
        #expect(try await client.readAll() == ("", .end))
        #expect(await Patience.untilTrue { door.counts.open == 0 })
        await door.shutDown()
        #expect(throws: Peer.Failure.self) { try Peer(to: door.address) }
        try await server.stop()
    }

    @Test(arguments: Way.allCases)
    func `lets no other process in`(way: Way) async throws {
        let server = try await Server.start(.echo)
        let door = try await open(way, to: Target(host: "127.0.0.1", port: server.port))
        let script =
            switch door.address {
            case .port(let port): "s=socket.socket(); s.connect(('127.0.0.1',\(port)))"
            case .path(let path): "s=socket.socket(socket.AF_UNIX); s.connect('\(path)')"
            }
        let python = Process()
        python.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        python.arguments = [
            "python3", "-c",
            """
            import socket, sys
            \(script)
            s.settimeout(10)
            try:
                s.sendall(b'hello')
                sys.exit(0 if s.recv(5) == b'' else 1)
            except (ConnectionResetError, BrokenPipeError):
                sys.exit(0)
            """,
        ]
        try python.run()
        let identifier = python.processIdentifier
        Deadline.end(identifier) { kill(identifier, 0) == 0 }
        python.waitUntilExit()
        #expect(python.terminationStatus == 0)
        #expect(await Patience.untilTrue { door.counts == DoorCounts(open: 0, accepted: 0, refused: 1) })
        #expect(server.counts.accepted == 0)
        // Its own it lets in still.
        let client = try Peer(to: door.address)
        try await client.send("x")
        #expect(try await client.read(1) == "x")
        await door.shutDown(within: .zero)
        try await server.stop()
    }

    @Test func `knows its own socket of both families`() async throws {
        let server = try await Server.start(.echo)
        let door = try await open(.loopback, to: Target(host: "127.0.0.1", port: server.port))
        let client = try Peer(toPort: try #require(door.address.port), family: AF_INET6)
        try await client.send("x")
        #expect(try await client.read(1) == "x")
        await door.shutDown(within: .zero)
        try await server.stop()
    }

    @Test func `stands in a folder that only its user can enter, and takes it along`() async throws {
        let parent = try TemporaryFolder()
        let door = try await Door.unixSocket(to: Target("127.0.0.1:1"), named: ".s.PGSQL.5432", in: parent.path)
        let path = try #require(door.address.path)
        #expect(path.hasSuffix("/.s.PGSQL.5432"))
        let folder = (path as NSString).deletingLastPathComponent
        func mode(_ path: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        #expect(try mode(folder) == 0o700)
        #expect(try mode(path) == 0o600)
        await door.shutDown()
        await door.shutDown()
        #expect(try FileManager.default.contentsOfDirectory(atPath: parent.path) == [])
    }

    @Test(arguments: ["", ".", "..", "a/b", "a\u{0}b", String(repeating: "x", count: 108)])
    func `takes no name that is none`(name: String) async throws {
        let parent = try TemporaryFolder()
        let target = try Target("127.0.0.1:1")
        let error = await #expect(throws: DialError.self) {
            try await Door.unixSocket(to: target, named: name, in: parent.path)
        }
        #expect(error?.code == .invalidOption)
        #expect(try FileManager.default.contentsOfDirectory(atPath: parent.path) == [])
    }

    @Test(arguments: Way.allCases)
    func `hangs up where the target cannot be reached, and keeps why`(way: Way) async throws {
        let refusing = try #require(RefusingPort())
        let target = try Target(host: "127.0.0.1", port: refusing.number)
        let door = try await open(way, to: target)
        let client = try Peer(to: door.address)
        #expect(try await client.readAll().text == "")
        #expect(door.lastError(for: target)?.code == .allAttemptsFailed)
        var configuration = DialerConfiguration()
        configuration.policy = .publicInternetOnly
        let strict = try await open(way, to: target, dialer: Dialer(configuration))
        #expect(try await Peer(to: strict.address).readAll().text == "")
        #expect(strict.lastError?.code == .refusedByPolicy)
        await door.shutDown()
        await strict.shutDown()
    }

    @Test func `a client that goes all at once is heard to the end`() async throws {
        let server = try await Server.start(.countsUntilEnd)
        let door = try await open(.unixSocket, to: Target(host: "127.0.0.1", port: server.port))
        do {
            let client = try Peer(to: door.address)
            try await client.send([UInt8](repeating: 1, count: 100_000))
        }
        #expect(await Patience.untilTrue { door.counts.accepted == 1 && door.counts.open == 0 })
        #expect(await Patience.untilTrue { server.counts.accepted == 1 && server.counts.open == 0 })
        #expect(server.counts.resets == 0)
        await door.shutDown()
        try await server.stop()
    }
}
