// SPDX-License-Identifier: Apache-2.0

import FairDial
import Foundation
import NIOCore
import NIOEmbedded
import NIOPosix
import Testing

@testable import FairDialTLS

/// What dials leave behind whose handshakes fail, counted in a process of its own: nothing. Each process dials twice:
/// what is made once is there before the first count.
@Suite(.timeLimit(.minutes(10))) struct `Failed handshakes leave nothing behind of` {
    private struct Counts {
        let descriptors: Int
        let threads: Int
        /// KiB in memory.
        let memory: Int

        static func now() throws -> Counts {
            let files = FileManager.default
            let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
            return Counts(
                descriptors: try files.contentsOfDirectory(atPath: "/proc/self/fd").count,
                threads: try files.contentsOfDirectory(atPath: "/proc/self/task").count,
                memory: (pages.count > 1 ? Int(pages[1]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE))) / 1_024
            )
        }
    }

    private static let dialer: Dialer = {
        var configuration = DialerConfiguration()
        configuration.overrides[TLSServer.name] = [.v4(.loopback)]
        return Dialer(configuration)
    }()

    /// KiB by which the memory may differ: the allocator's own keeping.
    private static let mostGrown = 16_384

    /// Ends the process: 0 where there is no more than before, else a status that says of what.
    private static func exits(after times: Int, _ dial: () async throws -> Void) async throws -> Never {
        for _ in 0..<max(20, times / 5) { try await dial() }
        // The first sleep makes a descriptor for all of them.
        try await Task.sleep(for: .milliseconds(1))
        let before = try Counts.now()
        for _ in 0..<times { try await dial() }
        var after = try Counts.now()
        // The servers' ends are closed a little later: half a minute at most.
        for _ in 0..<30_000 where after.descriptors > before.descriptors {
            try await Task.sleep(for: .milliseconds(1))
            after = try Counts.now()
        }
        if after.descriptors > before.descriptors { exit(11) }
        // Swift's own workers come and go.
        if after.threads > before.threads + 2 { exit(12) }
        if after.memory > before.memory + mostGrown { exit(13) }
        exit(0)
    }

    private static func run(_ peer: BadPeer) async throws -> Never {
        let server = try await TLSServer.start(peer.behaviour)
        let (tls, target) = (try peer.tls(), try Target(host: TLSServer.name, port: server.port))
        try await exits(after: 1_000) {
            do {
                _ = try await dialer.connectTLS(to: target, using: tls, options: peer.options) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
                exit(14)
            } catch let error as DialError {
                if error.code != peer.code { exit(15) }
            }
        }
    }

    @Test func `a thousand certificates for another name`() async {
        await #expect(processExitsWith: .success) { try await Self.run(.anotherName) }
    }

    @Test func `a thousand that have expired`() async {
        await #expect(processExitsWith: .success) { try await Self.run(.expired) }
    }

    @Test func `a thousand that nobody has signed`() async {
        await #expect(processExitsWith: .success) { try await Self.run(.selfSigned) }
    }

    @Test func `a thousand servers that speak in the clear`() async {
        await #expect(processExitsWith: .success) { try await Self.run(.inTheClear) }
    }

    @Test func `a thousand that leave`() async {
        await #expect(processExitsWith: .success) { try await Self.run(.leaves) }
    }

    @Test func `a thousand that say nothing`() async {
        await #expect(processExitsWith: .success) { try await Self.run(.mute) }
    }

    @Test func `a thousand loops of another group`() async {
        await #expect(processExitsWith: .success) {
            let server = try await TLSServer.start(.honest(Identity.good))
            let (tls, target) = (try BadPeer.leaves.tls(), try Target(host: TLSServer.name, port: server.port))
            let loop = NIOAsyncTestingEventLoop()
            try await Self.exits(after: 1_000) {
                do {
                    let dial = Self.dialer.connectTLS(to: target, using: tls, on: loop) {
                        $0.eventLoop.makeSucceededVoidFuture()
                    }
                    _ = try await dial.get()
                    exit(14)
                } catch let error as DialError {
                    if error.code != .unsupportedEventLoop { exit(15) }
                    if server.acceptedCount > 0 { exit(16) }
                }
            }
        }
    }

    @Test func `a loop of another group is said to be one`() async throws {
        let server = try await TLSServer.start(.honest(Identity.good))
        let loop = NIOAsyncTestingEventLoop()
        let target = try Target(host: TLSServer.name, port: server.port)
        let dial = Self.dialer.connectTLS(to: target, using: try BadPeer.leaves.tls(), on: loop) {
            $0.eventLoop.makeSucceededVoidFuture()
        }
        let error = await #expect(throws: DialError.self) { _ = try await dial.get() }
        #expect(error?.code == .unsupportedEventLoop)
        #expect(error?.message == "NIOAsyncTestingEventLoop is not a MultiThreadedEventLoopGroup or one of its loops")
        #expect(error?.isRetryable == false)
        #expect(server.acceptedCount == 0)
        try await server.stop()
    }
}
