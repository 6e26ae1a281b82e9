// SPDX-License-Identifier: Apache-2.0

import FairDial
import Foundation
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TestHelpers
import Testing

@testable import FairDialDoor

/// Alone: where its threads have been busy for a second, libdispatch looks at them in /proc, and ends a process that
/// has no descriptor left to look with.
@Suite(.timeLimit(.minutes(15)), .tags(.wallClock)) struct `A door without descriptors by the wall clock` {
    /// Takes every descriptor that there is to be had.
    private static func all() -> [CInt] {
        var taken: [CInt] = []
        while case let descriptor = dup(0), descriptor >= 0 { taken.append(descriptor) }
        return taken
    }

    /// Takes all but 256 from this process, for good.
    private static func limit() {
        var limit = rlimit(rlim_cur: 256, rlim_max: 256)
        #if canImport(Darwin)
            setrlimit(RLIMIT_NOFILE, &limit)
        #else
            setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
        #endif
    }

    /// Tells no address before it may.
    private final class HeldResolver: AddressResolver {
        private struct Lookup: LookupHandle {
            var silentServers: [Endpoint] { [] }
            var source: LookupSource? { nil }
            var id: UInt64? { nil }

            func join(_ fairnessKey: FairnessKey) {}
            func cancel() -> Bool { true }
            func catchUp(late: Duration) -> Bool { false }
        }

        private struct State {
            var isHeld = true
            var waiting: [@Sendable (LookupEvent) -> Void] = []
        }

        private let state = NIOLockedValueBox(State())

        var lookupsInFlight: [LookupInFlight] { [] }

        func lookUp(
            _ question: LookupQuestion,
            for fairnessKey: FairnessKey,
            _ receive: @escaping @Sendable (LookupEvent) -> Void
        ) -> any LookupHandle {
            receive(.started)
            let isHeld = state.withLockedValue { state in
                if state.isHeld { state.waiting.append(receive) }
                return state.isHeld
            }
            if !isHeld { Self.tell(receive) }
            return Lookup()
        }

        func release() {
            let waiting = state.withLockedValue { state in
                state.isHeld = false
                defer { state.waiting = [] }
                return state.waiting
            }
            for receive in waiting { Self.tell(receive) }
        }

        private static func tell(_ receive: (LookupEvent) -> Void) {
            receive(
                .answered(
                    .init(families: .both, addresses: [.v4(.loopback)], isInDestinationOrder: true, source: .override)
                )
            )
            receive(.ended(nil))
        }
    }

    @Test func `keeps one for the dial of each whom it lets in, however long the lookup takes`() async {
        await #expect(processExitsWith: .success) {
            Self.limit()
            // It accepts nobody, so that a tunnel to it takes two descriptors and not three.
            let target = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.autoRead, value: false)
                .serverChannelOption(.backlog, value: 256)
                .bind(host: "127.0.0.1", port: 0).get()
            guard let port = target.localAddress?.port else { exit(1) }
            let resolver = HeldResolver()
            var configuration = DialerConfiguration()
            configuration.resolver = resolver
            let door = try await Door.http(dialer: Dialer(configuration))
            do {
                let first = try Peer(to: door.address)
                _ = try await first.ask(door, for: "127.0.0.1:\(port)")
                // By a reset: what accepts nobody does not end its side either.
                first.makeCloseReset()
            }
            guard await Patience.untilTrue({ door.counts.open == 0 }) else { exit(2) }
            // More than the other half of the descriptors could serve. The clients' own are taken before: else those
            // who come later would take what the first are owed.
            var taken = (0..<120).map { _ in dup(0) }
            var knocks: [Knock] = []
            for _ in 0..<120 {
                close(taken.removeLast())
                let knock = try Knock(at: door)
                knock.ask(door, for: "slow.test:\(port)")
                knocks.append(knock)
            }
            // Until nobody has been let in for three of its pauses.
            var (accepted, quiet) = (0, 0)
            while quiet < 300 {
                try await Task.sleep(for: .milliseconds(1))
                quiet = accepted == door.counts.accepted ? quiet + 1 : 0
                accepted = door.counts.accepted
            }
            guard door.counts.open < 100 else { exit(3) }
            resolver.release()
            // Each goes when it has been served, and gives back what the next one needs.
            knocks.reverse()
            while let knock = knocks.popLast() {
                guard knock.read(13) == "HTTP/1.1 200 " else { exit(4) }
                knock.makeCloseReset()
            }
            await door.shutDown(within: .zero)
            exit(0)
        }
    }

    @Test func `lets in a client that waits when there is one again`() async {
        await #expect(processExitsWith: .success) {
            Self.limit()
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
            Self.limit()
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

    @Test func `tells a client that there is none for its dial, and serves the next one when there is`() async {
        await #expect(processExitsWith: .success) {
            Self.limit()
            let server = try await Server.start(.echo)
            var configuration = DoorConfiguration()
            configuration.options.timeouts.queue = .milliseconds(50)
            let door = try await Door.http(configuration: configuration)
            // What is made once is there by now, and the server has accepted whom it has to.
            do {
                let first = try Peer(to: door.address)
                _ = try await first.ask(door, for: "127.0.0.1:\(server.port)", and: "x")
                guard try await first.read(1) == "x" else { exit(1) }
            }
            guard await Patience.untilTrue({ door.counts.open == 0 && server.counts.open == 0 }) else { exit(1) }
            var taken = Self.all()
            // One for the client, one that the door accepts it with.
            for _ in 0..<2 { close(taken.removeLast()) }
            do {
                let knock = try Knock(at: door)
                knock.ask(door, for: "127.0.0.1:\(server.port)")
                guard knock.read(13) == "HTTP/1.1 503 ", knock.read(4_096).contains("error=proxy_internal_error"),
                    door.lastError?.code == .outOfDescriptors
                else { exit(2) }
            }
            for descriptor in taken { close(descriptor) }
            let next = try Knock(at: door)
            next.ask(door, for: "127.0.0.1:\(server.port)")
            guard next.read(13) == "HTTP/1.1 200 " else { exit(3) }
            await door.shutDown(within: .zero)
            exit(0)
        }
    }
}
