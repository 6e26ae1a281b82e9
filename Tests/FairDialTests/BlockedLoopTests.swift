// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import IPAddresses
import NIOCore
import NIOPosix
import Testing

@testable import FairDial

@Suite(.serialized, .tags(.wallClock)) struct `Rule 6 by the wall clock: a loop that is really blocked` {
    @Test func `what connected meanwhile counts, though its timeout is long over when the loop comes`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        // The kernel may make a connection that its far side never hears of (`FullBacklog`): then once more.
        var tries = 0
        while tries < 5, try await !connectsMeanwhile(on: group.next()) { tries += 1 }
        #expect(tries < 5)
        try await group.shutdownGracefully()
    }

    /// - Returns: whether the far side had the connection.
    private func connectsMeanwhile(on loop: any EventLoop) async throws -> Bool {
        let server = try FullBacklog()
        defer { server.stop() }
        var options = DialOptions()
        options.timeouts = Timeouts(connect: .milliseconds(500))
        let dial = Dialer.shared.connect(to: "127.0.0.1", port: server.port, options: options, on: loop)
        let isAccepted = try await loop.submit {
            // The attempt is in flight and its timer is set. From here the loop does nothing for at least three
            // seconds, and until the kernel has made the connection.
            let began = ContinuousClock.now
            let isAccepted = server.acceptSomebodyNew()
            while ContinuousClock.now - began < .seconds(3) { usleep(10_000) }
            return isAccepted
        }.get()
        guard isAccepted else {
            try? await dial.get().channel.close()
            return false
        }
        let connection = try await dial.get()
        #expect(connection.report.attempts.map(\.outcome) == [.connected])
        // It ended when the kernel said so, and not when the loop came to hear of it.
        let attempt = try #require(connection.report.attempts.first)
        let ended = try #require(attempt.ended)
        #expect(ended > .milliseconds(500))
        #expect(ended < .seconds(3))
        #expect(connection.report.connect == ended - attempt.started)
        // The far side has left meanwhile.
        try await connection.output.closeFuture.get()
        return true
    }

    @Test func `what has not connected by then is connectTimeout`() async throws {
        let server = try FullBacklog()
        var options = DialOptions()
        options.timeouts = Timeouts(connect: .milliseconds(50))
        let error = await failure {
            try await Dialer.shared.connect(to: "127.0.0.1", port: server.port, options: options)
        }
        #expect(error?.code == .connectTimeout)
        #expect(error?.report.attempts.map(\.outcome) == [.timedOut])
        server.stop()
    }
}
