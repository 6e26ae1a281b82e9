// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import FairDial

/// What the initializer made lives until its channel has closed, and the dial's error comes after that.
/// `NIOAsyncChannel` traps, in release too, where it is dropped while its pipeline lives.
@Suite(.serialized, .enabled(if: TLSServer.isToBeHad, "needs openssl"))
struct `Rule 7: a dial that fails after its winner is known` {
    private struct NotToday: Error {}

    enum Way: String, CaseIterable, Sendable {
        case wrongName, untrusted, plaintext, mute, reset, initializerThrows, readinessFails, cancelled, deadline

        var behaviour: TLSServer.Behaviour {
            switch self {
            case .wrongName, .untrusted, .initializerThrows, .readinessFails: .honest
            case .plaintext: .plaintext
            case .mute, .cancelled, .deadline: .mute
            case .reset: .resetting
            }
        }

        var code: DialError.Code {
            switch self {
            case .wrongName, .untrusted, .plaintext, .reset, .readinessFails: .handshakeFailed
            case .mute: .handshakeTimeout
            case .initializerThrows: .initializerFailed
            case .cancelled: .cancelled
            case .deadline: .deadlineExceeded
            }
        }
    }

    private typealias AsyncChannel = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// A tenth of a thousand; all of it where there is time.
    private static let dials = ProcessInfo.processInfo.environment["FAIRDIAL_LONG"] == nil ? 100 : 1_000
    private static let atOnce = 20

    @Test(arguments: Way.allCases)
    func `again and again, by every way to fail`(way: Way) async throws {
        let server = try await TLSServer.start(way.behaviour)
        let port = server.port
        let context = try TLSServer.clientContext(isTrusting: way != .untrusted)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.atOnce {
                group.addTask {
                    for _ in 0..<Self.dials / Self.atOnce { try await Self.fail(way, port, context) }
                }
            }
            try await group.waitForAll()
        }
        try await server.stop()
    }

    private static func fail(_ way: Way, _ port: Int, _ context: NIOSSLContext) async throws {
        var options = DialOptions()
        options.readiness = .tlsHandshake
        if way == .readinessFails { options.readiness = .when { $0.eventLoop.makeFailedFuture(NotToday()) } }
        if way == .mute { options.timeouts = Timeouts(handshake: .milliseconds(5)) }
        if way == .deadline { options.deadline = .milliseconds(5) }
        /// Whether the winner's channel has closed, once there is one.
        let closed = NIOLockedValueBox<Bool?>(nil)
        let (made, isMade) = AsyncStream.makeStream(of: Void.self)
        let dial = Task { [options] in
            try await Dialer.shared.connect(to: "127.0.0.1", port: port, options: options) { channel in
                closed.withLockedValue { $0 = false }
                channel.closeFuture.whenComplete { _ in closed.withLockedValue { $0 = true } }
                return channel.eventLoop.makeCompletedFuture {
                    let name = way == .wrongName ? "other.fair.test" : TLSServer.name
                    let handler = try NIOSSLClientHandler(context: context, serverHostname: name)
                    try channel.pipeline.syncOperations.addHandler(handler)
                    let output = try AsyncChannel(wrappingChannelSynchronously: channel)
                    isMade.yield()
                    if way == .initializerThrows { throw NotToday() }
                    return output
                }
            }
        }
        if way == .cancelled {
            for await _ in made { break }
            dial.cancel()
        }
        let error = await failure { try await dial.value }
        // The deadline may pass, and the reset come, before there is a channel.
        guard let isClosed = closed.withLockedValue({ $0 }) else {
            #expect(way == .deadline || way == .reset)
            return
        }
        #expect(error?.code == way.code, "\(String(describing: error))")
        #expect(isClosed, "the error came before the channel had closed")
    }

    @Test func `a connection that its caller drops is closed, and nothing traps`() async throws {
        let server = try await LoopbackServer.start()
        for _ in 0..<Self.dials {
            _ = try await Dialer.shared.connect(to: "127.0.0.1", port: server.port) { channel in
                channel.eventLoop.makeCompletedFuture { try AsyncChannel(wrappingChannelSynchronously: channel) }
            }
        }
        await server.closed(Self.dials)
        try await server.stop()
    }

    @Test func `what was made and dropped by its caller lives until the peer has left`() async throws {
        let server = try await TLSServer.start(.mute)
        for _ in 0..<10 {
            let connection = try await Dialer.shared.connect(to: "127.0.0.1", port: server.port) { channel in
                channel.eventLoop.makeCompletedFuture { try AsyncChannel(wrappingChannelSynchronously: channel) }
            }
            let channel = connection.channel
            // Taken, and let go of.
            _ = connection.output
            try await channel.close()
        }
        try await server.stop()
    }

    @Test(arguments: [false, true])
    func `an initializer that closes its channel and succeeds fails its dial`(holdsReads: Bool) async throws {
        let server = try await LoopbackServer.start()
        var options = DialOptions()
        options.holdsReads = holdsReads
        let port = server.port
        let error = await failure { [options] in
            try await Dialer.shared.connect(to: "127.0.0.1", port: port, options: options) { channel in
                channel.close(promise: nil)
                return channel.eventLoop.makeSucceededVoidFuture()
            }
        }
        #expect(error?.code == .handshakeFailed)
        await server.closed(1)
        try await server.stop()
    }

    @Test func `an initializer that ends after its dial has been cancelled does no harm`() async throws {
        let server = try await LoopbackServer.start()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let begun = loop.makePromise(of: (any Channel).self)
        let held = loop.makePromise(of: Void.self)
        let port = server.port
        let dial = Task {
            try await Dialer.shared.connect(to: "127.0.0.1", port: port) { channel in
                begun.succeed(channel)
                return held.futureResult
            }
        }
        let channel = try await begun.futureResult.get()
        dial.cancel()
        #expect(await failure { try await dial.value }?.code == .cancelled)
        await server.closed(1)
        held.succeed()
        try await held.futureResult.get()
        try await channel.eventLoop.submit {}.get()
        try await server.stop()
    }

    @Test func `an initializer may wrap its channel after its dial has been cancelled`() async throws {
        let server = try await LoopbackServer.start()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let begun = loop.makePromise(of: (any Channel).self)
        let held = loop.makePromise(of: Void.self)
        let port = server.port
        let dial = Task {
            try await Dialer.shared.connect(to: "127.0.0.1", port: port) { channel in
                begun.succeed(channel)
                return held.futureResult.hop(to: channel.eventLoop).flatMapThrowing {
                    try AsyncChannel(wrappingChannelSynchronously: channel)
                }
            }
        }
        let channel = try await begun.futureResult.get()
        dial.cancel()
        #expect(await failure { try await dial.value }?.code == .cancelled)
        // The peer sees the end while the initializer is still at work.
        await server.closed(1)
        held.succeed()
        // And the channel closes when the initializer has ended.
        try await channel.closeFuture.get()
        try await server.stop()
    }
}
