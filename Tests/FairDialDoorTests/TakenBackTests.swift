// SPDX-License-Identifier: Apache-2.0

import Dispatch
import FairDial
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TestHelpers
import Testing

@testable import FairDialDoor

@Suite(.timeLimit(.minutes(15))) struct `A stranger is let in again` {
    @Test func `who has written while its loop was busy, when it was to be turned out`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let loops = Array(group.makeIterator())
        let server = try await Server.start(.echo)
        // On which of the door's loops the last dial began.
        let dialed = NIOLockedValueBox<(any EventLoop)?>(nil)
        var (dialing, configuration) = (DialerConfiguration(), DoorConfiguration())
        dialing.group = group
        // Of two places strangers have one.
        configuration.maxConnections = 2
        configuration.headTimeout = .seconds(60)
        configuration.options.onStart = { dialed.withLockedValue { $0 = loops.first(where: \.inEventLoop) } }
        let door = try await Door.http(dialer: Dialer(dialing), configuration: configuration)
        let accepting = try #require(door.listeners.first).eventLoop
        let held = try #require(loops.first { $0 !== accepting })
        // Clients are given to the loops in turn: the next one's is not the loop that accepts.
        for _ in 0..<2 {
            do { _ = try await Peer(to: door.address).ask(door, for: "127.0.0.1:\(server.port)") }
            #expect(await Patience.untilTrue { door.counts.open == 0 })
            if dialed.withLockedValue({ $0 === accepting }) { break }
        }
        let before = door.counts.accepted
        let stranger = try Peer(to: door.address)
        #expect(await Patience.untilTrue { door.counts.accepted == before + 1 })
        let came = NIODeadline.now()
        #expect(await Patience.untilTrue { NIODeadline.now() - came >= .milliseconds(100) })
        let (isHeld, gate) = (NIOLockedValueBox(false), DispatchSemaphore(value: 0))
        held.execute {
            isHeld.withLockedValue { $0 = true }
            _ = gate.wait(timeout: .now() + 30)
        }
        #expect(await Patience.untilTrue { isHeld.withLockedValue { $0 } })
        let authorization = try #require(door.secret).authorization
        try await stranger.send(
            "CONNECT 127.0.0.1:\(server.port) HTTP/1.1\r\nProxy-Authorization: \(authorization)\r\n\r\n"
        )
        let newcomer = try Peer(to: door.address)
        // It has the stranger's place, who is told of it when its loop has time.
        #expect(await Patience.untilTrue { door.counts.accepted == before + 2 })
        #expect(door.counts.open == 1)
        gate.signal()
        #expect(try await stranger.read(13) == "HTTP/1.1 200 ")
        #expect(dialed.withLockedValue { $0 === held })
        #expect(door.counts.open == 2)
        withExtendedLifetime(newcomer) {}
        await door.shutDown(within: .zero)
        try await server.stop()
        try await group.shutdownGracefully()
    }
}
